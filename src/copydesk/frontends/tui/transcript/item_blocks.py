"""Owns which blocks of lines the items of a transcript take: one each, but a long or growing reply one a section.

It draws nothing. What an event changes is found without looking at what was said before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from copydesk.domain.items import Item, Reply
from copydesk.domain.long_sequences import LongSequence

if TYPE_CHECKING:
    from copydesk.frontends.tui.transcript.sections import ReplySections, Section

LONG_REPLY = 2_000
"""Characters; a finished reply that is shorter is one block."""
REMEMBERED_REPLIES = 8
"""Long ones whose sections are kept; more than any screen shows at once."""


class BlockChange(NamedTuple):
    """What is to be drawn again."""

    changed: frozenset[int]
    """Blocks that look different."""
    first_new: int
    """From this block on all blocks are others."""


class ItemBlocks:
    """Items, below those that always stand at the top, and their blocks; a place is the number of an item from 0."""

    def __init__(self, welcome: Sequence[Item] = ()) -> None:
        self._welcome = tuple(welcome)
        self._items: LongSequence[Item] = LongSequence()
        self._firsts = list(range(len(self._welcome)))
        """First block of each item."""
        self._count = len(self._welcome)
        self._growing: dict[int, ReplySections] = {}
        """Of the replies that are live; one that is finished keeps nothing but its text."""
        self._looked_at: OrderedDict[int, Sequence[Section]] = OrderedDict()
        """Of long replies that are finished, cut again when they are looked at."""

    @property
    def place_count(self) -> int:
        """How many items there are."""
        return len(self._welcome) + len(self._items)

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return self._count

    def welcome(self, items: Sequence[Item]) -> bool:
        """Put others at the top, as many as before; False where they are the same."""
        before, self._welcome = self._welcome, tuple(items)
        return self._welcome != before

    def item(self, place: int) -> Item:
        """The item at a place."""
        welcome = len(self._welcome)
        return self._welcome[place] if place < welcome else self._items[place - welcome]

    @property
    def said(self) -> LongSequence[Item]:
        """The items without those that always stand at the top."""
        return self._items

    def items(self) -> Sequence[Item]:
        """All of them."""
        return [*self._welcome, *self._items]

    def place_of(self, block: int) -> int:
        """The item that a block belongs to."""
        return bisect_right(self._firsts, block) - 1

    def first_block(self, place: int) -> int:
        """Where an item begins; after the last item, where it ends."""
        return self._firsts[place] if place < len(self._firsts) else self._count

    def sections(self, place: int) -> Sequence[Section]:
        """The sections of a reply that has a block for each; none for what is one block."""
        if (growing := self._growing.get(place)) is not None:
            return growing.sections
        item = self.item(place)
        if not isinstance(item, Reply) or len(item.text) <= LONG_REPLY:
            return ()
        if place not in self._looked_at:
            from copydesk.frontends.tui.transcript.sections import Opened, cut

            self._look_at(place, [piece.section for piece in cut(item.text, Opened())])
        self._looked_at.move_to_end(place)
        return self._looked_at[place]

    def take(self, items: LongSequence[Item]) -> BlockChange:
        """Take the items as they are now; says what that changes."""
        welcome = len(self._welcome)
        shown, self._items = self._items, items
        start = welcome + min(len(items), len(shown))
        changed: set[int] = set()
        for place in (index + welcome for index in items.differing(shown)):
            if place in self._growing or self._is_cut(place):
                start = place
                break
            # Whether a blank line stands above an item depends on the item before it.
            changed |= {self._firsts[place], self.first_block(place + 1)}
        first_new = self._build(start)
        return BlockChange(frozenset(block for block in changed if block < first_new), first_new)

    def _build(self, start: int) -> int:
        """Number the blocks anew from an item on; returns the first that is another than before."""
        self._count = first_new = self.first_block(start)
        del self._firsts[start:]
        for place in [place for place in self._growing if place > start]:
            del self._growing[place]
        for place in [place for place in self._looked_at if place >= start]:
            del self._looked_at[place]
        for place in range(start, self.place_count):
            unchanged = self._cut(place)
            first_new += unchanged if place == start else 0
            self._firsts.append(self._count)
            self._count += len(self.sections(place)) or 1
        return first_new

    def _cut(self, place: int) -> int:
        """Cut a reply into sections where it is long or grows; returns how many of them are as they were."""
        item, growing = self.item(place), self._growing.pop(place, None)
        if not isinstance(item, Reply) or not self._is_cut(place):
            return 0
        if growing is None:
            # What cuts replies is loaded with the first of them; the first paint is none.
            from copydesk.frontends.tui.transcript.sections import ReplySections

            growing = ReplySections()
        unchanged = growing.grow(item.text)
        if item.is_live:
            self._growing[place] = growing
        else:
            self._look_at(place, growing.sections)
        return unchanged

    def _look_at(self, place: int, sections: Sequence[Section]) -> None:
        self._looked_at[place] = sections
        if len(self._looked_at) > REMEMBERED_REPLIES:
            self._looked_at.popitem(last=False)

    def _is_cut(self, place: int) -> bool:
        item = self.item(place)
        return isinstance(item, Reply) and (item.is_live or len(item.text) > LONG_REPLY)
