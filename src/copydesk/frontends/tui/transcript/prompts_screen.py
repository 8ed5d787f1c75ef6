"""Owns the list of what the person asked in this session, to go to one of it. It moves nothing itself."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.items import Prompt
from copydesk.frontends.present import one_line
from copydesk.frontends.tui.lines.choice_screen import ChoiceScreen
from copydesk.frontends.tui.lines.row_list import Row


class PromptsScreen(ChoiceScreen):
    """Asks which prompt to show; the newest is offered first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "show this turn", id="prompts.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="prompts.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        title = [(" turns", "accent"), ("  of this session", "secondary")]
        rows = [Row(one_line(asked.text), f"turn {asked.turn or n:<5} ") for n, asked in enumerate(prompts, 1)]
        super().__init__(title, rows, len(prompts) - 1)
