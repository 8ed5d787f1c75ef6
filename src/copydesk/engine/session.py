"""Owns a session: takes commands from a front end, gives events back, and runs one turn at a time.

A front end submits, decides, cancels and rolls back; it never touches the conversation, the gate or the files.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from copydesk.changes.changeset import Changeset
from copydesk.changes.gate import Gate
from copydesk.config import RuleBook
from copydesk.domain import events
from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, RollbackPreview
from copydesk.domain.checks import Check, CheckFinished
from copydesk.domain.commits import PLAIN_WISH, CommitPreview, Committed, CommitWish, NotCommitted
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.messages import BROKEN_OFF, Block, InvalidHistory, Message
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Rule, Verdict
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.domain.rules import RuleScope
from copydesk.engine.approvals import Approvals
from copydesk.engine.attention import Attention
from copydesk.engine.bus import Bus
from copydesk.engine.commits import Commits
from copydesk.engine.conversation import Conversation
from copydesk.engine.diary import broken_by
from copydesk.engine.journal import Journal
from copydesk.engine.person_tools import PersonTools, note_on
from copydesk.engine.relay import Relay
from copydesk.engine.reviews import Reviewed, Reviews
from copydesk.engine.rewind import Rewinds
from copydesk.engine.rollbacks import Rollbacks
from copydesk.engine.turn import TurnRunner
from copydesk.engine.verification import Verification
from copydesk.model.client import ClaudeModel
from copydesk.tools.checks import told

Context = Callable[[str, bool], Awaitable[tuple[list[str | Block], list[str]]]]
"""Given a prompt and whether it is the first: what goes in with it, and sentences about that for the person."""


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What a session is made of; joined in the composition root."""

    bus: Bus
    journal: Journal
    model: ClaudeModel
    conversation: Conversation
    runner: TurnRunner
    gate: Gate
    approvals: Approvals
    rollbacks: Rollbacks
    rewinds: Rewinds
    commits: Commits
    reviews: Reviews
    rules: RuleBook
    attention: Attention
    context: Context
    relay: Relay
    tools: PersonTools
    trust: Callable[[bool], str]
    """Trusts what was offered of the workspace, and says what; told whether the model was prompted yet. Blocking."""
    verification: Verification
    net: Callable[[], tuple[FileChange, ...]]
    """Gives what the edits since it was opened come to, one change a file; blocking."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A prompt that waits for its turn."""

    words: str
    """What the person wrote."""
    piped: str
    """What goes with it, whoever wrote that."""
    goes_on: bool


class Session:
    """One conversation about one workspace; all methods are called on the loop's thread."""

    def __init__(self, started: events.SessionStarted, parts: SessionParts, notices: Sequence[str] = ()) -> None:
        self.id = parts.bus.session
        self._started = started
        self._notices = notices
        """What was found when it was opened."""
        self._parts = parts
        self._prompts: deque[_Prompt] = deque()
        self._work: asyncio.Task[Any] | None = None
        """The turns that run, or a cut of the conversation; one at a time."""
        self.opened_after = parts.bus.last_number
        """The number of the last event of before; readers that care for this opening only begin there."""

    def start(self) -> None:
        """Announce the session and what was found when it was opened; before anything else, on the loop's thread."""
        self._parts.relay.start(self._parts.bus.emit, self._parts.attention)
        self._parts.bus.emit(self._started)
        for text in self._notices:
            self._parts.bus.emit(events.Noticed(text))

    def subscribe(self, since: int = 0) -> AsyncIterator[events.Envelope]:
        """Read events from number `since` on, and whatever comes."""
        return self._parts.bus.subscribe(since)

    @property
    def last_number(self) -> int:
        """The number of the last event."""
        return self._parts.bus.last_number

    def events_after(self, number: int) -> Sequence[events.Envelope]:
        """The events since a number, without waiting for more."""
        return self._parts.bus.after(number)

    def notice(self, text: str) -> None:
        """Say something that the person should know."""
        self._parts.bus.emit(events.Noticed(text))

    def warm_up(self) -> None:
        """Begin to load what the first prompt needs, in the background."""
        if self.has_credentials:
            self._parts.model.prepare()

    @property
    def is_busy(self) -> bool:
        """True while a turn runs or prompts wait."""
        return self._work is not None

    @property
    def has_prompts(self) -> bool:
        """True while a prompt waits for its turn."""
        return bool(self._prompts)

    async def submit(self, prompt: str, piped: str = "", *, goes_on: bool = False) -> None:
        """Take a prompt, and text that goes with it but names no files; it runs when those before it are done.

        With `goes_on` it is no new task: the limit of steps goes on counting.
        """
        self._prompts.append(_Prompt(prompt, piped, goes_on))
        if self._work is None:
            self._work = asyncio.create_task(self._work_off())

    @property
    def queued(self) -> tuple[str, ...]:
        """The prompts that wait for their turn, the next one first."""
        return tuple(prompt.words for prompt in self._prompts)

    def take_back(self) -> str | None:
        """Take the last prompt that waits out again; None where none does."""
        return self._prompts.pop().words if self._prompts else None

    @property
    def tools(self) -> PersonTools:
        """What the person does with tools that the model has too."""
        return self._parts.tools

    async def run_check(self, check: Check) -> None:
        """Run a check at the person's word, show what it wrote, and tell the model with the next prompt."""
        result = await self._parts.tools.run_check(check)
        self.notice(told(result))
        self._note(note_on(result))

    async def verify(self, checks: Sequence[Check], stop: Event) -> list[CheckFinished]:
        """Run checks on what the session has made of the workspace, edits that wait included.

        CopydeskError or OSError where there is no place to run them in; those after `stop` was set are left out.
        """
        return await self._parts.verification.run(checks, stop)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation, as the next request would send it."""
        return self._parts.conversation.messages

    async def net_changes(self) -> tuple[FileChange, ...]:
        """What the edits since it was opened come to, made or waiting, by path; HistoryError or GitError."""
        return await asyncio.to_thread(self._parts.net)

    def decide(self, proposal: str, decision: Decision) -> bool:
        """Answer a proposal that waits; False where it does not, or something else was on screen."""
        return self._parts.approvals.decide(proposal, decision)

    def proposal(self, proposal: str) -> Proposal | None:
        """The edit that waits under this id, with its images; None where none does."""
        return self._parts.approvals.proposal(proposal)

    def cancel(self, outcome: str = "interrupted") -> bool:
        """Interrupt the running turn; True if one ran. Prompts that wait are dropped."""
        if self._work is None:
            return False
        self._prompts.clear()
        self._parts.runner.interrupt(outcome)
        self._parts.approvals.interrupt()
        return True

    @property
    def waiting_review(self) -> tuple[str, ...]:
        """The paths whose edits wait for a review."""
        return self._parts.reviews.waiting

    async def changeset(self, overruled: Collection[str] = ()) -> Changeset:
        """What waits for a review, against the disk at this moment; `overruled` as in `changes.changeset.compute`."""
        return await self._parts.reviews.changeset(overruled)

    def is_closed(self, change: FileChange) -> bool:
        """Whether a change needs a person's own word, or may not be made at all, by the rules of now."""
        return self._parts.reviews.is_closed(change)

    async def drop_review(self) -> None:
        """Let go of all that waits for a review, unseen."""
        await self._parts.reviews.clear()

    async def decide_review(self, decision: Decision) -> Reviewed:
        """Land what is accepted of what waits, and tell the model with the next prompt."""
        reviewed = await self._parts.reviews.decide(decision, self._note)
        for sentence in reviewed.others:
            self.notice(sentence)
        return reviewed

    @property
    def mode(self) -> Mode:
        """What later edits are ruled on by."""
        return self._parts.gate.policy.mode

    def set_mode(self, mode: str) -> None:
        """Rule on later edits by another mode; UsageError to leave `review` while edits wait there."""
        if self.waiting_review and mode != Mode.REVIEW:
            raise UsageError(f"{', '.join(self.waiting_review)}: edits wait for your review; decide about them first.")
        if self._parts.gate.is_gathering and mode != Mode.REVIEW:
            raise UsageError("An edit is just being gathered for your review; decide about it first.")
        self._parts.gate.policy = replace(self._parts.gate.policy, mode=Mode(mode))
        self._parts.bus.emit(events.ModeChanged(mode))

    @property
    def has_credentials(self) -> bool:
        """Whether the model can be asked at all."""
        return self._parts.model.has_credentials

    def use_key(self, key: str) -> None:
        """Take an API key for this session; it is written nowhere."""
        self._parts.model.use_key(key)

    async def remember(self, verdict: Verdict, glob: str, scope: RuleScope, reason: str = "") -> str:
        """Rule so from now on; gives the rule's id. UsageError for what may not be remembered."""
        kept = await asyncio.to_thread(self._parts.rules.remember, verdict, glob, scope, reason=reason)
        self._parts.gate.policy = self._parts.gate.policy.remembering(kept.rule)
        self.notice(f"From now on: {verdict} {glob} (rule {kept.id}, which /rules can revoke).")
        return kept.id

    async def forget(self, identity: str) -> None:
        """Take a remembered rule back; UsageError where none has this id."""
        if not any(rule.id == identity for rule in self.rules):
            raise UsageError(f"There is no remembered rule {identity} here.")
        kept, _ = await asyncio.to_thread(self._parts.rules.rules)
        if any(rule.id == identity for rule in kept):
            await asyncio.to_thread(self._parts.rules.revoke, identity)
        self._parts.gate.policy = self._parts.gate.policy.forgetting(identity)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that count, in order."""
        return self._parts.gate.policy.rules

    async def history(self) -> list[HistoryRow]:
        """The applied steps of this workspace, newest first."""
        return await self._parts.rollbacks.rows()

    async def preview_rollback(self, aim: Aim, answers: Answers | None = None) -> RollbackPreview:
        """What going back would do."""
        return await self._parts.rollbacks.preview(aim, answers)

    async def rollback(self, aim: Aim, answers: Answers | None = None, decision: Decision | None = None) -> str:
        """Go back, or take a rollback back; raises RollbackConflict where that would lose other changes."""
        said = await self._parts.rewinds.go_back(aim, answers, decision)
        self._tell()
        return said

    async def preview_commit(self, wish: CommitWish = PLAIN_WISH) -> CommitPreview | NotCommitted:
        """What a commit of the accepted changes would hold."""
        return await self._parts.commits.preview(wish)

    async def commit(self, wish: CommitWish) -> Committed | NotCommitted:
        """Commit the accepted changes, or what is chosen of them."""
        done = await self._parts.commits.make(wish)
        if isinstance(done, Committed):
            self._parts.bus.emit(events.CommitMade(done.commit, done.paths, done.hooks))
        return done

    async def turns(self) -> list[TurnRow]:
        """The turns to whose beginning the conversation can be cut back, oldest first."""
        return await self._parts.rewinds.turns()

    async def preview_rewind(self, turn: int, answers: Answers | None = None) -> RewindPreview:
        """What cutting the conversation back to before a turn's prompt would do; UsageError while a turn runs."""
        self._require_idle()
        return await self._parts.rewinds.preview(turn, answers)

    async def rewind(
        self, turn: int, with_files: bool, answers: Answers | None = None, digest: str | None = None
    ) -> str:
        """Cut the conversation back to before a turn's prompt, and the files where asked; says what was done.

        `digest` binds it to a preview of the files. UsageError while a turn runs, or where the turn is not there;
        RollbackConflict where files cannot go back. Nothing happened then.
        """
        self._require_idle()
        self._parts.runner.forget_last_message()
        self._work = work = asyncio.create_task(self._parts.rewinds.carry_out(turn, with_files, answers, digest))
        work.add_done_callback(self._go_on)
        return await asyncio.shield(work)

    def _require_idle(self) -> None:
        if self.is_busy:
            raise UsageError("A turn is running; the conversation can be cut back once it has ended.")

    def _go_on(self, _: object) -> None:
        """Run the prompts that came meanwhile."""
        self._work = asyncio.create_task(self._work_off()) if self._prompts else None

    def _note(self, text: str, settles: Mapping[str, Any] | None = None) -> None:
        """Tell the model something; while a turn runs only after it, since calls are answered before all else."""
        self._parts.conversation.keep_note(text, settles)
        self._tell()

    def _tell(self) -> None:
        if not self.is_busy:
            self._parts.conversation.tell_notes()

    async def trust(self) -> str:
        """Trust what the workspace offers, as it was said; the model gets instructions with the next first prompt."""
        return await asyncio.to_thread(self._parts.trust, bool(self._parts.conversation.messages))

    async def idle(self) -> None:
        """Wait until no turn runs and no prompt waits."""
        while self._work is not None:
            await asyncio.wait([self._work])

    async def close(self) -> None:
        """Stop what runs, end every reader, and let go of the journal."""
        self._parts.tools.stop_check()
        if self._work is not None:
            self.cancel()
            await asyncio.wait([self._work])
        self._parts.relay.stop()
        self._parts.bus.close()
        self._parts.journal.close()
        await self._parts.model.aclose()

    async def _work_off(self) -> None:
        try:
            while self._prompts:
                await self._turn(self._prompts.popleft())
        finally:
            self._work = None

    async def _turn(self, given: _Prompt) -> None:
        parts = self._parts
        parts.runner.begin(goes_on=given.goes_on)
        parts.approvals.begin()
        parts.bus.turn += 1
        parts.gate.origin = replace(parts.gate.origin, turn=str(parts.bus.turn))
        prompt = "\n\n".join(part for part in (given.words, given.piped) if part)
        parts.bus.emit(events.TurnStarted(prompt))
        finished = events.TurnFinished("failed", reason="The turn was broken off.")
        try:
            finished = await self._run(given.words, prompt)
        except InvalidHistory as error:
            finished = events.TurnFinished("failed", reason=f"The conversation cannot be sent: {error}")
        except CopydeskError as error:
            finished = events.TurnFinished("failed", reason=str(error))
        except Exception as error:  # the boundary of a turn: the session outlives a fault
            finished = broken_by(error)
        finally:
            parts.conversation.answer_owed(BROKEN_OFF)
            parts.conversation.tell_notes()
            parts.bus.emit(finished)

    async def _run(self, words: str, prompt: str) -> events.TurnFinished:
        parts = self._parts
        blocks, sentences = await parts.context(words, not parts.conversation.has_prompt)
        for sentence in sentences:
            parts.bus.emit(events.Noticed(sentence))
        latest = await parts.rewinds.hear()
        parts.conversation.tell_notes()
        parts.conversation.add_prompt(parts.bus.turn, latest, *blocks, prompt)
        return await parts.runner.run()
