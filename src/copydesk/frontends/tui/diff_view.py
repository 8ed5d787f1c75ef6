"""Owns file differences on screen: unified, both line numbers, every long line wrapped and none cut.

A line is highlighted when it is first shown and not before; what a reader could not see is shown as a token or said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.diffs import FileDiff, Hunk, LineKind
from copydesk.domain.display import show
from copydesk.frontends.present import counts, file_notes
from copydesk.frontends.tui.highlight import highlight, lexer_for_path
from copydesk.frontends.tui.line_view import LineView
from copydesk.frontends.tui.shown_files import Comment as Comment
from copydesk.frontends.tui.shown_files import Layout as Layout
from copydesk.frontends.tui.shown_files import ShownFile as ShownFile
from copydesk.frontends.tui.shown_files import Spot as Spot
from copydesk.frontends.tui.theme import Palette, palette
from copydesk.frontends.tui.wrapping import wrap_segments, wrap_text

NARROWEST = 8
"""Cells that the text of a line has at least, however narrow the screen."""


class RowKind(Enum):
    """What a row of the view is."""

    TITLE = "title"
    FILE = "file"
    HUNK = "hunk"
    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"
    REMARK = "remark"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a line of a file, or something said about it."""

    kind: RowKind
    text: str = ""
    """Safe to show."""
    old: int | None = None
    """Line number in the old file."""
    new: int | None = None
    path: str = ""
    notes: str = ""
    hunk: int = 0
    """Counts from 1 in its file, where it begins one; 0 where a file without hunks begins."""


@dataclass(frozen=True, slots=True)
class Part:
    """What can be decided by itself: a hunk, or a file that has none."""

    row: int
    """Where it begins, as an index of rows."""
    path: str
    hunk: int
    """Counts from 1 in its file; 0 for the whole of a file without hunks."""


_LINE_ROWS = {LineKind.CONTEXT: RowKind.CONTEXT, LineKind.ADDED: RowKind.ADDED, LineKind.REMOVED: RowKind.REMOVED}
_SIGNS = {RowKind.CONTEXT: " ", RowKind.ADDED: "+", RowKind.REMOVED: "\u2212"}


class DiffView(LineView):
    """Differences of any size in one widget."""

    DEFAULT_CSS = """
    DiffView { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._number_width = 1
        self.hunk_rows: list[int] = []
        """Where the hunks begin, as indices of rows."""
        self.parts: list[Part] = []
        """What can be decided by itself, in order."""
        self._marks: dict[int, tuple[str, str]] = {}

        self.spot = Spot(0, 0)
        """Where the cursor is."""
        self.selected_rows: tuple[int, int] | None = None
        """Lines of the hunk that are being selected, as indices: the first, and the one after the last."""

    class Moved(Message):
        """The cursor is somewhere else."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    class Clicked(Message):
        """A part was clicked."""

        def __init__(self, index: int, file: int = 0, hunk: int = 0) -> None:
            super().__init__()
            self.index, self.file, self.hunk = index, file, hunk

    def show_files(self, files: Sequence[ShownFile], keeps_place: bool = False) -> None:
        """Show these files; from the top, or with the cursor on the same line of the same file as before."""
        self.show_diffs([file.diff for file in files])

    def go_to_file(self, step: int) -> None:
        """Go to the next (1) or previous (-1) file."""

    def go_to(self, file: int, hunk: int = 0) -> None:
        """Go to a hunk of a file, or to the file."""

    def move_line(self, step: int) -> None:
        """Move the cursor by lines."""

    def set_layout(self, layout: Layout) -> None:
        """Lay the same files out in another way; the cursor stays on its line."""

    def set_wrapping(self, wraps: bool) -> None:
        """Wrap long lines, or show them from where the view is scrolled sideways."""

    def expand_context(self, whole: bool = False) -> None:
        """Show more of the unchanged lines around the cursor, or all of them in its file."""

    def toggle_fold(self) -> None:
        """Fold the file under the cursor, or unfold it."""

    def mark_hunk(self, file: int, hunk: int, text: str, style: str) -> None:
        """Put a mark before a hunk: text, and the name of a style of the palette; an empty text takes it away."""

    def mark_file(self, file: int, text: str, style: str) -> None:
        """Put a mark before a file: text, and the name of a style of the palette; an empty text takes it away."""

    def set_comments(self, comments: Sequence[Comment]) -> None:
        """Show these comments, each under its line, and no others."""

    def search(self, text: str) -> int:
        """Mark a text wherever it is shown, and say in how many lines; an empty text ends the search."""
        return 0

    def search_step(self, step: int) -> None:
        """Go to the next (1) or previous (-1) line with a match; after the last comes the first."""

    def show_diffs(self, diffs: Sequence[FileDiff], remarks: Iterable[str] = ()) -> None:
        """Show these differences from the top, after what is to be said of them."""
        said = [Row(RowKind.REMARK, show(remark)) for remark in remarks]
        self._show([*said, *(row for diff in diffs for row in rows_of(diff))])

    def show_sections(self, sections: Iterable[tuple[str, Sequence[FileDiff], Sequence[str]]]) -> None:
        """Show differences under titles from the top, each with what is to be said of it."""
        rows: list[Row] = []
        for title, diffs, remarks in sections:
            rows.append(Row(RowKind.TITLE, show(title)))
            rows += [Row(RowKind.REMARK, show(remark)) for remark in remarks]
            rows += [row for diff in diffs for row in rows_of(diff)] or [Row(RowKind.BLANK)]
        self._show(rows)

    def _show(self, rows: list[Row]) -> None:
        self._rows, self._marks = rows, {}
        numbers = [row.old or row.new or 0 for row in self._rows] + [row.new or 0 for row in self._rows]
        self._number_width = len(str(max(numbers, default=0)))
        self.hunk_rows = [index for index, row in enumerate(self._rows) if row.kind is RowKind.HUNK]
        self.parts = [Part(index, row.path, row.hunk) for index, row in enumerate(rows) if _is_part(row)]
        self.reset_blocks()
        self.scroll_to(y=0, animate=False, force=True)

    def go_to_hunk(self, step: int) -> None:
        """Put the next (1) or previous (-1) hunk at the top."""
        here = self.scroll_offset.y
        places = [self.tops[row] for row in self.hunk_rows]
        beyond = [place for place in places if place > here] if step > 0 else [p for p in places if p < here]
        if beyond:
            self.scroll_to(y=beyond[0 if step > 0 else -1], animate=False, force=True)

    def mark(self, index: int, text: str, style: str) -> None:
        """Put a word before a part: safe to show, and the name of a style of the palette."""
        row = self.parts[index].row
        self._marks[row] = (text, style)
        self.update_blocks({row})

    def reveal(self, index: int) -> None:
        """Put a part at the top."""
        self.scroll_to(y=self.tops[self.parts[index].row], animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Tell which part was clicked."""
        block = self.block_at(self.scroll_offset.y + event.y)
        before = [index for index, part in enumerate(self.parts) if block is not None and part.row <= block]
        if before:
            self.post_message(self.Clicked(before[-1]))

    def block_count(self) -> int:
        return len(self._rows)

    def estimated_height(self, index: int, width: int) -> int:
        row = self._rows[index]
        cells = len(row.text) if row.text.isascii() else cell_len(row.text)
        room = self._room(width) if row.kind in _SIGNS else max(width - 2, NARROWEST)
        return max(-(-cells // room), 1)

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        row, colours = self._rows[index], palette(self.app.current_theme.dark)
        match row.kind:
            case RowKind.CONTEXT | RowKind.ADDED | RowKind.REMOVED:
                return self._line(row, width, colours)
            case RowKind.FILE:
                return [*_file_row(row, width, colours), *self._mark(index, "", colours)]
            case RowKind.HUNK:
                return self._mark(index, row.text, colours) or [Strip([Segment(f" {row.text}", colours.secondary)])]
            case RowKind.TITLE:
                return wrap_text(f" {row.text}", max(width, NARROWEST), colours.accent)
            case RowKind.REMARK:
                rows = wrap_text(row.text, max(width - 2, NARROWEST), colours.warning)
                return [Strip([Segment(" "), *strip]) for strip in rows]
            case RowKind.BLANK:
                return [Strip([])]

    def _mark(self, index: int, text: str, colours: Palette) -> list[Strip]:
        if index not in self._marks:
            return []
        word, style = self._marks[index]
        return [Strip([Segment(word, getattr(colours, style)), Segment(f" {text}", colours.secondary)])]

    def _room(self, width: int) -> int:
        return max(width - 2 * self._number_width - 5, NARROWEST)

    def _line(self, row: Row, width: int, colours: Palette) -> list[Strip]:
        sign_style, line_style = _line_styles(row.kind, colours)
        numbers = f" {_number(row.old, self._number_width)} {_number(row.new, self._number_width)} "
        segments = highlight(row.text, lexer_for_path(row.path), colours)
        folded = wrap_segments(segments, self._room(width), Segment(""))
        blank = Segment(" " * (len(numbers) + 2), colours.secondary)
        first = [Segment(numbers, colours.secondary), Segment(f"{_SIGNS[row.kind]} ", sign_style)]
        strips = []
        for number, strip in enumerate(folded):
            line = Strip([*(first if number == 0 else [blank]), *strip]).extend_cell_length(width)
            strips.append(Strip([_on(segment, line_style) for segment in line]))
        return strips


def rows_of(diff: FileDiff) -> Iterator[Row]:
    """Lay one file's difference out in rows."""
    notes = " · ".join(file_notes(diff))
    yield Row(
        RowKind.FILE,
        show(diff.path),
        path=diff.path if not diff.hunks else "",
        notes=f"{counts((diff,))}{'   ' + notes if notes else ''}",
    )
    shows_returns = not _is_all_crlf(diff)
    for number, hunk in enumerate(diff.hunks, 1):
        yield Row(RowKind.HUNK, show(hunk.header), path=diff.path, hunk=number)
        yield from _hunk_rows(hunk, diff.path, shows_returns)
    yield Row(RowKind.BLANK)


def _hunk_rows(hunk: Hunk, path: str, shows_returns: bool) -> Iterator[Row]:
    old, new = hunk.old_start, hunk.new_start
    for line in hunk.lines:
        text = line.text.removesuffix("\n")
        shown = show(text if shows_returns else text.removesuffix("\r"))
        is_old, is_new = line.kind is not LineKind.ADDED, line.kind is not LineKind.REMOVED
        yield Row(_LINE_ROWS[line.kind], shown, old if is_old else None, new if is_new else None, path)
        if not line.text.endswith("\n"):
            yield Row(RowKind.REMARK, "╰ no line end after this line")
        old, new = old + is_old, new + is_new


def _is_part(row: Row) -> bool:
    return row.kind is RowKind.HUNK or (row.kind is RowKind.FILE and row.path != "")


def _is_all_crlf(diff: FileDiff) -> bool:
    ended = [line.text for hunk in diff.hunks for line in hunk.lines if line.text.endswith("\n")]
    return bool(ended) and all(text.endswith("\r\n") for text in ended)


def _file_row(row: Row, width: int, colours: Palette) -> list[Strip]:
    folded = wrap_segments([Segment(row.text, colours.strong)], max(width - 2, NARROWEST), Segment(" "))
    notes = wrap_segments([Segment(row.notes, colours.secondary)], max(width - 2, NARROWEST), Segment(" "))
    if len(folded) == 1 and len(notes) == 1 and folded[0].cell_length + len(row.notes) + 4 <= width:
        gap = Segment(" " * (width - folded[0].cell_length - cell_len(row.notes) - 1))
        return [Strip([*folded[0], gap, Segment(row.notes, colours.secondary)])]
    return [*folded, *notes]


def _line_styles(kind: RowKind, colours: Palette) -> tuple[Style, Style]:
    """The style of the sign and of the whole line."""
    if kind is RowKind.ADDED:
        return colours.added, colours.added_line
    if kind is RowKind.REMOVED:
        return colours.removed, colours.removed_line
    return colours.secondary, Style.null()


def _on(segment: Segment, line_style: Style) -> Segment:
    return Segment(segment.text, (segment.style or Style.null()) + line_style)


def _number(number: int | None, width: int) -> str:
    return f"{'' if number is None else number:>{width}}"
