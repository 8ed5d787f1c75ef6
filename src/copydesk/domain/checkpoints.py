"""Owns what people see of the History: rows of applied steps, and the preview of going back."""

from dataclasses import dataclass

from copydesk.domain.diffs import FileDiff


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One applied step, for lists."""

    id: str
    at: float
    """Seconds since the epoch."""
    session: str
    turn: str
    operation: str
    """`edit`, `undo`, `rollback` or `redo`."""
    paths: tuple[str, ...]
    added: int
    removed: int
    state: str
    """`applied`, `undone` or `not applied`."""
    model: str = ""


@dataclass(frozen=True, slots=True)
class RollbackPreview:
    """What going back before a step would do; nothing has been done."""

    step: str
    diffs: tuple[FileDiff, ...]
    """From the disk as it is to the disk as it would be."""
    conflicts: tuple[str, ...] = ()
    """Sentences, one for each path that somebody else changed; where there are any, nothing can be moved."""
