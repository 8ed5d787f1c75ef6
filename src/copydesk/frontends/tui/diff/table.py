"""Owns which rows there are: of each file as it is folded, expanded and laid out now, and of all files in order.

Rows are counted and found here, and made by the sections; what is folded has no rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from copydesk.domain.hunks import CONTEXT_LINES
from copydesk.domain.lines import split_lines
from copydesk.domain.sections import section_at
from copydesk.domain.words import newline_flip
from copydesk.frontends.present import counts, file_notes
from copydesk.frontends.tui.diff.pairs import HunkPairs
from copydesk.frontends.tui.diff.rows import (
    ContextLines,
    Gap,
    Part,
    Row,
    Section,
    SideLines,
    Single,
    UnifiedLines,
)
from copydesk.frontends.tui.diff.shown_files import Layout, ShownFile, Spot

CONTEXT_STEP = 10
"""Unchanged lines that are uncovered at a time, on each side of a gap."""


class FileRows:
    """The rows of one file."""

    def __init__(self, number: int, shown: ShownFile) -> None:
        self.shown = shown
        self.is_folded = shown.is_folded
        self._number = number
        self._uncovered: dict[int, int] = {}
        self._found: list[int] = []
        """Lines of the whole text, by index, that are shown because they were looked for."""
        self._names: dict[int, str] = {}
        self._bodies: dict[tuple[int, bool], Section] = {}
        self._pairs: dict[int, HunkPairs] = {}

    def sections(self, layout: Layout) -> Iterator[Section]:
        """Its rows in order, in a layout that is not AUTO."""
        yield Single(Row(Part.FILE, self._number))
        if self.is_folded:
            return
        yield from (Single(Row(Part.REMARK, self._number, text=remark)) for remark in self.shown.remarks)
        hunks = self.shown.diff.hunks
        for gap in self.gaps:
            yield from self._gap(gap, layout is Layout.WHOLE)
            if gap.number < len(hunks):
                hunk = gap.number + 1
                yield Single(Row(Part.HUNK, self._number, hunk, hunks[gap.number].header))
                yield self._body(hunk, layout is Layout.SIDE)
        yield Single(Row(Part.BLANK, self._number))

    def uncover(self, gap: int, whole: bool) -> None:
        """Show some lines more of a gap on both of its sides, or all of it."""
        self._uncovered[gap] = self.gaps[gap].count if whole else self._uncovered.get(gap, 0) + CONTEXT_STEP

    def reveal(self, matches: Callable[[str], bool]) -> bool:
        """Show the lines outside of hunks that match, in place of those that did before; True if others are shown."""
        spans = [(gap.new_from, gap.old_from)[self._whole[1]] for gap in self.gaps] if self.can_uncover else []
        before, self._found = self._found, []
        for gap, start in zip(self.gaps, spans, strict=False):
            lines = enumerate(self._lines[start : start + gap.count], start)
            self._found += [index for index, line in lines if matches(line)]
        return before != self._found

    @property
    def has_found(self) -> bool:
        """Whether something that was looked for is outside of its hunks."""
        return bool(self._found)

    def section(self, hunk: int) -> str:
        """What the section is called in which a hunk, counted from 1, begins to change; empty where that is unknown."""
        if hunk not in self._names:
            found = self.shown.diff.hunks[hunk - 1]
            first = (found.old_from if self._whole[1] else found.new_from) + (found.changes or [0])[0]
            is_known = self.can_uncover and not found.is_void
            self._names[hunk] = section_at(self.shown.diff.path, self._lines, first) if is_known else ""
        return self._names[hunk]

    def gaps_around(self, row: Row) -> list[int]:
        """The gap that a row belongs to, or those before and after its hunk, by number."""
        if row.gap is not None:
            return [row.gap.number]
        if row.hunk:
            return [row.hunk - 1, row.hunk]
        new = row.new.number if row.new is not None else 0
        return [gap.number for gap in self.gaps if gap.new_from < new <= gap.new_from + gap.count]

    def pairs(self, hunk: int) -> HunkPairs:
        """What became what in a hunk, counted from 1."""
        if hunk not in self._pairs:
            self._pairs[hunk] = HunkPairs(self.shown.diff.hunks[hunk - 1])
        return self._pairs[hunk]

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What must be known of it beside its lines."""
        mark = [self.shown.mark] if self.shown.mark else []
        return (*mark, *file_notes(self.shown.diff))

    @cached_property
    def counts(self) -> str:
        """Lines added and removed; empty where nothing changes."""
        return "" if self.shown.diff.is_void else counts((self.shown.diff,))

    @cached_property
    def shows_returns(self) -> bool:
        """Whether a CR at the end of a line is something to see: not where every line has one."""
        ended = (line.text for hunk in self.shown.diff.hunks for line in hunk.lines if line.text.endswith("\n"))
        return not all(text.endswith("\r\n") for text in ended)

    @cached_property
    def is_flip(self) -> bool:
        """Whether nothing but line ends changes, which is said once and not of each line."""
        flip = newline_flip(self.shown.diff)
        return flip is not None and flip.is_whole

    @cached_property
    def gaps(self) -> list[Gap]:
        """What lies around the hunks: before each, and after the last."""
        gaps = []
        old = new = 0
        for number, hunk in enumerate(self.shown.diff.hunks):
            gaps.append(Gap(number, old, new, max(hunk.old_from - old, 0)))
            old, new = hunk.old_from + hunk.old_length, hunk.new_from + hunk.new_length
        text, before = self._whole
        return [*gaps, Gap(len(gaps), old, new, max(_line_count(text) - (old if before else new), 0))]

    @property
    def last_number(self) -> int:
        """The highest number of its lines."""
        last = self.gaps[-1]
        return max(last.old_from, last.new_from) + last.count

    @property
    def can_uncover(self) -> bool:
        """Whether the text between the hunks is at hand."""
        return bool(self._whole[0])

    @property
    def _whole(self) -> tuple[str, bool]:
        """The whole text that is at hand, and whether it is the old one."""
        if self.shown.diff.is_binary:
            return "", False
        return (self.shown.after, False) if self.shown.after else (self.shown.before or "", True)

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self._whole[0])

    def _body(self, hunk: int, is_side: bool) -> Section:
        found = self._bodies.get((hunk, is_side))
        if found is None:
            lines = UnifiedLines(self._number, hunk, self.shown.diff.hunks[hunk - 1])
            found = SideLines(lines, self.pairs(hunk)) if is_side else lines
            self._bodies[hunk, is_side] = found
        return found

    def _gap(self, gap: Gap, is_whole: bool) -> Iterator[Section]:
        """The lines of a gap that are shown, and how many are not."""
        end = 0
        for first, last in self._shown_lines(gap, is_whole):
            if first > end:
                yield Single(Row(Part.GAP, self._number, gap=_part(gap, end, first - end)))
            if last > first:
                yield self._context(gap, first, last - first)
            end = last

    def _shown_lines(self, gap: Gap, is_whole: bool) -> list[tuple[int, int]]:
        """The stretches of a gap that are shown, counted in it, in order and apart; the last ends where it does."""
        shown = gap.count if is_whole else self._uncovered.get(gap.number, 0)
        if not self.can_uncover:
            return [(gap.count, gap.count)]
        is_last = gap.number == len(self.gaps) - 1
        below = min(shown, gap.count) if gap.number or is_last else 0
        above = 0 if is_last else min(shown, gap.count - below)
        start = gap.old_from if self._whole[1] else gap.new_from
        found = self._found[bisect_left(self._found, start) : bisect_left(self._found, start + gap.count)]
        around = CONTEXT_LINES + shown
        islands = ((max(at - start - around, 0), min(at - start + around + 1, gap.count)) for at in found)
        return _joined([(0, below), *islands, (gap.count - above, gap.count)])

    def _context(self, gap: Gap, start: int, count: int) -> ContextLines:
        first = (gap.old_from if self._whole[1] else gap.new_from) + start
        return ContextLines(self._number, _part(gap, start, count), self._lines[first : first + count])


class RowTable:
    """All rows, of all files."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self.sections = [section for section in sections if len(section)]
        self._starts = [0, *accumulate(map(len, self.sections))]

    def __len__(self) -> int:
        return self._starts[-1]

    def row(self, index: int) -> Row:
        """The row of an index."""
        place = bisect_right(self._starts, index) - 1
        return self.sections[place].row(index - self._starts[place])

    def lead(self, index: int) -> Row:
        """What the row of an index has in common with those around it; cheaper than the row."""
        return self.sections[bisect_right(self._starts, index) - 1].lead

    def find(self, spot: Spot) -> int | None:
        """The row of a place; where its line is not shown, the header that stands for it."""
        header = None
        for start, section in self._of_file(spot.file):
            lead = section.lead
            if spot.hunk and lead.hunk not in (0, spot.hunk):
                continue
            if spot.line is not None and lead.part in (Part.LINE, Part.GAP):
                offset = section.offset_of(spot.line, spot.is_old)
                if offset is not None:
                    return start + offset
            if lead.part is Part.FILE or (lead.part is Part.HUNK and lead.hunk == spot.hunk):
                header = start
        return header

    def found(self, matches: Callable[[str], bool]) -> list[int]:
        """The rows of which a line of a file matches, given as it is."""
        places = zip(self._starts, self.sections, strict=False)
        return [start + offset for start, section in places for offset in section.found(matches)]

    @cached_property
    def headers(self) -> dict[tuple[int, int], int]:
        """The rows where files and hunks begin, by file and hunk; hunk 0 is the file itself."""
        places = ((start, section.lead) for start, section in zip(self._starts, self.sections, strict=False))
        return {(lead.file, lead.hunk): start for start, lead in places if lead.part in (Part.FILE, Part.HUNK)}

    @cached_property
    def stops(self) -> list[int]:
        """The rows where something begins that can be decided by itself: a hunk, or a file that shows none."""
        with_hunks = {file for file, hunk in self.headers if hunk}
        return [start for (file, hunk), start in self.headers.items() if hunk or file not in with_hunks]

    def first_stop(self, file: int) -> int | None:
        """The first of them in a file; None where there is no such file."""
        return self.headers.get((file, 1), self.headers.get((file, 0)))

    def _of_file(self, file: int) -> Iterator[tuple[int, Section]]:
        for start, section in zip(self._starts, self.sections, strict=False):
            if section.lead.file == file and section.lead.part is not Part.TITLE:
                yield start, section


def number_width(files: Sequence[FileRows]) -> int:
    """Cells of the highest line number."""
    return len(str(max((rows.last_number for rows in files), default=0)))


def _part(gap: Gap, start: int, count: int) -> Gap:
    return Gap(gap.number, gap.old_from + start, gap.new_from + start, count)


def _joined(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in the order of their beginnings, those that touch as one."""
    joined = [stretches[0]]
    for first, end in stretches[1:]:
        if first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((first, end))
    return joined


def _line_count(text: str) -> int:
    return text.count("\n") + (text != "" and not text.endswith("\n"))
