"""Owns the search among earlier prompts: each key narrows the list, Enter takes one into the prompt."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from copydesk.frontends.present import one_line, plural, shorten_end
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, frame
from copydesk.frontends.tui.prompt.composer import WritingArea
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.theme import Palette


class PromptList(ChoiceList):
    """Prompts, a line each."""

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self.prompts: Sequence[str] = ()

    def block_count(self) -> int:
        return len(self.prompts)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        words = one_line(self.prompts[index])
        lines = self.prompts[index].count("\n") + 1
        extent = f"  {lines:,} lines " if lines > 1 else ""
        pieces = [
            (" ▌ " if is_chosen else "   ", "accent"),
            (shorten_end(words, max(width - len(extent) - 4, 8)), "strong" if is_chosen else "text"),
        ]
        return frame(pieces, [(extent, "secondary")], width, colours)


class SearchField(WritingArea):
    """One line of what is looked for; the keys that move in the list belong to the screen."""

    DEFAULT_CSS = """
    SearchField { max-height: 1; }
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """It has one line."""
        return action not in ("newline", "cursor_up", "cursor_down", "cursor_page_up", "cursor_page_down")


class PromptSearchScreen(Sturdy, Screen[str | None]):
    """Gives the prompt that was chosen; None where there was none."""

    DEFAULT_CSS = """
    PromptSearchScreen {
        background: $background;
        PromptList { height: 1fr; }
        Horizontal { height: auto; }
        #sought { width: 3; color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "write it in the prompt", id="search.take", key_display="enter", priority=True),
        Binding("up", "move(-1)", "older", id="search.up", priority=True),
        Binding("down", "move(1)", "newer", show=False, id="search.down", priority=True),
        Binding("pageup", "move(-10)", "ten older", show=False, id="search.page_up", priority=True),
        Binding("pagedown", "move(10)", "ten newer", show=False, id="search.page_down", priority=True),
        Binding("ctrl+s,alt+r", "move(-1)", "older", show=False, id="search.again", priority=True),
        Binding("escape,ctrl+c", "leave", "back", id="search.back", key_display="esc", priority=True),
    ]
    AUTO_FOCUS = "SearchField"

    def __init__(self, prompts: Sequence[str]) -> None:
        """`prompts` come oldest first."""
        super().__init__()
        self._prompts = list(dict.fromkeys(reversed(prompts)))[::-1]
        self._lowered = [prompt.lower() for prompt in self._prompts]

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield PromptList()
        yield RuleLine()
        with Horizontal():
            yield Static(" / ", id="sought", markup=False)
            yield SearchField("words of an earlier prompt")
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        self.call_after_refresh(self._narrow)

    def on_text_area_changed(self) -> None:
        """Look again for what is written now."""
        self._narrow()

    def on_resize(self, event: events.Resize) -> None:
        """The newest, which is the nearest to the field, stays in sight."""
        self.call_after_refresh(self._narrow)

    def action_move(self, step: int) -> None:
        """Choose another prompt."""
        self.query_one(PromptList).action_move(step)

    def action_take(self) -> None:
        """Give the chosen prompt."""
        self._narrow()
        listed = self.query_one(PromptList)
        self.dismiss(listed.prompts[listed.chosen] if listed.prompts else None)

    def action_leave(self) -> None:
        """Give none."""
        self.dismiss(None)

    def _narrow(self) -> None:
        if self not in self.app.screen_stack:
            return  # it was left before it was drawn
        words = self.query_one(SearchField).text.lower().split()
        listed = self.query_one(PromptList)
        found = [p for p, low in zip(self._prompts, self._lowered, strict=True) if all(word in low for word in words)]
        if found != listed.prompts:
            listed.prompts = found
            listed.show_lines(len(found) - 1)
            listed.scroll_to(y=len(found), animate=False, force=True)
        said = f"  {plural(len(found), 'prompt')}" + (f" of {len(self._prompts):,}" if words else "")
        self.query_one("#title", SaidLine).say((" earlier prompts", "accent"), (said, "secondary"))
