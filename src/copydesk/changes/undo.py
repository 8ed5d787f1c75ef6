"""Owns what one session's model changed and has not undone; it moves nothing itself."""

from dataclasses import dataclass

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.steps import Operation
from copydesk.domain.errors import HistoryError
from copydesk.domain.proposals import FileChange

_EDITS = (Operation.EDIT, Operation.UNDO)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A change that can be taken back."""

    change: FileChange
    created_directories: tuple[str, ...] = ()
    """Directories that were made for it, outermost first."""


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

    def moved_since(self, at: float) -> tuple[str, ...]:
        """The paths that were rolled back or redone after a point in time, by any program."""
        steps = timeline.written(self._history.steps())
        paths = [f.path for s, files in steps if s.at > at and s.meta.operation in timeline.RETURNS for f in files]
        return tuple(dict.fromkeys(paths))

    def call_landed(self, call: str) -> bool:
        """Whether the change that a tool call asked for is on disk: asked when a session is opened after a crash."""
        try:
            steps = list(timeline.written(self._history.steps()))
        except HistoryError:
            return False
        return any(
            s.meta.call == call and s.meta.session == self._session and s.meta.operation in _EDITS for s, _ in steps
        )
