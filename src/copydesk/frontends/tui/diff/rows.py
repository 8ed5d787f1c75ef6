"""Owns the rows that a difference is laid out in, section by section; a row is made when it is asked for.

A section says how many rows it has at once. It knows nothing of widths, colours or the screen.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import accumulate, islice
from typing import Protocol

from copydesk.domain.diffs import Hunk, LineKind
from copydesk.frontends.tui.diff.pairs import HunkPairs
from copydesk.frontends.tui.diff.shown_files import Spot


class Part(Enum):
    """What a row of the view is."""

    TITLE = "title"
    REMARK = "remark"
    FILE = "file"
    GAP = "gap"
    HUNK = "hunk"
    LINE = "line"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of a file."""

    kind: LineKind
    text: str
    """As it is, with its line end."""
    number: int
    index: int | None
    """Index of the hunk's lines; None outside of hunks."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Unchanged lines before, between and after hunks."""

    number: int
    """Counts from 0: the gap before the hunk of that index."""
    old_from: int
    """How many lines of the old file come before it."""
    new_from: int
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a line of a file, on one side or both, or something said about it."""

    part: Part
    file: int = 0
    """Counts from 0."""
    hunk: int = 0
    """Counts from 1; 0 outside of hunks."""
    text: str = ""
    """Of a title, a remark or the header of a hunk."""
    old: FileLine | None = None
    new: FileLine | None = None
    gap: Gap | None = None

    @property
    def spot(self) -> Spot:
        """The place of the cursor on this row."""
        line, is_old = (self.new, False) if self.new else (self.old, True)
        if line is None:
            return Spot(self.file, self.hunk)
        return Spot(self.file, self.hunk, line.number, is_old, line.index)

    @property
    def indices(self) -> Iterator[int]:
        """The hunk's lines that it shows, as indices."""
        return (line.index for line in (self.old, self.new) if line is not None and line.index is not None)


class Section(Protocol):
    """Some rows that belong together."""

    @property
    def lead(self) -> Row:
        """What its rows have in common: their part, file and hunk."""

    def __len__(self) -> int: ...

    def row(self, offset: int) -> Row:
        """One of its rows, counted from 0."""

    def offset_of(self, number: int, is_old: bool) -> int | None:
        """Which row shows a line of the new file, or of the old one."""

    def texts(self) -> Iterator[str]:
        """About the text of each row, to guess from how high it is."""

    def found(self, matches: Callable[[str], bool]) -> Iterator[int]:
        """The rows of which a line matches, given as it is."""


class Single:
    """A section of one row."""

    def __init__(self, row: Row) -> None:
        self.lead = row

    def __len__(self) -> int:
        return 1

    def row(self, offset: int) -> Row:
        return self.lead

    def offset_of(self, number: int, is_old: bool) -> int | None:
        gap = self.lead.gap
        before = None if gap is None else gap.old_from if is_old else gap.new_from
        return 0 if gap is not None and before is not None and before < number <= before + gap.count else None

    def texts(self) -> Iterator[str]:
        return iter([self.lead.text])

    def found(self, matches: Callable[[str], bool]) -> Iterator[int]:
        return iter(())


class ContextLines:
    """Unchanged lines outside of hunks."""

    def __init__(self, file: int, gap: Gap, texts: Sequence[str]) -> None:
        """`texts` are its lines."""
        self.lead = Row(Part.LINE, file)
        self._gap, self._texts = gap, texts

    def __len__(self) -> int:
        return len(self._texts)

    def row(self, offset: int) -> Row:
        text, gap = self._texts[offset], self._gap
        old = FileLine(LineKind.CONTEXT, text, gap.old_from + offset + 1, None)
        new = FileLine(LineKind.CONTEXT, text, gap.new_from + offset + 1, None)
        return Row(Part.LINE, self.lead.file, old=old, new=new)

    def offset_of(self, number: int, is_old: bool) -> int | None:
        offset = number - 1 - (self._gap.old_from if is_old else self._gap.new_from)
        return offset if 0 <= offset < len(self) else None

    def texts(self) -> Iterator[str]:
        return iter(self._texts)

    def found(self, matches: Callable[[str], bool]) -> Iterator[int]:
        return (offset for offset, text in enumerate(self._texts) if matches(text))


class UnifiedLines:
    """The lines of a hunk one after the other."""

    def __init__(self, file: int, number: int, hunk: Hunk) -> None:
        self.lead = Row(Part.LINE, file, number)
        self._hunk = hunk

    def __len__(self) -> int:
        return len(self._hunk.lines)

    @cached_property
    def _old(self) -> "array[int]":
        return _numbers(self._hunk, self._hunk.old_from, LineKind.ADDED)

    @cached_property
    def _new(self) -> "array[int]":
        return _numbers(self._hunk, self._hunk.new_from, LineKind.REMOVED)

    def row(self, offset: int) -> Row:
        old, new = self.line(offset, True), self.line(offset, False)
        return Row(Part.LINE, self.lead.file, self.lead.hunk, old=old, new=new)

    def line(self, index: int, is_old: bool) -> FileLine | None:
        """A line of the hunk as a line of the old or of the new file; None where it is none of it."""
        line = self._hunk.lines[index]
        if line.kind is (LineKind.ADDED if is_old else LineKind.REMOVED):
            return None
        return FileLine(line.kind, line.text, (self._old if is_old else self._new)[index], index)

    def offset_of(self, number: int, is_old: bool) -> int | None:
        numbers, other = (self._old, LineKind.ADDED) if is_old else (self._new, LineKind.REMOVED)
        if not len(numbers) or not numbers[0] <= number <= numbers[-1]:
            return None
        found = (
            index for index, own in enumerate(numbers) if own == number and self._hunk.lines[index].kind is not other
        )
        return next(found, None)

    def texts(self) -> Iterator[str]:
        return (line.text for line in self._hunk.lines)

    def found(self, matches: Callable[[str], bool]) -> Iterator[int]:
        return (offset for offset, line in enumerate(self._hunk.lines) if matches(line.text))


class SideLines:
    """The lines of a hunk, old ones beside new ones."""

    def __init__(self, lines: UnifiedLines, pairs: HunkPairs) -> None:
        self.lead = lines.lead
        self._lines, self._pairs = lines, pairs
        self._count = pairs.row_count()

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _old(self) -> "array[int]":
        return array("i", [old for old, _ in self._pairs.rows()])

    @cached_property
    def _new(self) -> "array[int]":
        return array("i", [new for _, new in self._pairs.rows()])

    def row(self, offset: int) -> Row:
        old, new = self._old[offset], self._new[offset]
        old_line = self._lines.line(old, True) if old >= 0 else None
        new_line = self._lines.line(new, False) if new >= 0 else None
        return Row(Part.LINE, self.lead.file, self.lead.hunk, old=old_line, new=new_line)

    def offset_of(self, number: int, is_old: bool) -> int | None:
        index = self._lines.offset_of(number, is_old)
        return None if index is None else (self._old if is_old else self._new).index(index)

    def texts(self) -> Iterator[str]:
        return islice(self._lines.texts(), self._count)

    def found(self, matches: Callable[[str], bool]) -> Iterator[int]:
        found = set(self._lines.found(matches))
        sides = zip(self._old, self._new, strict=True)
        return (offset for offset, (old, new) in enumerate(sides) if old in found or new in found)


def _numbers(hunk: Hunk, before: int, other: LineKind) -> "array[int]":
    """The number of each line in one of the files; of a line that is not in it, that of the line before."""
    steps = (line.kind is not other for line in hunk.lines)
    return array("I", list(accumulate(steps, initial=before))[1:])
