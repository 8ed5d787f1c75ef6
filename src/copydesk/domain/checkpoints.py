"""Owns what people see of the History: rows of applied steps, the preview of going back, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff
    from copydesk.domain.merging import MergeConflict


class RowState(StrEnum):
    """What became of a step since."""

    APPLIED = "applied"
    UNDONE = "undone"
    PARTLY = "partly undone"
    NOT = "not applied"
    """The process was killed, and the files put back."""


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of a step."""

    path: str
    added: int
    removed: int
    state: RowState


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One applied step, for lists."""

    id: str
    number: int
    """Counts the workspace's steps from 1, over all sessions."""
    at: float
    """Seconds since the epoch."""
    session: str
    turn: str
    operation: str
    """`edit`, `undo`, `rollback`, `redo` or `commit`."""
    files: tuple[RowFile, ...]
    model: str = ""
    title: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it reached, in order; all that it was about where it reached none."""
        return tuple(file.path for file in self._counted)

    @property
    def added(self) -> int:
        """Lines added, as far as they reached the disk."""
        return sum(file.added for file in self._counted)

    @property
    def removed(self) -> int:
        """Lines removed, as far as that reached the disk."""
        return sum(file.removed for file in self._counted)

    @property
    def state(self) -> RowState:
        """What became of it as a whole; a commit moves no file, and stands."""
        if not self.files:
            return RowState.APPLIED
        states = {file.state for file in self.files} - {RowState.NOT}
        if len(states) > 1:
            return RowState.PARTLY
        return states.pop() if states else RowState.NOT

    @property
    def _counted(self) -> list[RowFile]:
        reached = [file for file in self.files if file.state is not RowState.NOT]
        return reached or list(self.files)


class Remedy(StrEnum):
    """What is to become of a file that cannot simply go back."""

    REFUSE = "refuse"
    """Nothing moves, of all files."""
    KEEP = "keep"
    """This file stays as it is."""
    RESTORE = "restore"
    """It becomes what it was then; what it holds now is recorded, so that this can be taken back."""
    MERGE = "merge"
    """Only what the steps did is taken out of it; what others wrote stays."""


class ConflictKind(StrEnum):
    """Why a file cannot simply go back."""

    CHANGED_SINCE = "changed_since"
    """By others, after the last step."""
    CHANGED_BETWEEN = "changed_between"
    """By others, between two of the steps."""
    OTHER_SESSION = "other_session"
    """Another session edited it later."""
    NOT_A_FILE = "not_a_file"
    """A directory, a pipe or a link stands there now."""
    WAITING = "waiting"
    """An edit of it waits for a review."""


@dataclass(frozen=True, slots=True)
class FileConflict:
    """A file that cannot go back without a word of the person's: something of somebody else's would be lost."""

    path: str
    kind: ConflictKind
    reason: str
    """Half a sentence, to stand after the path and a colon."""
    theirs: FileDiff | None = None
    """What is lost by restoring it: what others made of the file; None for what is no file."""
    restored: FileDiff | None = None
    """From what is on disk to what it was then."""
    merged: FileDiff | None = None
    """From what is on disk to the merge; None where it does not merge cleanly."""
    places: tuple[MergeConflict, ...] = ()
    """Where it does not merge."""

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What the person may choose."""
        restoring = (Remedy.RESTORE,) if self.restored else ()
        return (Remedy.KEEP, *restoring, *((Remedy.MERGE,) if self.merged else ()))

    @property
    def sentence(self) -> str:
        """Path and reason."""
        return f"{self.path}: {self.reason}."


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person says of the files that cannot simply go back."""

    default: Remedy = Remedy.REFUSE
    by_path: Mapping[str, Remedy] = field(default_factory=dict)

    def on(self, path: str) -> Remedy:
        """What is said of a file."""
        return self.by_path.get(path, self.default)


@dataclass(frozen=True, slots=True)
class Aim:
    """How far to go back, or which rollback to take back."""

    step: str
    """The beginning of a step's id; the files return to what they were before it."""
    paths: tuple[str, ...] = ()
    """Only these files; empty for all that the session's steps since then touched."""
    is_redo: bool = False


@dataclass(frozen=True, slots=True)
class RollbackPreview:
    """What going back before a step would do; nothing has been done."""

    step: str
    digest: str
    """Of the changes; a decision is bound to it."""
    diffs: tuple[FileDiff, ...]
    """From the disk as it is to the disk as it would be, of the files that go back; those kept are not in it."""
    conflicts: tuple[FileConflict, ...] = ()
    """Files that nothing was said of yet; where there are any, nothing can be moved."""
    kept: tuple[str, ...] = ()
    """Files that stay as they are because the person said so."""
