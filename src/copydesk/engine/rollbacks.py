"""Owns the History as a session shows it: rows, previews, and going back without blocking the loop."""

import asyncio

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.rollback import RollbackPlan, perform, plan_redo, plan_rollback
from copydesk.domain.checkpoints import HistoryRow, RollbackPreview
from copydesk.domain.events import RolledBack


class Rollbacks:
    """The applied changes of a workspace, and the ways back."""

    def __init__(self, applier: Applier, session: str, writing: asyncio.Lock) -> None:
        """`writing` is held while files move, and by whatever must not see them half moved."""
        self._applier = applier
        self._session = session
        self._writing = writing

    async def rows(self) -> list[HistoryRow]:
        """The steps that reached the disk, newest first."""
        return await asyncio.to_thread(lambda: timeline.rows(self._applier.history.steps()))

    async def preview(self, step: str) -> RollbackPreview:
        """What going back before a step would change."""
        plan = await asyncio.to_thread(self._plan, step)
        return await asyncio.to_thread(lambda: plan.preview)

    async def rollback(self, step: str) -> RolledBack | None:
        """Go back to before a step; None where nothing had to move.

        RollbackConflict where others changed a file since, or where an edit of it waits for a review.
        """
        async with self._writing:
            return await self._perform(await asyncio.to_thread(self._plan, step))

    async def redo(self) -> RolledBack | None:
        """Take the last rollback back; None where there is none, or nothing had to move."""
        async with self._writing:
            plan = await asyncio.to_thread(plan_redo, self._applier.history, self._applier.files)
            return await self._perform(plan) if plan else None

    async def _perform(self, plan: RollbackPlan) -> RolledBack | None:
        step = await asyncio.to_thread(perform, self._applier, plan, self._session)
        return RolledBack(plan.step.id, tuple(change.path for change in plan.changes)) if step else None

    def _plan(self, step: str) -> RollbackPlan:
        history = self._applier.history
        return plan_rollback(history, self._applier.files, history.find(step))
