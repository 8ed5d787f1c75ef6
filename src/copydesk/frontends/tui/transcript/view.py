"""Owns the transcript on screen: one widget for however many items, the live one redrawn only at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from copydesk.domain.items import Item, Notice, Reply, Thought, ToolCard
from copydesk.domain.long_sequences import LongSequence
from copydesk.frontends.tui.lines.line_view import LineView, marked
from copydesk.frontends.tui.theme import palette
from copydesk.frontends.tui.transcript.blocks import (
    MARGIN,
    Look,
    estimated_lines,
    indented,
    is_spaced,
    prose_width,
    render_item,
    space_above,
)
from copydesk.frontends.tui.transcript.item_blocks import ItemBlocks

if TYPE_CHECKING:
    from copydesk.frontends.tui.transcript.sections import Section

LOADING_SECONDS = 1.0
"""After the first paint, when nobody waits for a key any more."""
REHEARSED = "# A heading\n\n- a list\n\n```python\nx = 1\n```\n"
"""What most replies are made of."""


class TranscriptView(LineView):
    """Everything that was said and done; stays at its end unless the person scrolled away."""

    DEFAULT_CSS = """
    TranscriptView { height: 1fr; padding: 0; }
    """
    margin = MARGIN
    follows_end = True

    class UnseenChanged(Message):
        """Items arrived below what is shown, or were seen."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    def __init__(self, welcome: Sequence[Item] = ()) -> None:
        super().__init__()
        self._blocks = ItemBlocks(welcome)
        self._toggled: set[int] = set()
        self._unfolds_all = False
        self._seen = 0
        self._unseen = 0
        self.review_key = "^r"
        self._awaited: Notice | None = None
        """The announcement of a wait, as long as nothing came after it."""
        self._awaiting_block = 0
        self._waited = 0
        self._second: Timer | None = None

    def on_mount(self) -> None:
        self.set_timer(LOADING_SECONDS, lambda: self.run_worker(_rehearse_reply, thread=True))

    def show_welcome(self, welcome: Sequence[Item]) -> None:
        """Say this above everything from now on; as many items as before."""
        if self._blocks.welcome(welcome):
            self.update_blocks(range(len(welcome)), self._blocks.block_count)

    def show_items(self, items: LongSequence[Item]) -> None:
        """Show these items below the welcome; only what differs from before is drawn again."""
        before = self._blocks.block_count
        change = self._blocks.take(items)
        if change.changed or change.first_new < max(before, self._blocks.block_count):
            self.update_blocks(*change)
        self._count_down()
        self._tell_unseen()

    def toggle_details(self, place: int | None = None) -> None:
        """Fold or unfold one item, or all of them."""
        if place is None:
            self._unfolds_all = not self._unfolds_all
            self._toggled.clear()
            self.reset_blocks()
        elif isinstance(self._blocks.item(place), ToolCard | Thought):
            self._toggled ^= {place}
            self.update_blocks({self._blocks.first_block(place)})

    def go_to_end(self) -> None:
        """Show the newest, and stay there."""
        self.following = True
        self._settle()
        self._tell_unseen()

    def block_count(self) -> int:
        return self._blocks.block_count

    def estimated_height(self, index: int, width: int) -> int:
        place = self._blocks.place_of(index)
        if sections := self._blocks.sections(place):
            return self._estimated_section(place, sections, index - self._blocks.first_block(place), width)
        return estimated_lines(self._blocks.item(place), prose_width(width)) + self._is_spaced(place)

    def estimated_heights(self, width: int) -> list[int]:
        heights: list[int] = []
        room, above = prose_width(width), None
        for place, item in enumerate(self._blocks.items()):
            if sections := self._blocks.sections(place):
                heights += [self._estimated_section(place, sections, n, width) for n in range(len(sections))]
            else:
                heights.append(estimated_lines(item, room) + is_spaced(above, item))
            above = item
        return heights

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        place = self._blocks.place_of(index)
        item, look = self._blocks.item(place), self._look(place, width)
        if not isinstance(item, Reply):
            strips, is_spaced = render_item(item, look), self._is_spaced(place)
        else:
            strips, is_spaced = self._reply(item, index, look)
        return [space_above(item, look), *strips] if is_spaced else strips

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell_unseen()

    def on_click(self, event: events.Click) -> None:
        block = self.block_at(self.scroll_offset.y + event.y)
        if block is not None and not self.screen.get_selected_text():
            self.toggle_details(self._blocks.place_of(block))

    def _reply(self, reply: Reply, index: int, look: Look) -> tuple[list[Strip], bool]:
        """The lines of a reply or of one of its sections, and whether a blank line stands above them."""
        # Markdown is needed with the first reply; until then its import would only delay the first paint.
        from copydesk.frontends.tui.transcript.reply import render_reply, render_section
        from copydesk.frontends.tui.transcript.sections import is_apart

        place = self._blocks.place_of(index)
        number = index - self._blocks.first_block(place)
        if sections := self._blocks.sections(place):
            strips = render_section(sections[number], look.prose_width, look.palette)
        else:
            strips = render_reply(reply.text, look.prose_width, look.palette)
        is_spaced = self._is_spaced(place) if number == 0 else bool(strips) and is_apart(sections, number)
        return [_with_links(strip) for strip in indented(strips)], is_spaced

    def _estimated_section(self, place: int, sections: Sequence[Section], number: int, width: int) -> int:
        from copydesk.frontends.tui.transcript.sections import estimated_section, is_apart

        lines = estimated_section(sections[number], prose_width(width))
        return lines + (self._is_spaced(place) if number == 0 else is_apart(sections, number))

    def _look(self, place: int, width: int) -> Look:
        waited = self._waited if self._awaited is not None and self._blocks.item(place) is self._awaited else None
        return Look(width, palette(self.app.current_theme.dark), self.review_key, self._is_unfolded(place), waited)

    def _count_down(self) -> None:
        """Count the seconds of a wait that was announced last; there is no timer while nothing is waited for."""
        last = self._blocks.item(self._blocks.place_count - 1) if self._blocks.place_count else None
        awaited = last if isinstance(last, Notice) and last.retry else None
        if awaited is self._awaited:
            return
        self._end_wait()
        if awaited:
            self._awaited, self._waited = awaited, 0
            self._awaiting_block = self._blocks.block_count - 1
            self._second = self.set_interval(1.0, self._wait)
            self.update_blocks({self._awaiting_block})

    def _wait(self) -> None:
        self._waited += 1
        self.update_blocks({self._awaiting_block})
        if self._second and self._awaited and self._awaited.retry and self._waited >= self._awaited.retry.seconds:
            self._second.stop()

    def _end_wait(self) -> None:
        """Let the announcement be what it was."""
        if self._second is not None:
            self._second.stop()
        if self._awaited is not None:
            self._awaited, self._second = None, None
            self.update_blocks({self._awaiting_block})

    def _is_unfolded(self, place: int) -> bool:
        return self._unfolds_all ^ (place in self._toggled)

    def _is_spaced(self, place: int) -> bool:
        return is_spaced(self._blocks.item(place - 1) if place else None, self._blocks.item(place))

    def _tell_unseen(self) -> None:
        count = self._blocks.place_count
        if self.following:
            self._seen = count
        unseen = max(count - self._seen, 0)
        if unseen != self._unseen:
            self._unseen = unseen
            self.post_message(self.UnseenChanged(unseen))


def _rehearse_reply() -> None:
    """Load in a thread what the first reply would otherwise keep the keys waiting for."""
    from copydesk.frontends.tui.transcript.reply import render_reply

    render_reply(REHEARSED, prose_width(0), palette(is_dark=True))


def _with_links(strip: Strip) -> Strip:
    """Underline the paths of files that can be opened."""
    from copydesk.frontends.tui.transcript.finding import links_in

    for link in links_in(strip.text):
        strip = marked(strip, (link.start, link.end), Style(underline=True))
    return strip
