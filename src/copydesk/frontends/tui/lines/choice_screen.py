"""Owns the form of screens that ask for one of several lines and do nothing but answer with its number, from 0."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import Screen

from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.row_list import Row, RowList
from copydesk.frontends.tui.lines.status import Piece, RuleLine, SaidLine
from copydesk.frontends.tui.terminal.mishaps import Sturdy


class ChoiceScreen(Sturdy, Screen[int | None]):
    """Asks for one of its lines; what they are, and the words of its keys, are each screen's own."""

    DEFAULT_CSS = """
    ChoiceScreen { background: $background; }
    ChoiceScreen ChoiceList { height: 1fr; }
    """
    AUTO_FOCUS = "ChoiceList"

    def __init__(self, title: Sequence[Piece], rows: Sequence[Row], first: int = 0) -> None:
        """`first` is the line that is offered first."""
        super().__init__()
        self._title, self._rows, self._first = title, rows, first

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield RowList()
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        self.query_one("#title", SaidLine).say(*self._title)
        listed = self.query_one(RowList)
        listed.chosen = self._first
        listed.show_rows(self._rows)
        self.call_after_refresh(listed.reveal_chosen)

    def action_choose(self) -> None:
        """Take the chosen line."""
        self.dismiss(self.query_one(RowList).chosen)

    def action_back(self) -> None:
        """Take none."""
        self.dismiss(None)
