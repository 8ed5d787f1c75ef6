"""Owns the list of steps: one line each, one of them chosen; only the lines on screen are drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.checkpoints import HistoryRow
from copydesk.domain.display import show
from copydesk.frontends.present import MINUS
from copydesk.frontends.tui.line_view import LineView
from copydesk.frontends.tui.status import Piece, frame
from copydesk.frontends.tui.theme import palette

WIDTH_WITH_MODEL = 110
"""Cells from which there is room for the model's name."""
_MARKS = {"applied": "●", "undone": "○"}


class StepList(LineView):
    """Steps, newest first, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
        Binding("pagedown", "move(10)", "ten down", show=False, id="list.page_down"),
        Binding("pageup", "move(-10)", "ten up", show=False, id="list.page_up"),
    ]

    class Highlighted(Message):
        """The cursor stands on this step."""

        def __init__(self, row: HistoryRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[HistoryRow] = ()
        self._cursor = 0

    def show_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Show these steps, the cursor on the newest."""
        self._rows = rows
        self._cursor = 0
        self.reset_blocks()
        self._tell()

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._go_to(self._cursor + step)

    def on_click(self, event: events.Click) -> None:
        self._go_to(self.scroll_offset.y + event.y)

    def block_count(self) -> int:
        return len(self._rows)

    def estimated_height(self, index: int, width: int) -> int:
        return 1

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        row, colours = self._rows[index], palette(self.app.current_theme.dark)
        is_chosen = index == self._cursor
        turn = f"turn {row.turn}" if row.turn else "you"
        changes = f"+{row.added} {MINUS}{row.removed}"
        model: list[Piece] = [(f"{show(row.model)} ", "secondary")] if width >= WIDTH_WITH_MODEL else []
        state = "" if row.state == "applied" else show(row.state)
        return [
            frame(
                [
                    (" ▌" if is_chosen else "  ", "accent"),
                    (f"{_MARKS.get(row.state, '·')} ", "accent" if row.state == "applied" else "secondary"),
                    (f"{clock_time(row.at)}  ", "secondary"),
                    (f"{show(turn):<8} {show(row.operation):<9} ", "secondary"),
                    (show(", ".join(row.paths)), "strong" if is_chosen else "text"),
                ],
                [(f"  {changes:>9}  ", "text"), (f"{state:<11} ", "secondary"), *model],
                width,
                colours,
            )
        ]

    def _go_to(self, index: int) -> None:
        index = max(min(index, len(self._rows) - 1), 0)
        if not self._rows or index == self._cursor:
            return
        previous, self._cursor = self._cursor, index
        self.update_blocks({previous, index})
        top = self.scroll_offset.y
        if not top <= index < top + self.size.height:
            self.scroll_to(y=index if index < top else index - self.size.height + 1, animate=False, force=True)
        self._tell()

    def _tell(self) -> None:
        if self._rows:
            self.post_message(self.Highlighted(self._rows[self._cursor]))


def clock_time(at: float) -> str:
    """Local day and time of a moment given in seconds since the epoch."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%d %b %H:%M")
