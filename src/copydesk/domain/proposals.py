"""Owns what is proposed and what became of it: changes, proposals and outcomes.

Nothing here reads or writes a file; a `Proposal` is only a wish until the gate lets it through.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from copydesk.domain.images import ABSENT as ABSENT
from copydesk.domain.images import DEFAULT_FILE_MODE as DEFAULT_FILE_MODE
from copydesk.domain.images import FileAttributes as FileAttributes
from copydesk.domain.images import FileImage as FileImage
from copydesk.domain.images import digest as digest

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff


@dataclass(frozen=True)
class FileChange:
    """One file before and after; None stands for no file."""

    path: str
    """Relative to the workspace root, `/` between parts, as written on disk (surrogateescape for odd bytes)."""
    before: FileImage | None
    after: FileImage | None
    encoding: str = field(default="utf-8", compare=False)
    """The codec that people are shown it in, where no byte order mark says another."""

    @property
    def is_void(self) -> bool:
        """True where the bytes are the same before and after."""
        return (self.before and self.before.data) == (self.after and self.after.data)

    @property
    def before_digest(self) -> str:
        """What the disk must hold for this change to be written."""
        return self.before.digest if self.before else ABSENT

    @property
    def after_digest(self) -> str:
        """What the disk holds once this change is written."""
        return self.after.digest if self.after else ABSENT

    @cached_property
    def diff(self) -> FileDiff:
        """The change as lines, for people."""
        from copydesk.domain.diffs import diff_images

        before, after = self.before, self.after
        modes = before.mode if before else None, after.mode if after else None
        data = before.data if before else None, after.data if after else None
        return diff_images(self.path, *data, self.encoding, modes)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes that one tool call (or one rollback) wants to make; nothing is written yet."""

    id: str
    call: str
    """The `tool_use` id that it answers, or an empty string where a person asked."""
    changes: tuple[FileChange, ...]
    summary: str = ""
    """What the tool tells the model if the whole proposal lands."""

    @property
    def digest(self) -> str:
        """Binds a decision to what was shown: the digests of every file before and after."""
        parts = "\n".join(f"{c.path}\0{c.before_digest}\0{c.after_digest}" for c in self.changes)
        return hashlib.sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it touches, in order."""
        return tuple(change.path for change in self.changes)


class OutcomeKind(StrEnum):
    """How a proposal ended."""

    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    """Some hunks landed, or another text than the proposed one."""
    GATHERED = "gathered"
    """It waits in the overlay for the review of the whole."""
    REJECTED = "rejected"
    STALE = "stale"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a proposal ended and what the model is told."""

    kind: OutcomeKind
    message: str
    checkpoint: str = ""
    """The History step that takes the change back; only where something was applied."""
    ends_turn: bool = False
    """A plain rejection stops the turn: the calls after it are answered "not run"."""
    proposal: Proposal | None = field(default=None, compare=False)
    """The proposal as it was last shown (a stale one is computed again)."""

    @property
    def is_error(self) -> bool:
        """True where nothing of the change was taken."""
        return self.kind not in (OutcomeKind.APPLIED, OutcomeKind.PARTLY_APPLIED, OutcomeKind.GATHERED)
