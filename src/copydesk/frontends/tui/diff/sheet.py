"""Owns differences on screen, of any size in one widget: how they are laid out, folded, marked, commented and searched.

A row is drawn when it is first shown and not before; while pages fly by, without the colours of code. What a reader
could not see is shown as a token or said. It knows nothing of a cursor or of keys.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from textual.strip import Strip
from textual.timer import Timer

from copydesk.domain.diffs import FileDiff
from copydesk.frontends.tui.diff.cells import found_spans, shown_text
from copydesk.frontends.tui.diff.drawing import Canvas, draw
from copydesk.frontends.tui.diff.rows import Part, Row, Section, Single
from copydesk.frontends.tui.diff.shown_files import Comment, Layout, ShownFile, Spot
from copydesk.frontends.tui.diff.table import FileRows, RowTable, number_width
from copydesk.frontends.tui.lines.line_view import LineView
from copydesk.frontends.tui.theme import palette

SIDE_BY_SIDE_WIDTH = 120
"""Cells of the view from which on old and new stand beside each other."""

REST_SECONDS = 0.06
"""Between two pages, at least, so that both are coloured; a key that is held turns them faster."""

Entry = Section | FileRows


class DiffSheet(LineView):
    """Differences in rows."""

    margin = 1
    """The cell of the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._files: list[FileRows] = []
        self._table = RowTable([])
        self._layout = Layout.AUTO
        self._has_numbers = True
        self._canvas = Canvas(palette(True), 0, 1, is_side=False, wraps=True)
        self._comment_on: tuple[Comment, ...] = ()
        self._comments: dict[int, list[Comment]] = {}
        """By the row under which they stand."""
        self._resting: Timer | None = None
        """Runs since a page was turned."""

    def show_diffs(self, diffs: Sequence[FileDiff], remarks: Iterable[str] = ()) -> None:
        """Show these differences from the top, after what is to be said of them."""
        said = [Single(Row(Part.REMARK, text=remark)) for remark in remarks]
        self._show([*said, *(FileRows(number, ShownFile(diff)) for number, diff in enumerate(diffs))])

    def show_sections(self, sections: Iterable[tuple[str, Sequence[FileDiff], Sequence[str]]]) -> None:
        """Show differences under titles from the top, each with what is to be said of it."""
        entries: list[Entry] = []
        for title, diffs, remarks in sections:
            entries.append(Single(Row(Part.TITLE, text=title)))
            entries += [Single(Row(Part.REMARK, text=remark)) for remark in remarks]
            number = sum(isinstance(entry, FileRows) for entry in entries)
            entries += [FileRows(number + place, ShownFile(diff)) for place, diff in enumerate(diffs)]
            entries += [] if diffs else [Single(Row(Part.BLANK))]
        self._show(entries)

    @property
    def layout_now(self) -> Layout:
        """The layout on screen, never AUTO."""
        if self._layout is not Layout.AUTO:
            return self._layout
        return Layout.SIDE if self._width >= SIDE_BY_SIDE_WIDTH else Layout.UNIFIED

    def set_layout(self, layout: Layout) -> None:
        """Lay the same files out in another way."""
        self._layout = layout
        self.reset_blocks()

    def set_wrapping(self, wraps: bool) -> None:
        """Wrap long lines, or show them from where the view is scrolled sideways."""
        self._canvas = replace(self._canvas, wraps=wraps, shift=0)
        self.reset_blocks()

    def set_numbers(self, shows_numbers: bool) -> None:
        """Show line numbers, or leave their room to the lines."""
        self._has_numbers = shows_numbers
        self.reset_blocks()

    def section_names(self, file: int) -> list[str]:
        """What the section of each hunk of a file is called, empty where that is unknown; looks at the whole file."""
        rows = self._files[file]
        return [rows.section(hunk) for hunk in range(1, len(rows.shown.diff.hunks) + 1)]

    def mark_hunk(self, file: int, hunk: int, text: str, style: str) -> None:
        """Put a mark before a hunk: text, and the name of a style of the palette; an empty text takes it away."""
        self._canvas.marks.pop((file, hunk), None)
        if text:
            self._canvas.marks[file, hunk] = text, style
        self._redraw([self._table.headers.get((file, hunk))])

    def mark_file(self, file: int, text: str, style: str) -> None:
        """Put a mark before a file: text, and the name of a style of the palette; an empty text takes it away."""
        self.mark_hunk(file, 0, text, style)

    def set_comments(self, comments: Sequence[Comment]) -> None:
        """Show these comments, each under its last line, and no others.

        One on a line that is not shown stands under what stands for it.
        """
        before = list(self._comments)
        self._comment_on = tuple(comments)
        self._place_comments()
        self._redraw([*before, *self._comments])

    def search(self, text: str) -> int:
        """Mark a text wherever it is shown, and say in how many rows; an empty text ends the search.

        Unchanged lines in which it is are shown, and folded files unfolded. Capital letters count where the text has
        some.
        """
        self._canvas = replace(self._canvas, needle=text)
        revealed = [rows for rows in self._files if text and rows.reveal(self._may_have_needle)]
        folded = [rows for rows in self._files if rows.is_folded and text and self._is_in(rows)]
        for rows in folded:
            rows.is_folded = False
        if folded or revealed:
            self.reset_blocks()
        else:
            self._redraw(list(self._strips))
        return len(self._matches())

    def block_count(self) -> int:
        return len(self._table)

    def estimated_height(self, index: int, width: int) -> int:
        return 1

    def estimated_heights(self, width: int) -> list[int]:
        room = self._canvas.columns()[0].width
        if not width or not self._canvas.wraps:
            return [1] * len(self._table)
        lengths = (len(text) for section in self._table.sections for text in section.texts())
        return [1 if length <= room else -(-length // room) for length in lengths]

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        row = self._table.row(index)
        return draw(row, self._canvas, self._file_of(row), self._comments.get(index, ()))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if not self._settling and abs(new_value - old_value) >= self.size.height // 2:
            self._turn_page()
        super().watch_scroll_y(old_value, new_value)

    def reset_blocks(self) -> None:
        self._canvas = replace(
            self._canvas,
            palette=palette(self.app.current_theme.dark),
            width=self._width,
            number_width=number_width(self._files) if self._has_numbers else 0,
            is_side=self.layout_now is Layout.SIDE,
        )
        self._table = RowTable(self._sections())
        self._place_comments()
        super().reset_blocks()

    def _show(self, entries: Sequence[Entry]) -> None:
        """Show something else from the top; marks and comments were about what was there before."""
        self._entries = list(entries)
        self._files = [entry for entry in entries if isinstance(entry, FileRows)]
        self._canvas = replace(self._canvas, marks={}, shift=0)
        self._comment_on = ()
        self.reset_blocks()
        self.scroll_to(y=0, animate=False, force=True)

    def _sections(self) -> Iterator[Section]:
        for entry in self._entries:
            if isinstance(entry, FileRows):
                yield from entry.sections(self.layout_now)
            else:
                yield entry

    def _file_of(self, row: Row) -> FileRows | None:
        return self._files[row.file] if row.file < len(self._files) else None

    def _turn_page(self) -> None:
        """Colour nothing where another page was turned just before, until none is for a moment."""
        if self._resting is None:
            self._resting = self.set_timer(REST_SECONDS, self._rest)
        else:
            self._canvas = replace(self._canvas, is_hurried=True)
            self._resting.reset()

    def _rest(self) -> None:
        self._resting = None
        if self._canvas.is_hurried:
            self._canvas = replace(self._canvas, is_hurried=False)
            self._redraw(list(self._strips))

    def _redraw(self, rows: Iterable[int | None]) -> None:
        """Draw rows anew; those that were never shown are drawn when they are."""
        shown = [row for row in rows if row is not None and row in self._strips]
        if shown:
            self.update_blocks(shown)

    def _place_comments(self) -> None:
        placed: dict[int, list[Comment]] = defaultdict(list)
        for comment in self._comment_on:
            row = self._table.find(Spot(comment.file, 0, comment.last or comment.line, comment.is_old))
            if row is not None:
                placed[row].append(comment)
        self._comments = dict(placed)

    def _matches(self) -> list[int]:
        """The rows where what is searched for is."""
        return self._table.found(self._has_needle) if self._canvas.needle else []

    def _has_needle(self, text: str) -> bool:
        return any(True for _ in found_spans(shown_text(text, False), self._canvas.needle))

    def _may_have_needle(self, text: str) -> bool:
        """Quickly, of a line as it is."""
        needle = self._canvas.needle
        return needle in (text if needle != needle.lower() else text.lower())

    def _is_in(self, rows: FileRows) -> bool:
        return rows.has_found or any(
            self._has_needle(line.text) for hunk in rows.shown.diff.hunks for line in hunk.lines
        )
