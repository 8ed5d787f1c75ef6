"""Owns what one review from elsewhere knows of the rounds before it, and keeps for those after it."""

from collections.abc import Mapping
from contextlib import suppress

from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.looks import Look, LookStore, marks_of
from copydesk.frontends.tui.review.offer import Offer


class Rounds:
    """The rounds of one source."""

    def __init__(self, store: LookStore, identity: str, *, is_named: bool) -> None:
        """`is_named` where the identity tells one source from another; what comes over a pipe has no name."""
        self._store, self._identity, self._is_named = store, identity, is_named
        self._found: Mapping[str, Look] | None = None

    def memory(self, offer: Offer) -> Remembered:
        """What was seen of it before (blocking); without a name, of files that still have something of it."""
        looks = self._store.load(self._identity)
        known = {
            file.path: looks[file.path]
            for file in offer.files
            if file.path in looks and (self._is_named or looks[file.path].seen.intersection(marks_of(file)))
        }
        return Remembered(known, self._keep)

    def save(self) -> None:
        """Keep what was seen (blocking); where that cannot be, the next round begins anew."""
        if self._found is not None:
            with suppress(OSError):
                self._store.save(self._identity, self._found)

    def _keep(self, found: Mapping[str, Look]) -> None:
        self._found = found
