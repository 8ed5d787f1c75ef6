"""Owns the lines over the prompt that say which prompts wait for their turn."""

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from copydesk.frontends.present import one_line, plural, shorten_end
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.theme import palette

MOST_LISTED = 3
"""Prompts that have a line of their own; the newest, since one of them can be taken back."""


class QueueLines(Sturdy, Widget):
    """The first words of each prompt that waits, and how many there are."""

    DEFAULT_CSS = """
    QueueLines { height: auto; display: none; }
    """
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._prompts: tuple[str, ...] = ()

    def show_prompts(self, prompts: Sequence[str]) -> None:
        """List what waits, in the order in which it will be sent."""
        if tuple(prompts) != self._prompts:
            self._prompts = tuple(prompts)
            self.display = bool(prompts)
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + min(len(self._prompts), MOST_LISTED)

    def render_line(self, y: int) -> Strip:
        width, colours = self.size.width, palette(self.app.current_theme.dark)
        listed = self._prompts[-MOST_LISTED:]
        left: list[Piece] = []
        if y == 0:
            verb = "waits" if len(self._prompts) == 1 else "wait"
            left = [(f" {plural(len(self._prompts), 'prompt')} {verb}", "waiting")]
            left.append(("   up on an empty prompt takes the last one back", "secondary"))
        elif y <= len(listed):  # a frame may come before the next layout, with more lines than prompts
            number = len(self._prompts) - len(listed) + y
            words = one_line(listed[y - 1])
            left = [(f" {number:>2} ", "secondary"), (shorten_end(words, max(width - 5, 1)), "text")]
        return frame(left, [], width, colours).apply_style(self.rich_style)
