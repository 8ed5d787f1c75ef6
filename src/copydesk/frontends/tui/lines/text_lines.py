"""Owns a few lines of plain text that wrap; nothing in them is interpreted."""

from textual.content import Content
from textual.widgets import Static

from copydesk.domain.display import show_lines
from copydesk.frontends.tui.terminal.mishaps import Sturdy


class TextLines(Sturdy, Static):
    """A short text that may come from anywhere."""

    DEFAULT_CSS = """
    TextLines {
        padding: 0 1;
        &.-warning { color: $warning; }
        &.-secondary { color: $desk-secondary; }
    }
    """

    def __init__(self, text: str = "", *, place: str | None = None) -> None:
        """`place` is its id on the screen."""
        super().__init__(Content(show_lines(text)), markup=False, id=place)

    def show_text(self, text: str, style: str = "text") -> None:
        """Show another text, plain or as `warning` or `secondary`."""
        self.set_class(style == "warning", "-warning")
        self.set_class(style == "secondary", "-secondary")
        self.update(Content(show_lines(text)))
