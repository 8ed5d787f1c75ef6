"""Owns what people see of a commit that they asked for: what it would hold, what came of it, what it says of itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.errors import CopydeskError
from copydesk.domain.unified import quoted_path

_NAMED = 3
"""Files that a message names."""
_VERBS = {ChangeStatus.CREATED: "Add", ChangeStatus.DELETED: "Delete"}


@dataclass(frozen=True, slots=True)
class CommitPreview:
    """What a commit would hold; nothing has been done."""

    diffs: tuple[FileDiff, ...]
    """From the last commit to this one; paths relative to the workspace root."""
    hooks: tuple[str, ...]
    """The user's hooks that would run, in the order in which git runs them."""
    left_out: tuple[str, ...] = ()
    """Edited files that git cannot take here, where the user wants the commit anyway."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it would change."""
        return tuple(diff.path for diff in self.diffs)

    @property
    def digest(self) -> str:
        """Binds a decision to what was shown."""
        parts = [*(diff.to_unified() for diff in self.diffs), *self.hooks]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def message(self) -> str:
        """One line for where the user gives no message."""
        return default_message(self.diffs)


@dataclass(frozen=True, slots=True)
class CommitWish:
    """What the user wants of a commit."""

    message: str = ""
    """Empty for one that is made of what changes."""
    anyway: bool = False
    """In the middle of a merge or the like too, and without the files that git does not take."""
    choice: Decision | None = None
    """What goes in of all that a preview without a choice shows, bound to its digest; the rest stays for later."""
    shown: str = ""
    """The digest of the preview that was agreed to; empty where none was shown."""


PLAIN_WISH = CommitWish()


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit was made."""

    commit: str
    """Its full id, in hexadecimal."""
    paths: tuple[str, ...]
    """The files that it changes, relative to the workspace root."""
    hooks: tuple[str, ...] = ()
    """The user's hooks that ran."""


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """No commit was made, and nothing of the repository was changed."""

    reasons: tuple[str, ...]
    """A sentence each, with what can be done about it; below it, what a program said."""


class CommitRefused(CopydeskError):
    """No commit can be made of what was accepted."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def default_message(diffs: Sequence[FileDiff]) -> str:
    """Say in one line what changed."""
    statuses = {diff.status for diff in diffs}
    verb = _VERBS.get(statuses.pop(), "Edit") if len(statuses) == 1 else "Edit"
    return f"{verb} {_listed([quoted_path(diff.path.rpartition('/')[2]) for diff in diffs])}"


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    if len(names) <= _NAMED:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} more files"
