"""Owns the questions that wait for the person: an event goes out, a decision comes back, matched by id."""

import asyncio
from collections.abc import Callable

from copydesk.domain import events
from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.policies import Ruling
from copydesk.domain.proposals import Proposal


class Approvals:
    """The approver of interactive sessions."""

    def __init__(self, emit: Callable[[events.Event], None]) -> None:
        self._emit = emit
        self._waiting: dict[str, tuple[str, asyncio.Future[Decision]]] = {}
        self._proposals: dict[str, Proposal] = {}
        self._is_interrupted = False

    @property
    def waiting(self) -> tuple[str, ...]:
        """Ids of the questions that are open."""
        return tuple(self._waiting)

    def proposal(self, question: str) -> Proposal | None:
        """The edit that a question is about; None where it is about something else, or not open."""
        return self._proposals.get(question)

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Ask about an edit and wait for as long as it takes."""
        self._proposals[proposal.id] = proposal
        try:
            return await self._ask(proposal.id, proposal.digest, ruling)
        finally:
            del self._proposals[proposal.id]

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Ask whether a protected path may be read."""
        decision = await self._ask(f"view:{path}", path, ruling)
        return decision.accepted

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """Ask whether a check may be run from now on."""
        question = f"check:{check.name}"
        self._emit(events.ProposalMade(question, call, check.line, (), ruling.mark, ruling.is_protected))
        decision = await self._ask(question, check.line, ruling)
        return decision.accepted

    def decide(self, question: str, decision: Decision) -> bool:
        """Answer a question; False where it no longer waits or something else was on screen."""
        digest, future = self._waiting.get(question, ("", None))
        if future is None or future.done() or decision.digest != digest:
            return False
        future.set_result(decision)
        return True

    def begin(self) -> None:
        """Ask again: a new turn has begun."""
        self._is_interrupted = False

    def interrupt(self) -> None:
        """Answer every question with no, those that wait and those to come: the turn is being stopped."""
        self._is_interrupted = True
        for digest, future in self._waiting.values():
            if not future.done():
                future.set_result(Decision(False, digest, is_interruption=True))

    async def _ask(self, question: str, digest: str, ruling: Ruling) -> Decision:
        if self._is_interrupted:
            return Decision(False, digest, is_interruption=True)
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[question] = (digest, future)
        self._emit(events.ApprovalRequested(question, ruling.reason))
        try:
            decision = await future
        finally:
            del self._waiting[question]
        self._emit(events.ApprovalResolved(question, decision.accepted, decision.note))
        return decision
