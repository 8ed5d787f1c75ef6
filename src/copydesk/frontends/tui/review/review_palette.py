"""Owns the palette of a review: what its keys do, to be searched by words."""

from collections.abc import Iterator
from functools import partial

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from copydesk.frontends.tui.review.keys import REVIEW_KEYS

BESIDE = (("Switch the look", "app.switch_look"), ("Quit", "app.quit"))
"""What has no key of the review."""


class ReviewCommands(Provider):
    """What can be done in a review."""

    async def discover(self) -> Hits:
        """All of it."""
        for name, action in entries():
            yield DiscoveryHit(name, partial(self.screen.run_action, action))

    async def search(self, query: str) -> Hits:
        """What fits the words."""
        matcher = self.matcher(query)
        for name, action in entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), partial(self.screen.run_action, action))


def entries() -> Iterator[tuple[str, str]]:
    """Name and action of everything in the palette."""
    for binding in REVIEW_KEYS:
        if isinstance(binding, Binding):
            yield binding.description.rstrip("…").capitalize(), binding.action
    yield from BESIDE
