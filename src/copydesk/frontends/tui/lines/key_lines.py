"""Owns the footer of screens with many keys: all of them on as many lines as they need, and each can be clicked."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from copydesk.frontends.tui.lines.status import Footer, Piece, frame
from copydesk.frontends.tui.theme import palette


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key stands."""

    line: int
    start: int
    end: int
    key: str
    """As Textual names it."""
    shown: str
    label: str


class KeyLines(Footer):
    """The keys that apply now, taken from the bindings; none is cut off."""

    DEFAULT_CSS = """
    KeyLines { height: auto; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh(layout=True))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        places = self._places(width)
        return places[-1].line + 1 if places else 1

    def render_line(self, y: int) -> Strip:
        pieces: list[Piece] = []
        for place in self._places(self.size.width):
            if place.line == y:
                gap = "  " if pieces else " "
                pieces += [(f"{gap}{place.shown} ", "accent"), (place.label, "secondary")]
        line = frame(pieces, [], self.size.width, palette(self.app.current_theme.dark))
        return line.apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        for place in self._places(self.size.width):
            if place.line == event.y and place.start <= event.x < place.end:
                self.app.simulate_key(place.key)

    def _places(self, width: int) -> list[KeyPlace]:
        places: list[KeyPlace] = []
        seen: set[str] = set()
        line, start = 0, 1
        for active in self.screen.active_bindings.values():
            binding = active.binding
            name = binding.id or binding.action
            if not (binding.show and active.enabled and binding.description) or name in seen:
                continue
            seen.add(name)
            shown = self.app.get_key_display(binding)
            cells = cell_len(shown) + cell_len(binding.description) + 1
            if start > 1 and start + cells > width:
                line, start = line + 1, 1
            places.append(KeyPlace(line, start, start + cells, binding.key, shown, binding.description))
            start += cells + 2
        return places
