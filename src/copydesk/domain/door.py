"""Owns what the door says of each edit: events that need no session, for servers that load no others."""

from dataclasses import dataclass

from copydesk.domain.diffs import FileDiff


@dataclass(frozen=True, slots=True)
class ProposalMade:
    """An edit was computed; nothing is written yet."""

    proposal: str
    call: str
    digest: str
    diffs: tuple[FileDiff, ...]
    mark: str = ""
    is_protected: bool = False
    rule: str = ""
    """The rule that decided, in the person's words; empty where the mode did."""


@dataclass(frozen=True, slots=True)
class ChangeApplied:
    """The proposal is on disk; `checkpoint` takes it back."""

    proposal: str
    call: str
    path: str
    checkpoint: str
    diff: FileDiff
    digest: str = ""
    """Of the file as it is now; `absent` where it was deleted."""
    is_partial: bool = False
    """Not what was proposed: hunks were left out, or the person wrote another text."""


@dataclass(frozen=True, slots=True)
class ChangeGathered:
    """The proposal is in the overlay, where the model reads it back; the disk is as it was until the review."""

    proposal: str
    call: str
    path: str
    diff: FileDiff
    digest: str = ""
    """Of the file in the overlay; `absent` where it is deleted there."""


@dataclass(frozen=True, slots=True)
class ChangeRefused:
    """The proposal is not on disk: `denied`, `rejected` or `stale`."""

    proposal: str
    call: str
    path: str
    outcome: str
    reason: str
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class EditReviewed:
    """What became of one edit that waited, where the review let only a part of its file land."""

    call: str
    path: str
    outcome: str
    """`applied`, `partly_applied` or `rejected`, judged by the lines of this edit alone."""


DoorEvent = ProposalMade | ChangeApplied | ChangeGathered | ChangeRefused | EditReviewed
