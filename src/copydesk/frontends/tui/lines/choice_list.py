"""Owns lists of which one line is chosen, by keys or by a click; what a line says is its subclass's affair."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.frontends.present import shorten
from copydesk.frontends.tui.lines.line_view import LineView
from copydesk.frontends.tui.lines.status import frame
from copydesk.frontends.tui.theme import Palette, palette


class ChoiceList(LineView):
    """Lines, one of them chosen; only those on screen are drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "down", show=False, id="list.down"),
        Binding("up", "move(-1)", "up", show=False, id="list.up"),
        Binding("pagedown", "move(10)", "ten down", show=False, id="list.page_down"),
        Binding("pageup", "move(-10)", "ten up", show=False, id="list.page_up"),
    ]

    class Highlighted(Message):
        """Another line is chosen."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.chosen = 0
        """Index of the chosen line."""

    @abstractmethod
    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        """Draw one line in at most `width` cells."""

    def show_lines(self, chosen: int = 0) -> None:
        """Draw everything again, with this line chosen."""
        self.chosen = chosen
        self.reset_blocks()
        self._tell()

    def choose(self, index: int) -> None:
        """Choose a line, the nearest that there is, and bring it into sight."""
        index = max(min(index, self.block_count() - 1), 0)
        if not self.block_count() or index == self.chosen:
            return
        previous, self.chosen = self.chosen, index
        self.update_blocks({previous, index})
        self.reveal_chosen()
        self._tell()

    def reveal_chosen(self) -> None:
        """Bring the chosen line into sight."""
        top, index = self.scroll_offset.y, self.chosen
        if not top <= index < top + self.size.height:
            self.scroll_to(y=index if index < top else index - self.size.height + 1, animate=False, force=True)

    def action_move(self, step: int) -> None:
        """Choose a line further down (above 0) or up."""
        self.choose(self.chosen + step)

    def on_click(self, event: events.Click) -> None:
        """Choose the line that was clicked."""
        self.choose(self.scroll_offset.y + event.y)

    def estimated_height(self, index: int, width: int) -> int:
        return 1

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        return [self.line(index, index == self.chosen, width, palette(self.app.current_theme.dark))]

    def _tell(self) -> None:
        if self.block_count():
            self.post_message(self.Highlighted(self.chosen))


class PathList(ChoiceList):
    """Files, each with a word about it."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__()
        self.paths = paths
        self._words: dict[str, str] = {}

    def say(self, path: str, word: str) -> None:
        """Put a word behind a file."""
        self._words[path] = word
        self.update_blocks({self.paths.index(path)})

    def block_count(self) -> int:
        return len(self.paths)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        path = self.paths[index]
        word = self._words.get(path, "")
        name = shorten(show(path), max(width - len(word) - 6, 8))
        pieces = [(" ▌ " if is_chosen else "   ", "accent"), (name, "strong" if is_chosen else "text")]
        return frame(pieces, [(f"  {word} ", "secondary")], width, colours)
