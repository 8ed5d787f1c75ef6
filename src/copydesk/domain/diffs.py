"""Owns `FileDiff`: what changes in one file, by lines and as a whole, for people and for patches.

A part of a difference is a difference again, against the same old file. What concerns the file as a whole (its name,
its mode, that it is created) goes with whatever part is taken; a file of which lines are kept is not deleted.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from copydesk.domain.forms import TextForm, decoded, form_of
from copydesk.domain.hunks import Hunk as Hunk
from copydesk.domain.hunks import HunkLine as HunkLine
from copydesk.domain.hunks import LineKind as LineKind
from copydesk.domain.hunks import diff_bytes, joined, only, renumbered, touching, trimmed
from copydesk.domain.unified import REGULAR, git_mode, hunk_lines, quoted_path


class ChangeStatus(StrEnum):
    """What happens to the file as a whole."""

    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


class HunkPart(NamedTuple):
    """Some lines of a hunk."""

    hunk: int
    """Counts from 1, in the order of the diff."""
    first: int
    """Index of its first line, from 0."""
    end: int
    """Excluded."""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The difference of one file."""

    path: str
    status: ChangeStatus
    hunks: tuple[Hunk, ...]
    is_binary: bool = False
    """Binary files have no hunks; their change is all or nothing."""
    old_path: str = ""
    """What a renamed file was called."""
    old_mode: int | None = None
    """As git writes it, such as 0o100755; None where it is not known."""
    new_mode: int | None = None

    @property
    def added(self) -> int:
        """Lines added."""
        return self._count(LineKind.ADDED)

    @property
    def removed(self) -> int:
        """Lines removed."""
        return self._count(LineKind.REMOVED)

    def _count(self, kind: LineKind) -> int:
        return sum(line.kind is kind for hunk in self.hunks for line in hunk.lines)

    @property
    def changes_mode(self) -> bool:
        """True where both modes are known and not the same."""
        return None not in (self.old_mode, self.new_mode) and self.old_mode != self.new_mode

    @property
    def is_void(self) -> bool:
        """True where nothing changes."""
        is_same = self.status is ChangeStatus.MODIFIED and not self.changes_mode
        return is_same and not (self.hunks or self.is_binary)

    def select(self, chosen: Iterable[int | HunkPart]) -> "FileDiff":
        """The difference that makes only some of these changes, given as numbers of hunks (from 1) or parts of them.

        Removed lines that are not chosen become context, added ones vanish; where no change is chosen nothing changes.
        Raises ValueError for a hunk, or for lines, that there are not.
        """
        indices = self._changes(chosen)
        if not any(indices):
            kept = self.path if self.status is not ChangeStatus.RENAMED else self.old_path
            return FileDiff(kept, ChangeStatus.MODIFIED, (), old_mode=self.old_mode, new_mode=self.old_mode)
        if all(map(_is_whole, self.hunks, indices)):
            return self
        part = replace(self, hunks=tuple(renumbered(_selected(self.hunks, indices))))
        if self.status is ChangeStatus.DELETED:
            return replace(part, status=ChangeStatus.MODIFIED, new_mode=self.old_mode)
        return part

    def _changes(self, chosen: Iterable[int | HunkPart]) -> list[set[int]]:
        """Which changes are chosen, as indices of lines, hunk by hunk."""
        indices: list[set[int]] = [set() for _ in self.hunks]
        for choice in chosen:
            number = choice.hunk if isinstance(choice, HunkPart) else choice
            if not 1 <= number <= len(self.hunks):
                raise ValueError(f"There is no hunk {number} in {self.path}; it has {len(self.hunks)}.")
            hunk = self.hunks[number - 1]
            first, end = choice[1:] if isinstance(choice, HunkPart) else (0, len(hunk.lines))
            if not 0 <= first <= end <= len(hunk.lines):
                raise ValueError(f"Hunk {number} of {self.path} has {len(hunk.lines)} lines, not {first} to {end}.")
            indices[number - 1].update([index for index in hunk.changes if first <= index < end])
        return indices

    def to_unified(self, index: str = "", binary: str = "") -> str:
        """Write it as `git apply` takes it (text with surrogateescape for bytes that are not UTF-8).

        `index` is the line that names both contents, `binary` the content of a binary file, where they are known.
        """
        return "" if self.is_void else "".join(_unified_lines(self, index, binary))


def diff_images(
    path: str,
    before: bytes | None,
    after: bytes | None,
    encoding: str = "utf-8",
    modes: tuple[int | None, int | None] = (None, None),
    *,
    old_path: str = "",
) -> FileDiff:
    """Compare two versions of a file given as bytes, None for absent.

    `encoding` is what they are in without a mark, `modes` are their permission bits, None where they are not known.
    """
    status = ChangeStatus.RENAMED if old_path else ChangeStatus.MODIFIED
    if before is None:
        status = ChangeStatus.CREATED
    elif after is None:
        status = ChangeStatus.DELETED
    diff = FileDiff(path, status, (), False, old_path, git_mode(modes[0]), git_mode(modes[1]))
    sides = before or b"", after or b""
    form = form_of(sides, encoding)
    if form is None or form.is_wide:
        sides, form = (_as_utf8(sides[0], encoding), _as_utf8(sides[1], encoding)), TextForm()
    if any(b"\0" in data for data in sides):
        return replace(diff, is_binary=before != after)
    return replace(diff, hunks=diff_bytes(*sides, form.encoding))


def _is_whole(hunk: Hunk, chosen: set[int]) -> bool:
    return len(chosen) == len(hunk.changes)


def _selected(hunks: Iterable[Hunk], indices: list[set[int]]) -> Iterator[Hunk]:
    """The chosen changes; a part of a split hunk takes its context from the parts beside it."""
    start = 0
    for group in touching(hunks):
        chosen = indices[start : start + len(group)]
        start += len(group)
        if all(map(_is_whole, group, chosen)):
            yield from group
        elif any(chosen):
            offsets = [sum(len(hunk.lines) for hunk in group[:number]) for number in range(len(group))]
            wanted = {offset + index for offset, of in zip(offsets, chosen, strict=True) for index in of}
            yield trimmed(only(joined(group), wanted))


def _as_utf8(data: bytes, encoding: str) -> bytes:
    """UTF-16 with a mark, or other text, as UTF-8; what is neither as it is."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        with suppress(UnicodeError):
            return data.decode("utf-16").encode("utf-8")
        return data
    return decoded(data, encoding).encode("utf-8", "surrogateescape")


def _unified_lines(diff: FileDiff, index: str, binary: str) -> Iterator[str]:
    old, new = quoted_path("a/" + (diff.old_path or diff.path)), quoted_path("b/" + diff.path)
    yield f"diff --git {old} {new}\n"
    yield from _header_lines(diff)
    yield index
    if diff.is_binary:
        yield binary or f"Binary files {old} and {new} differ\n"
    if not diff.hunks:
        return
    old_tab, new_tab = ("\t" if " " in path else "" for path in (old, new))
    yield "--- /dev/null\n" if diff.status is ChangeStatus.CREATED else f"--- {old}{old_tab}\n"
    yield "+++ /dev/null\n" if diff.status is ChangeStatus.DELETED else f"+++ {new}{new_tab}\n"
    yield from hunk_lines(diff.hunks)


def _header_lines(diff: FileDiff) -> Iterator[str]:
    """What changes of the file as a whole."""
    match diff.status:
        case ChangeStatus.CREATED:
            yield f"new file mode {diff.new_mode or REGULAR:o}\n"
        case ChangeStatus.DELETED:
            yield f"deleted file mode {diff.old_mode or REGULAR:o}\n"
        case ChangeStatus.MODIFIED | ChangeStatus.RENAMED:
            if diff.changes_mode:
                yield f"old mode {diff.old_mode:o}\nnew mode {diff.new_mode:o}\n"
            if diff.status is ChangeStatus.RENAMED:
                yield f"rename from {quoted_path(diff.old_path)}\nrename to {quoted_path(diff.path)}\n"
