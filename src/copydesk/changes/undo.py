"""Owns what one session's model changed and has not undone; it moves nothing itself."""

from dataclasses import dataclass
from typing import Protocol

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.domain.proposals import FileChange, Proposal


@dataclass(frozen=True, slots=True)
class Undoable:
    """A change that can be taken back."""

    change: FileChange
    created_directories: tuple[str, ...] = ()
    """Directories that were made for it, outermost first."""


class LastChanges(Protocol):
    """Knows the last change of a file that can be undone."""

    def last_change(self, path: str) -> Undoable | None:
        """With its bytes (blocking); None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class InOrder:
    """Asks one after the other: what waits for a review is taken back before what is on disk."""

    sources: tuple[LastChanges, ...]

    def last_change(self, path: str) -> Undoable | None:
        """The first answer."""
        return next((found for source in self.sources if (found := source.last_change(path))), None)


class SessionChanges:
    """What this session's model changed and has not undone: the source of `undo_edit`."""

    def __init__(self, applier: Applier, session: str) -> None:
        self._history = applier.history
        self._session = session

    def last_change(self, path: str) -> Undoable | None:
        """The last change of a path that can be undone, with its bytes."""
        found = timeline.undoable(self._history.steps(), path, self._session)
        if found is None:
            return None
        file = found[1]
        before, after = self._history.images([file.before, file.after])
        return Undoable(FileChange(path, before, after), file.created_directories)

    def landed_of(self, call: str) -> Proposal | None:
        """What reached the disk of the edit that a tool call asked for, with its bytes (blocking); None for nothing."""
        for step, files in timeline.written(self._history.steps()):
            meta = step.meta
            if meta.call == call and meta.session == self._session and meta.operation in timeline.EDITS:
                images = iter(self._history.images([image for file in files for image in (file.before, file.after)]))
                return Proposal("", call, tuple(FileChange(file.path, next(images), next(images)) for file in files))
        return None
