"""Owns the transcript on screen: one widget for however many items, the live one redrawn only at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.long_sequences import LongSequence
from copydesk.domain.transcript import Item, Reply, Thought, ToolCard
from copydesk.frontends.tui.blocks import MARGIN, Look, estimated_lines, indented, is_spaced, prose_width, render_item
from copydesk.frontends.tui.line_view import LineView
from copydesk.frontends.tui.theme import palette

if TYPE_CHECKING:
    from copydesk.frontends.tui.reply import ReplyLines

GROWING_REPLIES = 4
"""Replies whose rendering can go on where it stopped; only the newest is ever live."""


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
        self._welcome = tuple(welcome)
        self._items: LongSequence[Item] = LongSequence()
        """What is shown below the welcome."""
        self._growing: dict[int, ReplyLines] = {}
        self._toggled: set[int] = set()
        self._unfolds_all = False
        self._seen = 0
        self._unseen = 0
        self.review_key = "^r"

    def show_items(self, items: LongSequence[Item]) -> None:
        """Show these items below the welcome; only what differs from before is drawn again."""
        shown, self._items = self._items, items
        changed = {place + len(self._welcome) for place in items.differing(shown)}
        if changed:
            # Whether a blank line stands above an item depends on the item before it.
            changed.add(max(changed) + 1)
        if len(items) < len(shown):
            self.reset_blocks()
        elif changed or len(items) > len(shown):
            self.update_blocks(changed)
        self._tell_unseen()

    def reset_blocks(self) -> None:
        """Everything may have changed: the width, the colours, or what there is."""
        self._growing.clear()
        super().reset_blocks()

    def toggle_details(self, index: int | None = None) -> None:
        """Fold or unfold one item, or all of them."""
        if index is None:
            self._unfolds_all = not self._unfolds_all
            self._toggled.clear()
            self.reset_blocks()
        elif isinstance(self._item(index), ToolCard | Thought):
            self._toggled ^= {index}
            self.update_blocks({index})

    def go_to_end(self) -> None:
        """Show the newest, and stay there."""
        self.following = True
        self._settle()
        self._tell_unseen()

    def block_count(self) -> int:
        return len(self._welcome) + len(self._items)

    def estimated_height(self, index: int, width: int) -> int:
        return estimated_lines(self._item(index), prose_width(width)) + self._is_spaced(index)

    def estimated_heights(self, width: int) -> list[int]:
        items = [*self._welcome, *self._items]
        room = prose_width(width)
        return [
            estimated_lines(item, room) + is_spaced(above, item)
            for above, item in zip([None, *items[:-1]], items, strict=True)
        ]

    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        item = self._item(index)
        look = self._look(index, width)
        strips = self._render_reply(index, item, look) if isinstance(item, Reply) else render_item(item, look)
        return [Strip([]), *strips] if self._is_spaced(index) else strips

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell_unseen()

    def on_click(self, event: events.Click) -> None:
        index = self.block_at(self.scroll_offset.y + event.y)
        if index is not None and not self.screen.get_selected_text():
            self.toggle_details(index)

    def _render_reply(self, index: int, reply: Reply, look: Look) -> list[Strip]:
        """Go on with a reply that has grown since it was drawn."""
        # Markdown is needed with the first reply; until then its import would only delay the first paint.
        from copydesk.frontends.tui.reply import ReplyLines

        growing = self._growing.get(index)
        if growing is None or growing.width != look.prose_width:
            growing = self._growing[index] = ReplyLines(look.prose_width, look.palette)
            while len(self._growing) > GROWING_REPLIES:
                del self._growing[next(iter(self._growing))]
        return indented(growing.lines(reply.text))

    def _look(self, index: int, width: int) -> Look:
        is_unfolded = self._unfolds_all ^ (index in self._toggled)
        return Look(width, palette(self.app.current_theme.dark), self.review_key, is_unfolded)

    def _is_spaced(self, index: int) -> bool:
        return is_spaced(self._item(index - 1) if index else None, self._item(index))

    def _item(self, index: int) -> Item:
        welcome = len(self._welcome)
        return self._welcome[index] if index < welcome else self._items[index - welcome]

    def _tell_unseen(self) -> None:
        if self.following:
            self._seen = self.block_count()
        unseen = max(self.block_count() - self._seen, 0)
        if unseen != self._unseen:
            self._unseen = unseen
            self.post_message(self.UnseenChanged(unseen))
