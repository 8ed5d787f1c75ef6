"""Owns the History as a session shows it: rows, previews, and going back without blocking the loop."""

import asyncio

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.rollback import RollbackPlan, perform, plan_redo, plan_rollback
from copydesk.changes.steps import Operation
from copydesk.domain.checkpoints import HistoryRow, RollbackPreview
from copydesk.domain.errors import HistoryError
from copydesk.domain.events import RolledBack
from copydesk.domain.proposals import FileChange


class Rollbacks:
    """The applied changes of a workspace, and the ways back."""

    def __init__(self, applier: Applier, session: str) -> None:
        self._applier = applier
        self._session = session

    async def rows(self) -> list[HistoryRow]:
        """The steps that reached the disk, newest first."""
        return await asyncio.to_thread(lambda: timeline.rows(self._applier.history.steps()))

    async def preview(self, step: str) -> RollbackPreview:
        """What going back before a step would change."""
        plan = await asyncio.to_thread(self._plan, step)
        return await asyncio.to_thread(lambda: plan.preview)

    async def rollback(self, step: str) -> RolledBack | None:
        """Go back to before a step; None where nothing had to move. Raises RollbackConflict."""
        plan = await asyncio.to_thread(self._plan, step)
        return await self._perform(plan)

    async def redo(self) -> RolledBack | None:
        """Take the last rollback back; None where there is none, or nothing had to move."""
        plan = await asyncio.to_thread(plan_redo, self._applier.history, self._applier.files)
        return await self._perform(plan) if plan else None

    async def _perform(self, plan: RollbackPlan) -> RolledBack | None:
        step = await asyncio.to_thread(perform, self._applier, plan, self._session)
        return RolledBack(plan.step.id, tuple(change.path for change in plan.changes)) if step else None

    def _plan(self, step: str) -> RollbackPlan:
        history = self._applier.history
        return plan_rollback(history, self._applier.files, history.find(step))


class SessionChanges:
    """What this session's model changed and has not undone: the source of `undo_edit`."""

    def __init__(self, applier: Applier, session: str) -> None:
        self._history = applier.history
        self._session = session

    def last_change(self, path: str) -> FileChange | None:
        """The last change of a path that can be undone, with its bytes."""
        found = timeline.undoable(self._history.steps(), path, self._session)
        if found is None:
            return None
        before, after = self._history.images([found[1].before, found[1].after])
        return FileChange(path, before, after)

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


_EDITS = (Operation.EDIT, Operation.UNDO)
