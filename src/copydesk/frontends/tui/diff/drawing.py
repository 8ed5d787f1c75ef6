"""Owns how a row of a difference looks: numbers, signs, both columns, headers and what is said under a line.

Every row begins with one empty cell, which is the cursor's. What is told by a colour is told by a sign or a word too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from copydesk.domain.diffs import LineKind
from copydesk.domain.display import show, show_lines
from copydesk.frontends.present import plural, shorten_end
from copydesk.frontends.tui.diff.cells import (
    Column,
    Drawn,
    Mark,
    ShownText,
    cells,
    found_spans,
    shown_spans,
    shown_text,
)
from copydesk.frontends.tui.diff.rows import FileLine, Part, Row
from copydesk.frontends.tui.diff.shown_files import Comment
from copydesk.frontends.tui.diff.table import FileRows
from copydesk.frontends.tui.lines.highlight import lexer_for_path, plain_lexer
from copydesk.frontends.tui.lines.wrapping import wrap_segments, wrap_text
from copydesk.frontends.tui.theme import Palette

NARROWEST = 8
"""Cells that the text of a line has at least, however narrow the screen."""

_SIGNS = {LineKind.CONTEXT: " ", LineKind.ADDED: "+", LineKind.REMOVED: "\u2212"}

HeaderMark = tuple[str, str]
"""A text and the name of a style of the palette."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all rows are drawn on."""

    palette: Palette
    width: int
    number_width: int
    """Cells of the highest line number; 0 where none are shown."""
    is_side: bool
    wraps: bool
    shift: int = 0
    needle: str = ""
    """What is searched for."""
    expand_key: str = ""
    """The key that uncovers unchanged lines; empty where there is none."""
    is_hurried: bool = False
    """Whether code is not coloured."""
    marks: dict[tuple[int, int], HeaderMark] = field(default_factory=dict)
    """By file and hunk, 0 for the file itself."""

    def columns(self) -> list[Column]:
        """One column, or the old file's and the new file's."""
        left = self.width // 2
        return [self._column(width) for width in ((left, self.width - left) if self.is_side else (self.width,))]

    @property
    def lead(self) -> int:
        """Cells before the text of a line: its numbers, its sign and what is between them."""
        numbers = 1 if self.is_side else 2
        return 1 + numbers * (self.number_width + 1) * bool(self.number_width) + 2

    def _column(self, width: int) -> Column:
        return Column(max(width - self.lead, NARROWEST), self.wraps, self.shift)


def draw(row: Row, canvas: Canvas, file: FileRows | None, comments: Iterable[Comment]) -> Sequence[Strip]:
    """The lines that a row takes on screen; `file` is None where it belongs to none."""
    colours = canvas.palette
    under = [strip for comment in comments for strip in _comment(comment, canvas)]
    match row.part:
        case Part.LINE:
            return _with(_line(row, canvas, file), [*_remarks(row, canvas, file), *under]) if file else under
        case Part.FILE:
            return [*(_file(row, canvas, file) if file else ()), *under]
        case Part.HUNK:
            return _hunk(row, canvas, file) if file else under
        case Part.GAP:
            return [_gap(row, canvas, file), *under]
        case Part.TITLE:
            return wrap_text(f" {show(row.text)}", max(canvas.width, NARROWEST), colours.accent)
        case Part.REMARK:
            return _said(show(row.text), canvas, 1, colours.warning)
        case Part.BLANK:
            return [Strip([Segment(" ")])]
        case _:
            assert_never(row.part)


def first_change(row: Row, file: FileRows) -> int | None:
    """Cells before the first thing that differs within a line; None where nothing is known to."""
    line = row.new or row.old
    change = file.pairs(row.hunk).change(line.index) if row.hunk and line and line.index is not None else None
    if line is None or change is None or not change.spans:
        return None
    return cells(show(line.text[: change.spans[0][0]]))


def _line(row: Row, canvas: Canvas, file: FileRows) -> Sequence[Strip]:
    columns = canvas.columns()
    if not canvas.is_side:
        line = row.new or row.old
        numbers = _numbers((row.old, row.new), canvas)
        return _cell(numbers, line, _changed_text(row, line, canvas, file), columns[0], canvas)
    sides = [
        _cell(_numbers((line,), canvas), line, _changed_text(row, line, canvas, file), column, canvas)
        for line, column in zip((row.old, row.new), columns, strict=True)
    ]
    widths = [column.width + canvas.lead for column in columns]
    return _beside(sides, widths)


def _cell(numbers: str, line: FileLine | None, text: ShownText, column: Column, canvas: Canvas) -> Sequence[Strip]:
    """A line of a file in its column, behind its number and sign."""
    sign_style, line_style = _line_styles(line, canvas.palette)
    secondary = canvas.palette.secondary
    rows = text.rows(column, canvas.palette)
    sign = _SIGNS[line.kind] if line is not None else " "
    first = [Segment(numbers, secondary), Segment(f"{sign} ", sign_style)]
    blank = [Segment(" " * (len(numbers) + 2), secondary)]
    width = len(numbers) + 2 + column.width

    def draw_row(number: int) -> Strip:
        row = rows[number]
        free = column.width - row.cell_length
        parts = [*(blank if number else first), *row, *([Segment(" " * free)] if free > 0 else ())]
        styled = [Segment(part, line_style + own if own else line_style) for part, own, _ in parts]
        return Strip(styled, width - min(free, 0))

    return Drawn(len(rows), draw_row)


def _beside(sides: Sequence[Sequence[Strip]], widths: Sequence[int]) -> Drawn:
    def draw_row(number: int) -> Strip:
        pairs = zip(sides, widths, strict=True)
        return Strip.join([side[number] if number < len(side) else Strip.blank(width) for side, width in pairs])

    return Drawn(max(map(len, sides)), draw_row)


def _changed_text(row: Row, line: FileLine | None, canvas: Canvas, file: FileRows) -> ShownText:
    """The text of a line with what differs in it, and what is searched for, marked."""
    lexer = plain_lexer() if canvas.is_hurried else lexer_for_path(file.shown.diff.path)
    if line is None:
        return ShownText("", (), lexer)
    text = shown_text(line.text, file.shows_returns)
    marks: list[Mark] = []
    change = file.pairs(row.hunk).change(line.index) if row.hunk and line.index is not None else None
    if change is not None:
        words = canvas.palette.removed_words if line.kind is LineKind.REMOVED else canvas.palette.added_words
        marks += [(start, end, words) for start, end in shown_spans(line.text, change.spans, len(text))]
    marks += [(start, end, canvas.palette.found) for start, end in found_spans(text, canvas.needle)]
    return ShownText(text, tuple(marks), lexer)


def _remarks(row: Row, canvas: Canvas, file: FileRows) -> Iterator[Strip]:
    """What is said under a line: that it has no end, or that only blanks differ."""
    lines = [line for line in (row.old, row.new) if line is not None]
    is_pair = row.old is not None and row.new is not None and row.old.kind is not row.new.kind
    for line in {line.kind: line for line in lines if not line.text.endswith("\n")}.values():
        which = "this" if not is_pair else "the old" if line is row.old else "the new"
        yield from _said(f"no line end after {which} line", canvas, 1, canvas.palette.warning, "╰ ")
    for line in lines:
        change = file.pairs(row.hunk).change(line.index) if row.hunk and line.index is not None else None
        if change is not None and change.note and not (change.is_line_end and file.is_flip):
            yield from _said(change.note, canvas, 1, canvas.palette.warning, "╰ ")


def _comment(comment: Comment, canvas: Canvas) -> list[Strip]:
    return _said(f"{show(comment.label)}: {show_lines(comment.text)}", canvas, 5, canvas.palette.accent, "╰ ")


def _file(row: Row, canvas: Canvas, file: FileRows) -> list[Strip]:
    """The path, and at the right what is to be known and the counts."""
    colours = canvas.palette
    notes = [*file.notes, *(["folded"] if file.is_folded else [])]
    said = "   ".join([*([" · ".join(map(show, notes))] if notes else []), file.counts])
    mark = canvas.marks.get((row.file, 0))
    head = [Segment(f" {'▸' if file.is_folded else '▾'} ", colours.secondary)]
    head += [Segment(f"{show(mark[0])} ", getattr(colours, mark[1]))] if mark else []
    head.append(Segment(show(file.shown.diff.path), colours.strong))
    room = max(canvas.width - 1, NARROWEST)
    free = room - Segment.get_line_length(head) - cell_len(said)
    if free >= 2:
        return [Strip([*head, Segment(" " * free), Segment(said, colours.secondary)])]
    return [*wrap_segments(head, room, Segment("")), *_said(said, canvas, 3, colours.secondary)]


def _hunk(row: Row, canvas: Canvas, file: FileRows) -> list[Strip]:
    """The mark, the lines that it covers, which one of how many it is, and what the section is called."""
    colours, count = canvas.palette, len(file.shown.diff.hunks)
    mark = canvas.marks.get((row.file, row.hunk))
    text, style = (f" {show(mark[0])} ", getattr(colours, mark[1])) if mark else (" ", colours.secondary)
    pieces = [Segment(text, style), Segment(f"{row.text}", colours.secondary)]
    if count > 1:
        pieces.append(Segment(f"  hunk {row.hunk} of {count}", colours.secondary))
    section = shorten_end(show(file.section(row.hunk)), canvas.width - Segment.get_line_length(pieces) - 3)
    if cell_len(section) >= NARROWEST:
        pieces.append(Segment(f"  {section}", colours.text))
    return wrap_segments(pieces, max(canvas.width, NARROWEST), Segment(""))


def _gap(row: Row, canvas: Canvas, file: FileRows | None) -> Strip:
    """How many lines are not shown, and the key that shows them."""
    count = row.gap.count if row.gap is not None else 0
    can_expand = file is not None and file.can_uncover and canvas.expand_key
    text = f" ── {plural(count, 'unchanged line')} ──{f' {canvas.expand_key} expand' if can_expand else ''}"
    return Strip([Segment(text, canvas.palette.secondary)]).crop(0, canvas.width)


def _said(text: str, canvas: Canvas, indent: int, style: Style, sign: str = "") -> list[Strip]:
    """A sentence of our own or somebody's, folded at blanks behind an indentation and a sign."""
    rows = wrap_text(text, max(canvas.width - indent - len(sign) - 1, NARROWEST), style)
    leads = [sign, *[" " * len(sign)] * (len(rows) - 1)]
    return [Strip([Segment(" " * indent), Segment(lead, style), *row]) for lead, row in zip(leads, rows, strict=True)]


def _with(rows: Sequence[Strip], under: Sequence[Strip]) -> Sequence[Strip]:
    if not under:
        return rows
    return Drawn(len(rows) + len(under), lambda row: rows[row] if row < len(rows) else under[row - len(rows)])


def _line_styles(line: FileLine | None, colours: Palette) -> tuple[Style, Style]:
    """The style of the sign and of the whole line."""
    if line is None or line.kind is LineKind.CONTEXT:
        return colours.secondary, Style.null()
    if line.kind is LineKind.ADDED:
        return colours.added, colours.added_line
    return colours.removed, colours.removed_line


def _numbers(lines: Iterable[FileLine | None], canvas: Canvas) -> str:
    """What stands before the sign of a line."""
    if not canvas.number_width:
        return " "
    numbers = ("" if line is None else str(line.number) for line in lines)
    return f" {' '.join(number.rjust(canvas.number_width) for number in numbers)} "
