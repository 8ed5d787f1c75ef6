"""Owns the History as a session shows it: rows, previews, and going back without blocking the loop."""

import asyncio
from collections.abc import Callable

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.gate import Gate
from copydesk.changes.rollback import AgreedRollback, agree, perform, plan_rollback
from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.events import RolledBack
from copydesk.domain.proposals import OutcomeKind

_NOTHING = RollbackPreview("", "", ())
_MOVED = "The files or the history changed since this was shown; look at it again."


class Rollbacks:
    """The applied changes of a workspace, and the ways back."""

    def __init__(self, gate: Gate, applier: Applier, session: str, new_id: Callable[[], str]) -> None:
        self._gate = gate
        self._applier = applier
        self._session = session
        self._new_id = new_id

    async def rows(self) -> list[HistoryRow]:
        """The steps that reached the disk, newest first."""
        return await asyncio.to_thread(lambda: timeline.rows(self._applier.history.steps()))

    async def preview(self, aim: Aim, answers: Answers | None = None) -> RollbackPreview:
        """What going back would change, given what was said of conflicts so far; empty where there is nothing."""
        agreed = await asyncio.to_thread(self._agreed, aim, answers)
        return await asyncio.to_thread(lambda: agreed.preview) if agreed else _NOTHING

    async def go_back(
        self, aim: Aim, answers: Answers | None = None, decision: Decision | None = None
    ) -> RolledBack | None:
        """Go back, wholly or as a decision on a preview says; None where nothing had to move.

        RollbackConflict where something of others would be lost of which nothing was said, where an edit of a file
        waits for a review, and where the decision is on another preview than that of now.
        """
        agreed = await asyncio.to_thread(self._agreed, aim, answers)
        if agreed is None:
            return None
        if decision and decision.digest != agreed.proposal.digest:
            raise RollbackConflict(agreed.proposal.paths, (_MOVED,))
        outcome = await perform(self._gate, self._applier.history, agreed, self._session, decision)
        if outcome.kind is OutcomeKind.REJECTED or outcome.proposal is None:
            return None
        return RolledBack(agreed.plan.step.id, outcome.proposal.paths)

    def _agreed(self, aim: Aim, answers: Answers | None) -> AgreedRollback | None:
        plan = plan_rollback(self._applier.history, self._applier.files, aim)
        return agree(plan, answers or Answers(), self._new_id()) if plan else None
