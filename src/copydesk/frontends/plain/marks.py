"""Owns what a person has said so far of the hunks of an edit, by their numbers; a value that asks and writes nothing.

What nobody spoke of is rejected once the edit is decided.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import FileDiff
from copydesk.domain.errors import UsageError

_PLACE = re.compile(r"(?:(?P<path>.*):)?(?P<first>\d+)(?:-(?P<last>\d+))?")


@dataclass(frozen=True, slots=True)
class Part:
    """What can be decided by itself: a hunk, or a file without hunks."""

    diff: FileDiff
    hunk: int
    """Counts from 1 in its file; 0 for the file as a whole."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The decision as it grows."""

    parts: tuple[Part, ...]
    """Their numbers count from 1, through all files."""
    said: Mapping[int, HunkDecision] = field(default_factory=dict)
    """By the number of the part."""
    remarks: tuple[Remark, ...] = ()

    @classmethod
    def on(cls, diffs: Sequence[FileDiff]) -> "Marks":
        """Nothing said yet of these differences."""
        return cls(tuple(Part(diff, hunk) for diff in diffs for hunk in range(1, len(diff.hunks) + 1) or (0,)))

    @property
    def open(self) -> tuple[int, ...]:
        """The numbers of what nothing was said of."""
        return tuple(number for number in range(1, len(self.parts) + 1) if number not in self.said)

    def part(self, number: int) -> Part:
        """The part of this number; UsageError where there is none."""
        if not 1 <= number <= len(self.parts):
            raise UsageError(f"There is no hunk {number}; the hunks are numbered 1 to {len(self.parts)}.")
        return self.parts[number - 1]

    def marking(self, numbers: Iterable[int], choice: Choice, *, note: str = "", text: str = "") -> "Marks":
        """The same with these parts decided."""
        said = {number: HunkDecision(self.part(number).hunk, choice, text, note) for number in numbers}
        return replace(self, said={**self.said, **said})

    def remarking(self, place: str, text: str, weight: Weight) -> "Marks":
        """The same with words on a line or a range, such as `12`, `12-14` or `src/a.py:12`."""
        found = _PLACE.fullmatch(place)
        if found is None or not text:
            raise UsageError("A comment names a line and says something, such as: comment 12 why not two?")
        remark = Remark(
            self._path(found["path"]), int(found["first"]), text, weight, last=int(found["last"] or 0) or None
        )
        return replace(self, remarks=(*self.remarks, remark))

    def without(self) -> "Marks":
        """Nothing said of any hunk; what was said of lines stays."""
        return replace(self, said={})

    def whole(self, digest: str, *, accepted: bool, note: str = "") -> Decision:
        """The decision that takes or leaves everything."""
        return Decision(accepted, digest, note, remarks=self.remarks)

    def decision(self, digest: str) -> Decision:
        """The decision that was put together, part by part."""
        paths = dict.fromkeys(part.diff.path for part in self.parts)
        files = tuple(self._file(path) for path in paths)
        takes = any(one.choice is not Choice.REJECT for one in self.said.values())
        return Decision(takes, digest, files=files, remarks=self.remarks)

    def _file(self, path: str) -> FileDecision:
        said = [one for number, one in sorted(self.said.items()) if self.parts[number - 1].diff.path == path]
        whole = next((one for one in said if not one.hunk), None)
        if whole:
            return FileDecision(path, whole.choice, note=whole.note)
        return FileDecision(path, Choice.REJECT, tuple(said))

    def _path(self, named: str | None) -> str:
        paths = list(dict.fromkeys(part.diff.path for part in self.parts))
        if named is None and len(paths) == 1:
            return paths[0]
        if named not in paths:
            raise UsageError(f"Name one of the files before the line, such as {paths[0]}:12." if paths else "No file.")
        return named
