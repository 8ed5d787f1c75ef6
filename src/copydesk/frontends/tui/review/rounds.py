"""Owns what one review from elsewhere knows of the rounds before it, and keeps for those after it."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.looks import FileLooks, Look
from copydesk.frontends.tui.review.marks import marks_of
from copydesk.frontends.tui.review.offer import Offer

PREFIX = "review-"
NOT_THERE = Look(frozenset({"not there"}))
"""Of a file that was not among those of the round before: all of it is new."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reviewed round after round."""

    identity: str
    """What it is called, as a digest."""
    is_named: bool = True
    """Whether that tells it from others; what comes over a pipe has no name."""
    is_proposed: bool = False
    """A bundle or a patch: it is known by what it holds, whatever its file is called."""


class Rounds:
    """The rounds of one source."""

    def __init__(self, looks: FileLooks, subject: Subject) -> None:
        self._looks, self._subject, self._under = looks, subject, subject.identity
        self._writer = ThreadPoolExecutor(1, "rounds")
        self._written: Future[None] | None = None
        """The last time that something was kept; a process that is killed afterwards loses nothing of it."""
        self._offered: frozenset[str] = frozenset()

    def memory(self, offer: Offer) -> Remembered:
        """What was seen of it and said before (blocking)."""
        before: dict[str, Look] = {}
        if self._subject.is_proposed:
            self._under = f"{self._subject.identity}-{offer.digest[:16]}"
            before = self._of_proposals(offer)
        else:
            before = self._looks.load(self._under)
        self._offered = frozenset(file.path for file in offer.files)
        if before:
            before |= dict.fromkeys(self._offered - set(before), NOT_THERE)
        return Remembered(before, self._keep, self._subject.identity)

    def close(self) -> None:
        """Wait until what was seen, and said without a verdict, is kept (blocking); OSError where that cannot be."""
        self._writer.shutdown()
        if self._written is not None:
            self._written.result()

    def _of_proposals(self, offer: Offer) -> dict[str, Look]:
        """Of just this proposal, else of the last of its name, else of the one that shares most with it."""
        rounds = {name: looks for name, looks in self._looks.load_all().items() if _is_proposal(name)}
        name = f"{self._subject.identity}-"
        content = self._under.removeprefix(name)
        same = [known for known in rounds if known.endswith(f"-{content}")]
        of_name = [known for known in rounds if self._subject.is_named and known.startswith(name)]
        for found in (*same[-1:], *of_name[-1:]):
            return rounds[found]
        alike = [looks for looks in rounds.values() if _are_alike(looks, offer)]
        return max(alike, key=lambda looks: _shared(looks, offer)) if alike else {}

    def _keep(self, found: Mapping[str, Look]) -> None:
        looks = {**dict.fromkeys(self._offered, Look()), **found}
        self._written = self._writer.submit(self._looks.save, self._under, looks)


def _is_proposal(name: str) -> bool:
    return name.startswith(PREFIX) and name.count("-") == 2


def _are_alike(looks: Mapping[str, Look], offer: Offer) -> bool:
    """Whether half of one of them is in the other: a line or two may be the same in what has nothing to do with it."""
    seen, offered = sum(len(look.seen) for look in looks.values()), sum(len(marks_of(file)) for file in offer.files)
    return 0 < min(seen, offered) <= 2 * _shared(looks, offer)


def _shared(looks: Mapping[str, Look], offer: Offer) -> int:
    """How many hunks of an offer were seen."""
    return sum(len(looks.get(file.path, Look()).seen.intersection(marks_of(file))) for file in offer.files)
