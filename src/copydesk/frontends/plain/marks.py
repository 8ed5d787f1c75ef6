"""Owns what a person has said so far of the hunks of an edit, by their numbers; a value that asks and writes nothing.

What nobody spoke of is rejected once the edit is decided, but for a file in conflict: that one goes on waiting.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import FileDiff, Hunk
from copydesk.domain.errors import UsageError
from copydesk.domain.hunks import part_of, split_at, split_everywhere

_PLACE = re.compile(r"(?:(?P<path>.*):)?(?P<first>\d+)(?:-(?P<last>\d+))?")


@dataclass(frozen=True, slots=True)
class Part:
    """What can be decided by itself: a hunk, some of its lines, or a file without hunks."""

    diff: FileDiff
    hunk: int
    """Counts from 1 in its file; 0 for the file as a whole."""
    lines: tuple[int, int] | None = None
    """Only these of the hunk's lines, by index: the first, and the one after the last."""

    @property
    def shown(self) -> Hunk:
        """Its lines; there are none for a file as a whole."""
        hunk = self.diff.hunks[self.hunk - 1]
        return part_of(hunk, *self.lines) if self.lines else hunk

    def pieces(self, row: int | None = None) -> "tuple[Part, ...]":
        """Itself cut at its unchanged lines, or before one of its lines, from 1; one where that makes no two."""
        found = _cut(self.shown, row) if self.hunk else ()
        if len(found) < 2:
            return (self,)
        ends = accumulate((len(piece.lines) for piece in found), initial=self.lines[0] if self.lines else 0)
        return tuple(replace(self, lines=both) for both in pairwise(ends))


@dataclass(frozen=True, slots=True)
class Marks:
    """The decision as it grows."""

    parts: tuple[Part, ...]
    """Their numbers count from 1, through all files."""
    conflicts: tuple[str, ...] = ()
    """Files of which no change can be offered."""
    said: Mapping[int, HunkDecision] = field(default_factory=dict)
    """By the number of the part."""
    rewritten: Mapping[str, str] = field(default_factory=dict)
    """Path → the person's text in place of the whole file."""
    dropped: frozenset[str] = frozenset()
    """Those in conflict that wait no longer."""
    remarks: tuple[Remark, ...] = ()

    @classmethod
    def on(cls, diffs: Sequence[FileDiff], conflicts: Sequence[str] = ()) -> "Marks":
        """Nothing said yet of these differences."""
        parts = tuple(Part(diff, hunk) for diff in diffs for hunk in range(1, len(diff.hunks) + 1) or (0,))
        return cls(parts, tuple(conflicts))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files with something to decide, in order."""
        return tuple(dict.fromkeys(part.diff.path for part in self.parts))

    @property
    def open(self) -> tuple[int, ...]:
        """The numbers of what nothing was said of."""
        return tuple(
            number
            for number, part in enumerate(self.parts, 1)
            if number not in self.said and part.diff.path not in self.rewritten
        )

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said of any part."""
        return not (self.said or self.rewritten)

    @property
    def taken(self) -> int:
        """How many parts are accepted or rewritten; a whole file that was rewritten counts as one."""
        return sum(one.choice is not Choice.REJECT for one in self.said.values()) + len(self.rewritten)

    @property
    def refused(self) -> int:
        """How many parts are rejected in so many words."""
        return sum(one.choice is Choice.REJECT for one in self.said.values())

    def part(self, number: int) -> Part:
        """The part of this number; UsageError where there is none."""
        if not 1 <= number <= len(self.parts):
            raise UsageError(f"There is no hunk {number}; the hunks are numbered 1 to {len(self.parts)}.")
        return self.parts[number - 1]

    def numbers_of(self, path: str) -> list[int]:
        """The numbers of all parts of a file."""
        return [number for number, part in enumerate(self.parts, 1) if part.diff.path == path]

    def marking(self, numbers: Iterable[int], choice: Choice, *, note: str = "", text: str = "") -> "Marks":
        """The same with these parts decided."""
        parts = {number: self.part(number) for number in numbers}
        paths = {part.diff.path for part in parts.values()}
        said = {number: HunkDecision(one.hunk, choice, text, note, one.lines) for number, one in parts.items()}
        rewritten = {path: whole for path, whole in self.rewritten.items() if path not in paths}
        return replace(self, said={**self.said, **said}, rewritten=rewritten)

    def rewriting(self, path: str, text: str) -> "Marks":
        """The same with a person's text in place of a whole file, and nothing said of its parts."""
        said = {number: one for number, one in self.said.items() if self.parts[number - 1].diff.path != path}
        return replace(self, said=said, rewritten={**self.rewritten, path: text})

    def splitting(self, number: int, row: int | None = None) -> "Marks":
        """The same with a part cut into its pieces, decided as the whole was; UsageError where it cannot be."""
        pieces = self.part(number).pieces(row)
        if len(pieces) < 2:
            reason = "no unchanged line lies between its changes" if row is None else "one side would change nothing"
            raise UsageError(f"Hunk {number} cannot be split: {reason}.")
        more = len(pieces) - 1
        moved = {one + more * (one > number): said for one, said in self.said.items() if one != number}
        split = replace(self, parts=(*self.parts[: number - 1], *pieces, *self.parts[number:]), said=moved)
        said = self.said.get(number)
        if said is None or said.choice is Choice.EDIT:
            return split
        return split.marking(range(number, number + len(pieces)), said.choice, note=said.note)

    def dropping(self, path: str) -> "Marks":
        """The same without a file in conflict: its edits are let go of."""
        if path not in self.conflicts:
            raise UsageError(f"{path} is in no conflict; only what is can be dropped." if path else "Name the file.")
        return replace(self, dropped=self.dropped | {path})

    def remarking(self, place: str, text: str, weight: Weight, *, is_old: bool = False) -> "Marks":
        """The same with words on a line or a range, such as `12`, `12-14` or `src/a.py:12`."""
        found = _PLACE.fullmatch(place)
        if found is None or not text:
            raise UsageError("A comment names a line and says something, such as: comment 12 why not two?")
        path, last = self._path(found["path"]), int(found["last"] or 0) or None
        remark = Remark(path, int(found["first"]), text, weight, is_old, last)
        return replace(self, remarks=(*self.remarks, remark))

    def without(self) -> "Marks":
        """Nothing said of any part; what was said of lines stays."""
        return replace(self, said={}, rewritten={}, dropped=frozenset())

    def whole(self, digest: str, *, accepted: bool, note: str = "") -> Decision:
        """The decision that takes or leaves everything."""
        return Decision(accepted, digest, note, files=self._conflict_decisions(accepted), remarks=self.remarks)

    def decision(self, digest: str) -> Decision:
        """The decision that was put together, part by part."""
        files = (*map(self._file, self.paths), *self._conflict_decisions(bool(self.taken)))
        return Decision(bool(self.taken), digest, files=files, remarks=self.remarks)

    def _conflict_decisions(self, accepted: bool) -> tuple[FileDecision, ...]:
        """What becomes of the files in conflict, where that is not what becomes of the others."""
        choices = {path: Choice.REJECT if path in self.dropped else Choice.ACCEPT for path in self.conflicts}
        usual = Choice.ACCEPT if accepted else Choice.REJECT
        return tuple(FileDecision(path, choice) for path, choice in choices.items() if choice is not usual)

    def _file(self, path: str) -> FileDecision:
        if path in self.rewritten:
            return FileDecision(path, Choice.EDIT, text=self.rewritten[path])
        said = [one for number, one in sorted(self.said.items()) if self.parts[number - 1].diff.path == path]
        whole = next((one for one in said if not one.hunk), None)
        if whole:
            return FileDecision(path, whole.choice, note=whole.note)
        return FileDecision(path, Choice.REJECT, tuple(said))

    def _path(self, named: str | None) -> str:
        if named is None and len(self.paths) == 1:
            return self.paths[0]
        if named not in self.paths:
            known = f"Name one of the files before the line, such as {self.paths[0]}:12." if self.paths else "No file."
            raise UsageError(known)
        return named


def _cut(hunk: Hunk, row: int | None) -> tuple[Hunk, ...]:
    if row is None:
        return split_everywhere(hunk)
    return split_at(hunk, row - 1) if 1 < row <= len(hunk.lines) else (hunk,)
