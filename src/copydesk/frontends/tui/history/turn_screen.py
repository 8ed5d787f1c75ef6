"""Owns the choice of the turn before which the conversation is cut. It does nothing with it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.domain.rewinds import TurnRow
from copydesk.frontends.present import plural, shorten_end
from copydesk.frontends.tui.history.step_list import clock_time
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import Piece, RuleLine, SaidLine, frame
from copydesk.frontends.tui.theme import Palette


class TurnList(ChoiceList):
    """Turns of the conversation, with the first words of their prompts."""

    def __init__(self, turns: Sequence[TurnRow]) -> None:
        super().__init__()
        self._turns = turns

    def block_count(self) -> int:
        return len(self._turns)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        turn = self._turns[index]
        right: list[Piece] = [(f"  {plural(turn.edits, 'edit') if turn.edits else '':<9} ", "secondary")]
        left: list[Piece] = [
            (" ▌ " if is_chosen else "   ", "accent"),
            (f"{clock_time(turn.at)}  turn {turn.turn:<4} ", "secondary"),
        ]
        room = width - sum(len(text) for text, _ in [*left, *right])
        left.append((shorten_end(show(turn.words), max(room, 8)), "strong" if is_chosen else "text"))
        return frame(left, right, width, colours)


class TurnScreen(Screen[int | None]):
    """Asks before which turn the conversation is cut."""

    DEFAULT_CSS = """
    TurnScreen { background: $background; }
    TurnScreen TurnList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "cut before this turn…", id="turn.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="turn.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "TurnList"

    def __init__(self, turns: Sequence[TurnRow], turn: int | None) -> None:
        super().__init__()
        self._turns = turns
        self._first = next((index for index, row in enumerate(turns) if row.turn == turn), len(turns) - 1)

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield TurnList(self._turns)
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        title = self.query_one("#title", SaidLine)
        title.say((" conversation", "accent"), ("  nothing is cut until you confirm", "secondary"))
        self.query_one(TurnList).show_lines(self._first)

    def action_choose(self) -> None:
        """Take the chosen turn."""
        self.dismiss(self._turns[self.query_one(TurnList).chosen].turn)

    def action_back(self) -> None:
        """Take none."""
        self.dismiss(None)
