"""Owns the choice of the turn before which the conversation is cut. It does nothing with it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.display import show
from copydesk.domain.rewinds import TurnRow
from copydesk.frontends.present import plural
from copydesk.frontends.tui.history.step_list import clock_time
from copydesk.frontends.tui.lines.choice_screen import ChoiceScreen
from copydesk.frontends.tui.lines.row_list import Row


class TurnScreen(ChoiceScreen):
    """Asks before which turn the conversation is cut."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "cut before this turn…", id="turn.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="turn.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]

    def __init__(self, turns: Sequence[TurnRow], near: int | None) -> None:
        """`near` is the turn that is offered first, the last one where there is no such turn."""
        title = [(" conversation", "accent"), ("  nothing is cut until you confirm", "secondary")]
        first = next((index for index, turn in enumerate(turns) if turn.turn == near), len(turns) - 1)
        super().__init__(title, [_row(turn) for turn in turns], first)


def _row(turn: TurnRow) -> Row:
    edits = plural(turn.edits, "edit") if turn.edits else ""
    return Row(show(turn.words), f"{clock_time(turn.at)}  turn {turn.turn:<4} ", ((f"  {edits:<9} ", "secondary"),))
