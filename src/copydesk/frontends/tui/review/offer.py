"""Owns what is put before a person: files with their differences, where they come from, and the digest they go by.

It is the same for an edit that waits, for a whole changeset, and for what comes from elsewhere.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.frontends.tui.diff.shown_files import TitledDiffs

GENERATED = "generated"
"""The mark of what a program wrote, such as a lock file."""


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """One file of an offer."""

    diff: FileDiff
    before: str | None = None
    """All of its text, where that is at hand."""
    after: str | None = None
    content: str = ""
    """Tells two versions apart that have no lines to compare; may be empty."""
    mark: str = ""
    """What the person should know of it: `generated`, `runs code` …"""
    is_protected: bool = False
    """To accept it takes a second word."""
    conflict: str = ""
    """Why no change of it is offered; it can then be dropped, or go on waiting."""
    ways: tuple[TitledDiffs, ...] = ()
    """The three sides of a conflict, where they can be shown: what others made of it, what is offered, both."""
    can_be_overruled: bool = False
    """The proposed lines of a conflict can be put over what others wrote, or stand there already to be decided on."""
    notes: tuple[str, ...] = ()
    """What is to be said of it beside its lines."""
    refusal: str = ""
    """Why nothing of it can be accepted: a rule denies it."""

    @property
    def path(self) -> str:
        """Relative to the workspace."""
        return self.diff.path

    @property
    def is_folded(self) -> bool:
        """True for what few people read line by line."""
        return self.mark == GENERATED or self.diff.status is ChangeStatus.DELETED

    @property
    def rank(self) -> int:
        """Where it is read: what takes a decision of its own first, what few people read last."""
        return 0 if self.conflict else 3 if self.mark == GENERATED else 1 if self.is_protected or self.mark else 2


def by_risk(files: Iterable[OfferedFile]) -> tuple[OfferedFile, ...]:
    """Files in the order in which they are best read: the riskiest first, else by path."""
    return tuple(sorted(files, key=lambda file: (file.rank, file.path)))


@dataclass(frozen=True)
class Offer:
    """What is to be decided; a decision is bound to its digest."""

    origin: str
    """Where it comes from, such as `turn 4  "fix the average"`."""
    digest: str
    files: tuple[OfferedFile, ...]
    """In the order in which they are shown."""
    reason: str = ""
    """Why it waits."""

    def file(self, path: str) -> OfferedFile:
        """The file of this path, which has to be one of them."""
        return self._by_path[path]

    def has(self, path: str) -> bool:
        """Whether it is about this file."""
        return path in self._by_path

    @cached_property
    def _by_path(self) -> dict[str, OfferedFile]:
        return {file.path: file for file in self.files}


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a decision."""

    is_settled: bool
    """False where nothing happened."""
    sentence: str = ""
    offer: Offer | None = None
    """What is to be looked at now, where the decision was on something else or something is left."""


Decide = Callable[[Decision], Awaitable[Answered]]
"""Carries a decision out."""
Look = Callable[[], Awaitable[Offer | None]]
"""Says what is offered by now; None where nothing is any more."""
Overrule = Callable[[str], Awaitable[Offer | None]]
"""Offers a file in conflict with the proposed lines over what others wrote, or not any more; writes nothing."""
Edit = Callable[[str, str], Awaitable[str]]
"""Has a text rewritten in the person's own editor, given a name that tells what kind of text it is."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a screen needs to have something reviewed."""

    subject: str
    """Under which what was said is kept, should the person leave and come back."""
    offer: Offer
    decide: Decide
    edit: Edit
    look: Look | None = None
    """Where what is offered can become another."""
    overrule: Overrule | None = None
