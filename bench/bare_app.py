"""Owns the floor of a screen: the least Textual app that has a prompt."""

from textual.app import App, ComposeResult
from textual.widgets import Static, TextArea


class BareApp(App[None]):
    """A line of text and a prompt."""

    def compose(self) -> ComposeResult:
        """One of each."""
        yield Static("ready ›")
        yield TextArea()

    def on_mount(self) -> None:
        """The prompt takes the keys."""
        self.query_one(TextArea).focus()


if __name__ == "__main__":
    BareApp().run()
