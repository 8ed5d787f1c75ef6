"""Owns what one review from elsewhere knows of the rounds before it, and keeps for those after it."""

from collections.abc import Mapping
from contextlib import suppress

from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.looks import Look, LookStore
from copydesk.frontends.tui.review.marks import marks_of
from copydesk.frontends.tui.review.offer import Offer
from copydesk.frontends.tui.review.unsent import FileWords, UnsentWords


class Rounds:
    """The rounds of one source."""

    def __init__(self, looks: LookStore, words: FileWords, identity: str, *, is_named: bool) -> None:
        """`is_named` where the identity tells one source from another; what comes over a pipe has no name."""
        self._looks, self._words, self._identity, self._is_named = looks, words, identity, is_named
        self._seen: Mapping[str, Look] | None = None
        self._beyond = UnsentWords()
        """Words on what is not offered in this round."""
        self._memory = Remembered()
        self._said_under = identity

    def memory(self, offer: Offer) -> Remembered:
        """What was seen of it and said before (blocking).

        Without a name only files that still have something of it are known, and words stay with exactly the same.
        """
        if not self._is_named:
            self._said_under = f"{self._identity}-{offer.digest[:16]}"
        looks, words = self._looks.load(self._identity), self._words.load(self._said_under)
        known = {
            file.path: looks[file.path]
            for file in offer.files
            if file.path in looks and (self._is_named or looks[file.path].seen.intersection(marks_of(file)))
        }
        self._memory = Remembered(known, self._keep)
        self._beyond = words.beyond(offer)
        begun = self._memory.begin(self._identity, offer)
        self._memory.leave(self._identity, words.said_of(begun), frozenset())
        return self._memory

    def save(self) -> None:
        """Keep what was seen, and what was said without a verdict (blocking); where that cannot be, it begins anew."""
        left = self._memory.left(self._identity)
        with suppress(OSError):
            if self._seen is not None:
                self._looks.save(self._identity, self._seen)
            self._words.save(self._said_under, self._beyond.with_state(left) if left else UnsentWords())

    def _keep(self, found: Mapping[str, Look]) -> None:
        self._seen = found
