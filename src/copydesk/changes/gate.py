"""Owns the door: every edit is ruled on, asked about where needed, and only then handed to the applier.

It never writes a file itself, and with nobody to ask the answer is no.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, assert_never

from copydesk.changes import answers
from copydesk.changes.applier import Applier
from copydesk.changes.landing import Landing, land_all
from copydesk.changes.overlay import Overlay
from copydesk.changes.rebasing import rebase
from copydesk.changes.steps import Step, StepMeta
from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.door import ChangeApplied, ChangeGathered, ChangeRefused, DoorEvent, EditReviewed, ProposalMade
from copydesk.domain.errors import GitError, HistoryError, InvalidDecision, PartlyWritten, StaleFile, WorkspaceError
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Action, ActionKind, Policy, Ruling, Verdict
from copydesk.domain.proposals import FileChange, Outcome, OutcomeKind, Proposal


class Approver(Protocol):
    """Whoever is asked; implemented by the session, the protocol servers and headless runs."""

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Show the proposal and wait; None where nobody can be asked."""

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Ask whether the model may read a protected path."""

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """Ask whether a check may be run that nobody declared; `call` is the one that wants it."""


class NobodyToAsk:
    """The approver of runs without a person: every question is answered no."""

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Nobody is there."""
        return None

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Nobody is there."""
        return False

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """Nobody is there."""
        return False


@dataclass(frozen=True, slots=True)
class Viewing:
    """Whether a path may be read, and why not."""

    allowed: bool
    reason: str = ""


Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Gathering:
    """Where the edits of mode review wait."""

    overlay: Overlay
    is_attended: bool
    """A person reviews them: what would be asked may wait with the rest; without one it is refused."""


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
        self.approver = approver
        self._emit = emit
        self.gathering: Gathering | None = None
        """Where mode review puts edits; without it they are refused."""
        self.is_gathering = False
        """An edit is on its way there: the mode has to stay."""
        self.writing = asyncio.Lock()
        """Held while the workspace is written to, and by whatever must not see it half done."""
        self._closed = ""

    def close(self, reason: str) -> None:
        """Refuse every edit from now on, with this sentence; reading goes on."""
        self._closed = reason

    def ruling_on_view(self, path: str) -> Ruling:
        """Rule on reading a real path (relative to the root) without asking anybody."""
        return self.policy.rule_on(Action(ActionKind.VIEW, path))

    def denies_view(self, path: str) -> bool:
        """Whether a path may not even be listed; that of a directory ends in `/`."""
        return self.policy.denies(Action(ActionKind.VIEW, path))

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
                if await self.approver.ask_to_view(path, ruling):
                    return Viewing(True)
                reason = f"{ruling.reason} It was not given."
            case Verdict.DENY:
                reason = ruling.reason
        self.refuse(call, path, reason, is_view=not is_edit)
        return Viewing(False, reason)

    def refuse(self, call: str, path: str, reason: str, *, is_view: bool) -> None:
        """Say that a call was refused before there was anything to propose."""
        self._emit(ChangeRefused("", call, path, OutcomeKind.DENIED, reason, is_view))

    def give_up(self, path: str, reason: str) -> None:
        """Say that what waited for a file cannot be brought together with what the disk holds by now."""
        self._emit(ChangeRefused("", "", path, OutcomeKind.STALE, reason))

    def report_edit(self, call: str, path: str, kind: OutcomeKind) -> None:
        """Say what became of one edit that waited, where only a part of its file landed."""
        self._emit(EditReviewed(call, path, kind))

    async def submit(self, proposal: Proposal, meta: StepMeta | None = None) -> Outcome:
        """Rule on a proposal, ask, apply or gather; the outcome says what is on disk."""
        diffs = await _compared(proposal.changes)
        # Nothing is waited for from here to where the edit goes: the mode that rules on it is the mode that it goes by.
        ruling = self.ruling_on(proposal)
        self._announce(proposal, ruling, diffs)
        if self._closed:
            return self._refused(proposal, OutcomeKind.DENIED, self._closed)
        meta = meta or replace(self.origin, call=proposal.call)
        match ruling.verdict:
            case Verdict.DENY:
                return self._refused(proposal, OutcomeKind.DENIED, ruling.reason)
            case _ if self.policy.mode is Mode.REVIEW:
                return await self._gather(proposal, ruling, meta)
            case Verdict.ASK:
                return await self._ask_and_land(proposal, ruling, meta)
            case Verdict.ALLOW:
                return await self.land(proposal, Decision(True, proposal.digest), meta)
            case _:
                assert_never(ruling.verdict)

    def _announce(self, proposal: Proposal, ruling: Ruling, diffs: tuple[FileDiff, ...]) -> None:
        rule = ruling.rule.words if ruling.rule else ""
        self._emit(
            ProposalMade(proposal.id, proposal.call, proposal.digest, diffs, ruling.mark, ruling.is_protected, rule)
        )

    async def _gather(self, proposal: Proposal, ruling: Ruling, meta: StepMeta) -> Outcome:
        """Put a proposal where the model reads it back and the person reviews it later."""
        gathering = self.gathering
        if gathering is None or (ruling.verdict is Verdict.ASK and not gathering.is_attended):
            return self._refused(proposal, OutcomeKind.DENIED, f"{ruling.reason} {_nobody(ruling)}")
        self.is_gathering = True
        try:
            await _finished(asyncio.to_thread(gathering.overlay.gather, proposal, meta))
        except StaleFile as stale:
            return self._refused(proposal, OutcomeKind.STALE, _changed(stale.path))
        except (GitError, HistoryError, WorkspaceError) as error:
            return self._refused(proposal, OutcomeKind.DENIED, str(error))
        finally:
            self.is_gathering = False
        for change in proposal.changes:
            self._emit(ChangeGathered(proposal.id, proposal.call, change.path, change.diff, change.after_digest))
        return Outcome(OutcomeKind.GATHERED, answers.gathered(proposal), proposal=proposal)

    async def _ask_and_land(self, proposal: Proposal, ruling: Ruling, meta: StepMeta) -> Outcome:
        """Ask until the decision is on what the disk holds; a file that changed is merged and asked about again."""
        note = ""
        while True:
            decision = await self.approver.ask(proposal, ruling)
            refusal = self._refusal(proposal, ruling, decision)
            if decision is None or refusal:
                return refusal or self._refused(proposal, OutcomeKind.DENIED, ruling.reason)
            decision = replace(decision, note=decision.note or note)
            try:
                return await self._land(proposal, decision, meta)
            except StaleFile as stale:
                rebased = await asyncio.to_thread(rebase, self._applier.files, proposal)
                if rebased is None:
                    return self._refused(proposal, OutcomeKind.STALE, _changed(stale.path, decision))
            proposal, note = rebased, decision.note
            ruling = replace(ruling, reason=f"The file changed meanwhile; the edit was merged into it. {ruling.reason}")
            self._announce(proposal, ruling, await _compared(proposal.changes))

    def _refusal(self, proposal: Proposal, ruling: Ruling, decision: Decision | None) -> Outcome | None:
        """Why nothing of a proposal lands, as far as the decision alone can tell; None where something may."""
        if decision is None:
            return self._refused(proposal, OutcomeKind.DENIED, f"{ruling.reason} {_nobody(ruling)}")
        if decision.digest != proposal.digest:
            reason = "The file changed while it was decided about this edit; send it again."
            return self._refused(proposal, OutcomeKind.STALE, "\n".join((reason, *answers.words(decision))))
        if decision.is_interruption:
            return self._refused(proposal, OutcomeKind.REJECTED, "The person interrupted before deciding.")
        return None

    async def land_decided(
        self, proposal: Proposal, decision: Decision, meta: StepMeta, after: int | None = None
    ) -> Outcome:
        """Write what a person lets through of what they looked at: no rule binds them, only what the disk holds.

        Where `after` is given it is the number of the last step that they knew of; a later one makes this stale.
        """
        if self._closed:
            return self._refused(proposal, OutcomeKind.DENIED, self._closed)
        diffs = await _compared(proposal.changes)
        self._announce(proposal, Ruling(Verdict.ALLOW, "The person looked at it."), diffs)
        return await self.land(proposal, decision, meta, after)

    async def land(self, proposal: Proposal, decision: Decision, meta: StepMeta, after: int | None = None) -> Outcome:
        """Write what a decision lets through, in one step; the decision is on exactly this proposal."""
        try:
            return await self._land(proposal, decision, meta, after)
        except StaleFile as stale:
            return self._refused(proposal, OutcomeKind.STALE, _changed(stale.path, decision))

    async def _land(self, proposal: Proposal, decision: Decision, meta: StepMeta, after: int | None = None) -> Outcome:
        try:
            landings = await asyncio.to_thread(land_all, proposal.changes, decision)
            changes = tuple(landing.change for landing in landings if landing.change)
            if not changes:
                return self._rejected(proposal, landings, decision)
            whole = {landing.path for landing in landings if landing.is_whole}
            meta = replace(meta, undoes=tuple(undone for undone in meta.undoes if undone.path in whole))
            async with self.writing:
                step = await _finished(asyncio.to_thread(self._applier.apply, changes, meta, after=after))
        except StaleFile:
            raise
        except PartlyWritten as partly:
            return replace(self._refused(proposal, OutcomeKind.DENIED, str(partly)), message=str(partly))
        except (InvalidDecision, GitError, HistoryError, WorkspaceError) as error:
            return self._refused(proposal, OutcomeKind.DENIED, str(error))
        except OSError as error:
            return self._refused(proposal, OutcomeKind.DENIED, f"The file system refused: {error.strerror}.")
        self._report(proposal, landings, decision, step)
        is_whole = all(landing.is_whole for landing in landings)
        kind = OutcomeKind.APPLIED if is_whole else OutcomeKind.PARTLY_APPLIED
        message = answers.landed(proposal, landings, decision)
        return Outcome(kind, message, step.id, proposal=replace(proposal, changes=changes))

    def _rejected(self, proposal: Proposal, landings: Sequence[Landing], decision: Decision) -> Outcome:
        """Each file is told the words on itself, and the whole all of them."""
        for landing in landings:
            self._tell_rejected(proposal, landing, decision)
        message = f"No change was made. {answers.rejected(landings, decision)}"
        ends_turn = not _has_words(landings, decision)
        return Outcome(OutcomeKind.REJECTED, message, ends_turn=ends_turn, proposal=proposal)

    def _report(self, proposal: Proposal, landings: Sequence[Landing], decision: Decision, step: Step) -> None:
        """Tell what reached the disk, and what did not."""
        for landing in landings:
            if change := landing.change:
                applied = ChangeApplied(
                    proposal.id,
                    proposal.call,
                    change.path,
                    step.id,
                    change.diff,
                    change.after_digest,
                    not landing.is_whole,
                )
                self._emit(applied)
            else:
                self._tell_rejected(proposal, landing, decision)

    def _tell_rejected(self, proposal: Proposal, landing: Landing, decision: Decision) -> None:
        reason = answers.rejected([landing], decision)
        self._emit(ChangeRefused(proposal.id, proposal.call, landing.path, OutcomeKind.REJECTED, reason))

    def _refused(self, proposal: Proposal, kind: OutcomeKind, reason: str) -> Outcome:
        for path in proposal.paths:
            self._emit(ChangeRefused(proposal.id, proposal.call, path, kind, reason))
        return Outcome(kind, f"No change was made. {reason}", proposal=proposal)


def _has_words(landings: Sequence[Landing], decision: Decision) -> bool:
    """True where the person said something, to whatever part: then the model is to go on with that."""
    on_parts = any(landing.note or any(hunk.notes for hunk in landing.hunks) for landing in landings)
    return bool(on_parts or decision.note or decision.remarks)


def _changed(path: str, decision: Decision | None = None) -> str:
    changed = f"{path} changed on disk since this edit was computed. View it again before you edit it."
    return "\n".join((changed, *(answers.words(decision) if decision else ())))


async def _compared(changes: Sequence[FileChange]) -> tuple[FileDiff, ...]:
    """Compare and digest off the loop, which a screen may wait on; digests go beside all else, once they have begun."""
    images = [image for change in changes for image in (change.before, change.after) if image]
    digests = [asyncio.to_thread(getattr, image, "digest") for image in images]
    *_, diffs = await asyncio.gather(*digests, asyncio.to_thread(lambda: tuple(change.diff for change in changes)))
    return tuple(diffs)


async def _finished(writing: Coroutine[None, None, Written]) -> Written:
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
