"""Owns the door: every edit is ruled on, asked about where needed, and only then handed to the applier.

It never writes a file itself, and with nobody to ask the answer is no.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from copydesk.changes.applier import Applier
from copydesk.changes.steps import Step, StepMeta
from copydesk.domain.diffs import FileDiff
from copydesk.domain.door import ChangeApplied, ChangeRefused, DoorEvent, ProposalMade
from copydesk.domain.errors import GitError, HistoryError, StaleFile, WorkspaceError
from copydesk.domain.policies import Action, ActionKind, Policy, Ruling, Verdict
from copydesk.domain.proposals import Decision, FileChange, Outcome, OutcomeKind, Proposal


class Approver(Protocol):
    """Whoever is asked; implemented by the session, the protocol servers and headless runs."""

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Show the proposal and wait; None where nobody can be asked."""

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Ask whether the model may read a protected path."""


class NobodyToAsk:
    """The approver of runs without a person: every question is answered no."""

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Nobody is there."""
        return None

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Nobody is there."""
        return False


@dataclass(frozen=True, slots=True)
class Viewing:
    """Whether a path may be read, and why not."""

    allowed: bool
    reason: str = ""


class Gate:
    """Decides about proposals and has them applied; `policy` and `origin` change between calls, never during one."""

    def __init__(
        self,
        policy: Policy,
        origin: StepMeta,
        applier: Applier,
        approver: Approver,
        emit: Callable[[DoorEvent], None],
    ) -> None:
        self.policy = policy
        self.origin = origin
        """Session, turn and model that the next steps are recorded under."""
        self._applier = applier
        self._approver = approver
        self._emit = emit
        self._closed = ""

    def close(self, reason: str) -> None:
        """Refuse every edit from now on, with this sentence; reading goes on."""
        self._closed = reason

    def ruling_on_view(self, path: str) -> Ruling:
        """Rule on reading a real path (relative to the root) without asking anybody."""
        return self.policy.rule_on(Action(ActionKind.VIEW, path))

    def ruling_on(self, proposal: Proposal) -> Ruling:
        """Rule on a proposal without asking anybody."""
        return strictest([self.policy.rule_on(action_of(change)) for change in proposal.changes])

    async def may_view(self, path: str, call: str = "", *, is_edit: bool = False) -> Viewing:
        """Rule on reading a real path (relative to the root); an edit reads the file that it changes."""
        ruling = self.ruling_on_view(path)
        match ruling.verdict:
            case Verdict.ALLOW:
                return Viewing(True)
            case Verdict.ASK:
                self._emit(ProposalMade(f"view:{path}", call, path, (), ruling.mark, ruling.is_protected))
                if await self._approver.ask_to_view(path, ruling):
                    return Viewing(True)
                reason = f"{ruling.reason} It was not given."
            case Verdict.DENY:
                reason = ruling.reason
        self.refuse(call, path, reason, is_view=not is_edit)
        return Viewing(False, reason)

    def refuse(self, call: str, path: str, reason: str, *, is_view: bool) -> None:
        """Say that a call was refused before there was anything to propose."""
        self._emit(ChangeRefused("", call, path, OutcomeKind.DENIED, reason, is_view))

    async def submit(self, proposal: Proposal, meta: StepMeta | None = None) -> Outcome:
        """Rule on a proposal, ask, apply; the outcome says what is on disk."""
        ruling = self.ruling_on(proposal)
        diffs = await _compared(proposal.changes)
        self._emit(ProposalMade(proposal.id, proposal.call, proposal.digest, diffs, ruling.mark, ruling.is_protected))
        if self._closed:
            return self._refused(proposal, OutcomeKind.DENIED, self._closed)
        match ruling.verdict:
            case Verdict.DENY:
                return self._refused(proposal, OutcomeKind.DENIED, ruling.reason)
            case Verdict.ASK:
                refusal = await self._asked(proposal, ruling)
                if refusal:
                    return refusal
            case Verdict.ALLOW:
                pass
        return await self._apply(proposal, meta or replace(self.origin, call=proposal.call))

    async def _asked(self, proposal: Proposal, ruling: Ruling) -> Outcome | None:
        """Ask the person; None where they accepted what was shown."""
        decision = await self._approver.ask(proposal, ruling)
        if decision is None:
            return self._refused(proposal, OutcomeKind.DENIED, f"{ruling.reason} {_nobody(ruling)}")
        if decision.digest != proposal.digest:
            reason = "The file changed while it was decided about this edit; send it again."
            return self._refused(proposal, OutcomeKind.STALE, reason)
        if decision.accepted:
            return None
        if decision.is_interruption:
            return self._refused(proposal, OutcomeKind.REJECTED, "The person interrupted before deciding.")
        if decision.note:
            return self._refused(
                proposal, OutcomeKind.REJECTED, f"The person rejected this edit and says: {decision.note}"
            )
        refused = self._refused(proposal, OutcomeKind.REJECTED, "The person rejected this edit.")
        return replace(refused, ends_turn=True)

    async def _apply(self, proposal: Proposal, meta: StepMeta) -> Outcome:
        try:
            step = await _finished(asyncio.to_thread(self._applier.apply, proposal.changes, meta))
        except StaleFile as stale:
            reason = f"{stale.path} changed on disk since this edit was computed. View it again before you edit it."
            return self._refused(proposal, OutcomeKind.STALE, reason)
        except (GitError, HistoryError, WorkspaceError) as error:
            return self._refused(proposal, OutcomeKind.DENIED, str(error))
        except OSError as error:
            return self._refused(proposal, OutcomeKind.DENIED, f"The file system refused: {error.strerror}.")
        self._announce(proposal, step)
        return Outcome(OutcomeKind.APPLIED, proposal.summary, step.id, proposal=proposal)

    def _announce(self, proposal: Proposal, step: Step) -> None:
        for change in proposal.changes:
            self._emit(
                ChangeApplied(proposal.id, proposal.call, change.path, step.id, change.diff, change.after_digest)
            )

    def _refused(self, proposal: Proposal, kind: OutcomeKind, reason: str) -> Outcome:
        for path in proposal.paths:
            self._emit(ChangeRefused(proposal.id, proposal.call, path, kind, reason))
        return Outcome(kind, f"No change was made. {reason}", proposal=proposal)


async def _compared(changes: Sequence[FileChange]) -> tuple[FileDiff, ...]:
    """Compare and digest off the loop, which a screen may wait on; digests go beside all else, once they have begun."""
    images = [image for change in changes for image in (change.before, change.after) if image]
    digests = [asyncio.to_thread(getattr, image, "digest") for image in images]
    *_, diffs = await asyncio.gather(*digests, asyncio.to_thread(lambda: tuple(change.diff for change in changes)))
    return tuple(diffs)


async def _finished(writing: Coroutine[None, None, Step]) -> Step:
    """Wait for a write to its end, also when the wait is cancelled: nobody may begin the next edit before."""
    task = asyncio.ensure_future(writing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _nobody(ruling: Ruling) -> str:
    """Say that nobody can be asked, and what a person can do about it."""
    helps = "`--allow` for this path" if ruling.is_protected else "`--mode accept`"
    return f"Nobody can be asked here. The person can start copydesk with {helps}, or use an MCP client that has forms."


def action_of(change: FileChange) -> Action:
    """Name what a change does to its path."""
    kind = ActionKind.EDIT
    if change.before is None:
        kind = ActionKind.CREATE
    elif change.after is None:
        kind = ActionKind.DELETE
    return Action(kind, change.path)


_SEVERITY = (Verdict.ALLOW, Verdict.ASK, Verdict.DENY)


def strictest(rulings: list[Ruling]) -> Ruling:
    """The ruling that a set of changes gets as a whole: its strictest."""
    return max(rulings, key=lambda ruling: (_SEVERITY.index(ruling.verdict), ruling.is_protected, bool(ruling.mark)))
