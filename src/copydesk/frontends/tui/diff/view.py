"""Owns the cursor in differences: where it stands, what it selects, and the keys and clicks that move it.

What it stands on is always in sight: it follows when the view is scrolled.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from copydesk.frontends.tui.diff import cursor
from copydesk.frontends.tui.diff.cells import cells, shown_text
from copydesk.frontends.tui.diff.drawing import first_change
from copydesk.frontends.tui.diff.rows import Part, Row
from copydesk.frontends.tui.diff.sheet import DiffSheet
from copydesk.frontends.tui.diff.shown_files import Comment as Comment
from copydesk.frontends.tui.diff.shown_files import Layout as Layout
from copydesk.frontends.tui.diff.shown_files import ShownFile as ShownFile
from copydesk.frontends.tui.diff.shown_files import Spot as Spot
from copydesk.frontends.tui.diff.table import FileRows

SHIFT_STEP = 8
"""Cells that a key scrolls sideways."""
LINES_AROUND = 2
"""Lines that stay in sight above and below the cursor."""
MOST_LEADING = 3
"""Rows before a hunk that are shown with it when it is gone to: its file, what is not shown before it."""


class DiffView(DiffSheet):
    """Differences, with a cursor on one of their rows."""

    DEFAULT_CSS = """
    DiffView { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "line(1)", "next line", show=False, id="diff.down"),
        Binding("up", "line(-1)", "previous line", show=False, id="diff.up"),
        Binding("shift+down", "select(1)", "select lines", show=False, id="diff.select_down"),
        Binding("shift+up", "select(-1)", "select lines upwards", show=False, id="diff.select_up"),
        Binding("V", "hold_selection", "begin or end a selection", show=False, id="diff.select"),
        Binding("pagedown", "page(1)", "next page", show=False, id="diff.page_down"),
        Binding("pageup", "page(-1)", "previous page", show=False, id="diff.page_up"),
        Binding("home", "edge(-1)", "first line", show=False, id="diff.home"),
        Binding("end", "edge(1)", "last line", show=False, id="diff.end"),
        Binding("right", "sideways(1)", "scroll right", show=False, id="diff.right"),
        Binding("left", "sideways(-1)", "scroll left", show=False, id="diff.left"),
        Binding("z", "expand(False)", "show more unchanged lines", show=False, id="diff.expand"),
        Binding("Z", "expand(True)", "show all unchanged lines", show=False, id="diff.expand_all"),
        Binding("l", "numbers", "line numbers, or none", show=False, id="diff.numbers"),
        Binding("shift+right", "to_change", "to what differs in the line", show=False, id="diff.to_change"),
    ]

    def __init__(self, has_cursor: bool = True) -> None:
        """Without a cursor, keys scroll."""
        super().__init__()
        self._has_cursor = has_cursor
        self._here: int | None = None
        self._anchor: int | None = None
        self._holds = False
        self._is_moving = False
        self._has_moved = False
        """Whether the cursor was moved since something else is shown; before, the beginning is in sight."""
        self._told: Spot | None = None

    class Moved(Message):
        """The cursor is somewhere else."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    class Clicked(Message):
        """A row was clicked; the cursor is there now."""

        def __init__(self, file: int, hunk: int) -> None:
            super().__init__()
            self.file, self.hunk = file, hunk

    def show_files(self, files: Sequence[ShownFile], keeps_place: bool = False) -> None:
        """Show these files; from the top, or with the cursor on the same line of the same file as before.

        Marks and comments are those of the files that were shown before, so they go.
        """
        row, offset, here = self._row, self._offset, self._place
        file = self._file_of(row) if row is not None else None
        paths = [shown.diff.path for shown in files]
        self._here, self._has_moved = None, keeps_place and self._has_moved
        self._show([FileRows(number, shown) for number, shown in enumerate(files)])
        if keeps_place and here and file and file.shown.diff.path in paths:
            self._restore(replace(here, file=paths.index(file.shown.diff.path), row_in_hunk=None), offset)
        self._tell()

    @property
    def spot(self) -> Spot:
        """Where the cursor is; without one, what is at the top."""
        row = self._row
        return row.spot if row is not None else Spot(0, 0)

    @property
    def selected_rows(self) -> tuple[int, int] | None:
        """Lines of the hunk that are being selected, as indices: the first, and the one after the last."""
        if self._anchor is None or self._here is None:
            return None
        return cursor.selected(self._table, self._anchor, self._here)

    def clear_selection(self) -> None:
        """Select no lines any more."""
        self._anchor, self._holds = None, False
        self.refresh()

    def go_to_hunk(self, step: int) -> None:
        """Go to the next (1) or previous (-1) hunk, or file that shows none."""
        self._go(cursor.next_of(self._table.stops, self._standing, step))

    def go_to_file(self, step: int) -> None:
        """Go to the first hunk of the next (1) or previous (-1) file."""
        row = self._row
        self._go(self._table.first_stop(row.file + step) if row is not None else None)

    def go_to(self, file: int, hunk: int = 0) -> None:
        """Go to a hunk of a file, or to the file; a folded file is unfolded for a hunk."""
        if hunk and file < len(self._files) and self._files[file].is_folded:
            self._files[file].is_folded = False
            self.reset_blocks()
        self._go(self._table.headers.get((file, hunk)))

    def move_line(self, step: int) -> None:
        """Move the cursor by rows; over one that is higher than the view, scroll first."""
        if self._here is None:
            self.scroll_relative(y=step, animate=False)
            return
        top, height = self.scroll_offset.y, self.size.height
        beyond = self.tops[self._here + 1] - top - height if step > 0 else top - self.tops[self._here]
        if beyond > 0:
            self._scroll(top + (min(step, beyond) if step > 0 else max(step, -beyond)))
        else:
            self._stand(cursor.stepped(self._table, self._here, step))

    def search_step(self, step: int) -> None:
        """Go to the next (1) or previous (-1) row with a match; after the last comes the first."""
        matches = self._matches()
        found = cursor.next_of(matches, self._standing, step)
        if matches:
            self._stand(matches[0 if step > 0 else -1] if found is None else found)

    def expand_context(self, whole: bool = False) -> None:
        """Show more of the unchanged lines around the cursor, or all of them in its file."""
        row = self._row
        file = self._file_of(row) if row is not None else None
        if row is None or file is None or not file.can_uncover:
            return
        for gap in range(len(file.gaps)) if whole else file.gaps_around(row):
            file.uncover(gap, whole)
        self.reset_blocks()

    def toggle_fold(self) -> None:
        """Fold the file under the cursor, or unfold it."""
        row = self._row
        file = self._file_of(row) if row is not None else None
        if file is not None:
            file.is_folded = not file.is_folded
            self.reset_blocks()

    def action_line(self, step: int) -> None:
        """Move by a line; a selection that is not held ends."""
        if self._anchor is not None and self._holds:
            self.action_select(step)
        else:
            self._anchor = None
            self.move_line(step)

    def action_select(self, step: int) -> None:
        """Select the lines from where this began, all of one hunk."""
        if self._here is None:
            return
        self._anchor = self._here if self._anchor is None else self._anchor
        aim = cursor.stepped(self._table, self._here, step)
        self._stand(cursor.clamped(self._table, self._anchor, aim), is_selecting=True)

    def action_hold_selection(self) -> None:
        """Begin to select with the keys that move, or select nothing any more."""
        if self._anchor is not None:
            self.clear_selection()
        elif self._here is not None:
            self._anchor, self._holds = self._here, True
        self._tell(always=True)

    def action_expand(self, whole: bool) -> None:
        """Show more of the unchanged lines, or all of them in the file."""
        self.expand_context(whole)

    def action_page(self, step: int) -> None:
        """Go on by a page; the cursor stays where it is on screen."""
        top, offset = self.scroll_offset.y, self._offset
        self._scroll(top + step * self.size.height)
        if self._here is None:
            return
        if self.scroll_offset.y == top:
            self.action_edge(step)
        else:
            block = self.block_at(self.scroll_offset.y + offset)
            self._stand(cursor.stand_near(self._table, self._here if block is None else block))

    def action_edge(self, step: int) -> None:
        """Go to the first or the last row."""
        self._scroll(self.max_top if step > 0 else 0)
        if self._here is not None:
            self._stand(cursor.stand_near(self._table, len(self._table) - 1 if step > 0 else 0, -step))

    def action_sideways(self, step: int) -> None:
        """Scroll lines that do not wrap sideways, as far as the longest in sight goes."""
        longest = max((_length(self._table.row(row)) for row in self._rows_in_sight), default=0)
        most = max(longest - self._canvas.columns()[0].width, 0)
        self._shift_to(
            min(self._canvas.shift + step * SHIFT_STEP, most) if step > 0 else self._canvas.shift - SHIFT_STEP
        )

    def action_numbers(self) -> None:
        """Show line numbers, or hide them."""
        self.set_numbers(not self._has_numbers)

    def action_to_change(self) -> None:
        """Bring the first thing that differs in the line into sight."""
        row = self._row
        file = self._file_of(row) if row is not None else None
        start = first_change(row, file) if row is not None and file is not None else None
        room = self._canvas.columns()[0].width
        if start is None or self._here is None:
            return
        if self._canvas.wraps:
            self._scroll(self.tops[self._here] + start // room - LINES_AROUND)
        else:
            self._shift_to(start - room // 4)

    def on_click(self, event: events.Click) -> None:
        """Stand on what was clicked; a click on unchanged lines that are not shown shows some."""
        block = self.block_at(self.scroll_offset.y + event.y)
        if block is None or not cursor.can_stand(self._table, block):
            return
        row = self._table.row(block)
        self._anchor = None
        if self._has_cursor:
            self._stand(block)
        if row.part is Part.GAP:
            self.expand_context()
        elif row.part is Part.FILE and event.x < len(" ▾ "):
            self.toggle_fold()
        self.post_message(self.Clicked(row.file, row.hunk))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._here is None or self._is_moving or self._settling:
            return
        rows = self._rows_in_sight
        if rows and self._here not in rows:
            self._anchor = None
            self._here = cursor.stand_near(self._table, rows[0] if self._here < rows[0] else rows[-1])
            self._tell()

    def line_strip(self, line: int) -> Strip | None:
        strip = super().line_strip(line)
        block = self.block_at(line)
        if strip is None or block is None or self._here is None:
            return strip
        first, last = sorted((self._here, self._here if self._anchor is None else self._anchor))
        if not first <= block <= last:
            return strip
        sign = Segment("▌" if block == self._here else "┃", self._canvas.palette.accent)
        return Strip([sign, *strip.crop(1)])

    def reset_blocks(self) -> None:
        self._canvas = replace(self._canvas, expand_key=self._expand_key)
        place, offset = self._place, self._offset
        self._anchor = None
        super().reset_blocks()
        if place is not None:
            self._restore(place, offset)
        elif self._has_cursor and len(self._table):
            stops = self._table.stops
            self._here = stops[0] if stops else cursor.stand_near(self._table, 0)

    @property
    def _expand_key(self) -> str:
        """The key that shows more unchanged lines, as people know it."""
        bound = (binding for _, binding in self._bindings if binding.id == "diff.expand")
        return next((self.app.get_key_display(binding) for binding in bound), "")

    @property
    def _row(self) -> Row | None:
        return self._table.row(self._standing) if 0 <= self._standing < len(self._table) else None

    @property
    def _standing(self) -> int:
        """The row of the cursor; without one, the row at the top."""
        return (self.block_at(self.scroll_offset.y) or 0) if self._here is None else self._here

    @property
    def _place(self) -> Spot | None:
        """The row of the cursor by its numbers, which stay when rows come and go."""
        if self._here is None or not self._here < len(self._table):
            return None
        row = self._table.row(self._here)
        if row.gap is not None:
            return Spot(row.file, 0, row.gap.new_from + 1)
        return row.spot

    @property
    def _offset(self) -> int:
        """How many lines below the top the cursor stands."""
        return self.tops[self._here] - self.scroll_offset.y if self._here is not None else 0

    @property
    def _rows_in_sight(self) -> range:
        top = self.scroll_offset.y
        first, last = self.block_at(top), self.block_at(top + max(self.size.height, 1) - 1)
        return range(first or 0, len(self._table) if last is None else last + 1)

    def _restore(self, place: Spot, offset: int) -> None:
        self._here = self._table.find(place)
        if self._here is not None and self._has_moved:
            self._scroll(self.tops[self._here] - offset)
            self._stand(self._here)

    def _go(self, row: int | None) -> None:
        """Put the cursor on a row, and the row at the top."""
        if row is None:
            return
        lead = next((way for way in range(MOST_LEADING + 1) if not self._leads(row - way - 1, row)), 0)
        if self._has_cursor:
            self._here, self._anchor = row, None
        self._scroll(self.tops[row - lead])
        self._stand(row)

    def _leads(self, before: int, row: int) -> bool:
        """Whether a row is shown with the hunk that comes after it."""
        if before < 0 or not self._has_cursor or self._table.lead(row).part is not Part.HUNK:
            return False
        return self._table.lead(before).part in (Part.FILE, Part.REMARK, Part.GAP)

    def _stand(self, row: int | None, is_selecting: bool = False) -> None:
        """Put the cursor on a row, and scroll as little as shows it with what is around."""
        if row is None or not self._has_cursor:
            return
        self._here, self._has_moved = row, True
        if not (is_selecting or self._holds):
            self._anchor = None
        for _ in range(LINES_AROUND):
            top, aim = self.scroll_offset.y, self._aim(row)
            if max(min(aim, self.max_top), 0) == top:
                break
            self._scroll(aim)
        self._tell()
        self.refresh()

    def _aim(self, row: int) -> int:
        """The top line that shows a row with what is around; of one higher than the view, some of it."""
        top, height = self.scroll_offset.y, self.size.height
        first, end = self.tops[row], self.tops[row + 1]
        around = LINES_AROUND if end - first <= height - 2 * LINES_AROUND else 0
        if end - first > height:
            return first if first >= top + height else end - height if end <= top else top
        if first - around < top:
            return first - around
        return max(end + around - height, top)

    def _scroll(self, line: int) -> None:
        self._is_moving = True
        self.scroll_to(y=max(min(line, self.max_top), 0), animate=False, force=True)
        self._is_moving = False

    def _shift_to(self, shift: int) -> None:
        if not self._canvas.wraps:
            self._canvas = replace(self._canvas, shift=max(shift, 0))
            self._redraw(list(self._strips))

    def _tell(self, always: bool = False) -> None:
        spot = self.spot
        if spot != self._told or always:
            self._told = spot
            self.post_message(self.Moved(spot))


def _length(row: Row) -> int:
    """Cells of the longer one of a row's lines."""
    return max((cells(shown_text(line.text, True)) for line in (row.old, row.new) if line is not None), default=0)
