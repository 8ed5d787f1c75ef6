"""Owns the field in which a person rewrites a hunk: its new lines as text, context included. It decides nothing."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.display import hidden_characters, show
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, SaidSentence
from copydesk.frontends.tui.prompt.composer import WritingArea
from copydesk.frontends.tui.terminal.mishaps import Sturdy


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be rewritten."""

    path: str
    place: str
    """Such as `lines 38–44`."""
    text: str
    """LF between lines."""


def is_writable_here(text: str) -> bool:
    """False where the text holds characters that a person would not see in the field, and so not keep."""
    return hidden_characters(text) == 0


class EditArea(WritingArea):
    """The text; every key of it writes."""

    DEFAULT_CSS = """
    EditArea { height: 1fr; padding: 0 1; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tab_behavior = "indent"
        self.indent_type = "tabs" if "\n\t" in f"\n{text}" else "spaces"
        self.load_text(text)


class HunkEditor(Sturdy, Screen[str | None]):
    """Gives the text as the person wants it, or None."""

    DEFAULT_CSS = """
    HunkEditor { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "take this text", id="edit.take", key_display="^s", priority=True),
        Binding("escape", "leave", "leave the hunk as it was", id="edit.leave", key_display="esc", priority=True),
    ]
    AUTO_FOCUS = "EditArea"

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._is_leaving = False

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield EditArea(self._draft.text)
        yield RuleLine()
        yield SaidSentence(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        title, said = self.query_one("#title", SaidLine), self.query_one("#said", SaidSentence)
        place = (f"  {self._draft.place}", "secondary")
        title.say((" edit", "accent"), (f"  {show(self._draft.path)}", "strong"), place)
        said.say((" This text lands in place of what was proposed; nothing is written yet.", "secondary"))

    def action_take(self) -> None:
        """Take the text as it is."""
        self.dismiss(self.query_one(EditArea).text)

    def action_leave(self) -> None:
        """Leave; what was written is dropped only by a second key."""
        if self._is_leaving or self.query_one(EditArea).text == self._draft.text:
            self.dismiss(None)
            return
        self._is_leaving = True
        self.query_one("#said", SaidSentence).say((" esc again drops what you wrote, ^s takes it.", "warning"))

    def on_text_area_changed(self) -> None:
        """Writing on takes the first of two keys back."""
        self._is_leaving = False
