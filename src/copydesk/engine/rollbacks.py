"""Owns the History as a session needs it: rows, previews, going back, what moved since a step; it blocks no loop."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.conflicts import Blocked, current_image
from copydesk.changes.gate import Gate
from copydesk.changes.rollback import AgreedRollback, agree, perform, plan_rollback
from copydesk.changes.steps import Step, same_image
from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.events import RolledBack
from copydesk.domain.proposals import OutcomeKind

NOTHING = RollbackPreview("", "", ())
"""Of going back to where there is nothing to go back to."""
_MOVED = "The files or the history changed since this was shown; look at it again."


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to the files since a step of the History."""

    latest: int
    """Number of the last step; 0 for none."""
    first: str = ""
    """Full id of the first step that belongs to the session; empty for none."""
    changed: tuple[str, ...] = ()
    """Files that the session's steps or a rollback touched, and that are not on disk as they were then."""


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
        return await asyncio.to_thread(lambda: agreed.preview) if agreed else NOTHING

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
        before, paths, operation = agreed.plan.step.id, outcome.proposal.paths, agreed.plan.operation
        return RolledBack(before, paths, operation, outcome.checkpoint, agreed.kept)

    async def returns_after(self, number: int | None) -> tuple[int, list[RolledBack]]:
        """The number of the last step, and the rollbacks and redos after a number, whoever made them; none for None."""
        return await asyncio.to_thread(self._returns_after, number)

    async def since(self, number: int) -> Since:
        """What happened to the files after the step of this number."""
        return await asyncio.to_thread(self._since, number)

    async def edits(self) -> Counter[str]:
        """How often the session's model changed files in each turn."""
        return await asyncio.to_thread(self._edits)

    def _agreed(self, aim: Aim, answers: Answers | None) -> AgreedRollback | None:
        plan = plan_rollback(self._applier.history, self._applier.files, aim)
        return agree(plan, answers or Answers(), self._new_id()) if plan else None

    def _returns_after(self, number: int | None) -> tuple[int, list[RolledBack]]:
        steps = self._applier.history.steps()
        names = {step.number: step.id for step in steps}
        returns = [
            RolledBack(names.get(step.meta.target or 0, ""), tuple(f.path for f in files), step.meta.operation, step.id)
            for step, files in timeline.written(steps)
            if number is not None and step.number > number and step.meta.operation in timeline.RETURNS
        ]
        return _latest(steps), returns

    def _since(self, number: int) -> Since:
        steps = self._applier.history.steps()
        own = (step.commit for step, _ in timeline.written(steps) if self._is_own(step) and step.number > number)
        return Since(_latest(steps), next(own, ""), tuple(self._changed(steps, number)))

    def _changed(self, steps: list[Step], number: int) -> Iterator[str]:
        for path, trail in timeline.trails(steps).items():
            since = [(step, file) for step, file in trail if step.number > number]
            if any(self._is_own(step) or step.meta.operation in timeline.RETURNS for step, _ in since):
                image = current_image(self._applier.files, path)
                if isinstance(image, Blocked) or not same_image(since[0][1].before, image):
                    yield path

    def _is_own(self, step: Step) -> bool:
        return step.meta.session == self._session

    def _edits(self) -> Counter[str]:
        written = timeline.written(self._applier.history.steps())
        edits = (step for step, _ in written if step.meta.operation in timeline.EDITS)
        return Counter(step.meta.turn for step in edits if self._is_own(step))


def _latest(steps: list[Step]) -> int:
    return steps[-1].number if steps else 0
