"""Owns the masked field for an API key; nothing of it is shown or kept."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from copydesk.frontends.tui.terminal.mishaps import Sturdy


class KeyField(Sturdy, Input):
    """A masked field for an API key; nothing of it is shown or kept."""

    DEFAULT_CSS = """
    KeyField { border: none; height: 1; padding: 0 1; background: $background; }
    KeyField.-textual-compact { padding: 0 1; }
    KeyField:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "no key", id="key.leave")]

    class Given(Message):
        """A key was entered; empty where the person left."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(password=True, placeholder="API key, for this session only", compact=True)

    def action_leave(self) -> None:
        """Give no key."""
        self.value = ""
        self.post_message(self.Given(""))

    async def action_submit(self) -> None:
        """Hand the key over and forget it."""
        key, self.value = self.value.strip(), ""
        self.post_message(self.Given(key))
