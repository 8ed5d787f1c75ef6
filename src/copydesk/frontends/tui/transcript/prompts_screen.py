"""Owns the list of what the person asked in this session, to go to one of it. It moves nothing itself."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip

from copydesk.domain.transcript import Prompt
from copydesk.frontends.present import one_line, shorten_end
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import Piece, RuleLine, SaidLine, frame
from copydesk.frontends.tui.theme import Palette


class AskedList(ChoiceList):
    """Prompts with the first words of each."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        super().__init__()
        self._prompts = prompts

    def block_count(self) -> int:
        return len(self._prompts)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        prompt = self._prompts[index]
        left: list[Piece] = [
            (" ▌ " if is_chosen else "   ", "accent"),
            (f"turn {prompt.turn or index + 1:<5} ", "secondary"),
        ]
        room = width - sum(len(text) for text, _ in left) - 1
        words = shorten_end(one_line(prompt.text), max(room, 8))
        return frame([*left, (words, "strong" if is_chosen else "text")], [], width, colours)


class PromptsScreen(Screen[int | None]):
    """Asks which prompt to show; answers with its number from 0."""

    DEFAULT_CSS = """
    PromptsScreen { background: $background; }
    PromptsScreen AskedList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "show this turn", id="prompts.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="prompts.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "AskedList"

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        super().__init__()
        self._prompts = prompts

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield AskedList(self._prompts)
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        self.query_one("#title", SaidLine).say((" turns", "accent"), ("  of this session", "secondary"))
        prompts = self.query_one(AskedList)
        prompts.show_lines()
        self.call_after_refresh(prompts.choose, len(self._prompts) - 1)

    def action_choose(self) -> None:
        """Take the chosen prompt."""
        self.dismiss(self.query_one(AskedList).chosen)

    def action_back(self) -> None:
        """Take none."""
        self.dismiss(None)
