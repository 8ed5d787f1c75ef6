"""Owns a session whose events a test scripts; it does nothing by itself and remembers what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace

from copydesk.changes.changeset import Changeset
from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, Remedy, RollbackPreview
from copydesk.domain.checks import Check
from copydesk.domain.commits import PLAIN_WISH, CommitPreview, Committed, CommitWish, NotCommitted
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.errors import RollbackConflict, UsageError
from copydesk.domain.events import (
    ApprovalRequested,
    ApprovalResolved,
    ChangeApplied,
    ChangeRefused,
    Envelope,
    Event,
    ModeChanged,
    Noticed,
    ProposalMade,
    SessionStarted,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from copydesk.domain.proposals import FileChange, Outcome, OutcomeKind, Proposal
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.domain.rules import RememberedRule, Rule, RuleScope, Verdict
from copydesk.engine.reviews import Reviewed

OLD = b"def average(values):\n    total = sum(values)\n    return total / (len(values) - 1)\n"
NEW = b"def average(values):\n    if not values:\n        raise ValueError\n    return sum(values) / len(values)\n"
STATS = diff_images("src/stats.py", OLD, NEW)


@dataclass(frozen=True)
class Move:
    """A rollback or redo that was carried out."""

    aim: Aim
    answers: Answers
    decision: Decision


def limited(preview: RollbackPreview, paths: Sequence[str]) -> RollbackPreview:
    """A preview of some files only, as its digest tells."""
    if not paths:
        return preview
    diffs = tuple(diff for diff in preview.diffs if diff.path in paths)
    conflicts = tuple(conflict for conflict in preview.conflicts if conflict.path in paths)
    return replace(preview, digest=f"{preview.digest} in {' '.join(paths)}", diffs=diffs, conflicts=conflicts)


def answered(preview: RollbackPreview, answers: Answers) -> RollbackPreview:
    """A preview with the answers, as its digest tells."""
    diffs, open_conflicts, kept = list(preview.diffs), [], []
    for conflict in preview.conflicts:
        match answers.on(conflict.path):
            case Remedy.KEEP:
                kept.append(conflict.path)
            case Remedy.RESTORE if conflict.restored:
                diffs.append(conflict.restored)
            case Remedy.MERGE if conflict.merged:
                diffs.append(conflict.merged)
            case _:
                open_conflicts.append(conflict)
    said = "".join(f", {path} {remedy}" for path, remedy in answers.by_path.items())
    return replace(
        preview, digest=preview.digest + said, diffs=tuple(diffs), conflicts=tuple(open_conflicts), kept=tuple(kept)
    )


@dataclass
class FakeTools:
    """The files and checks that a test says there are."""

    paths: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    declared: tuple[str, ...] = ()
    listed: int = 0
    """How often the files were asked for."""
    running: asyncio.Event | None = None

    async def files(self) -> Sequence[str]:
        self.listed += 1
        return self.paths

    def find_check(self, name: str) -> Check:
        found = {check.name: check for check in self.checks}
        if name not in found:
            raise UsageError(f"There is no check {name}.")
        return found[name]

    def needs_consent(self, check: Check) -> bool:
        return check.name not in self.declared

    def stop_check(self) -> bool:
        if self.running is not None:
            self.running.set()
        return self.running is not None


@dataclass
class FakeSession:
    """Implements the session port by emitting what the test tells it to."""

    has_credentials: bool = True
    id: str = "s"
    rows: tuple[HistoryRow, ...] = ()
    rules: tuple[Rule, ...] = field(default=(), init=False)
    previews: dict[str, RollbackPreview] = field(default_factory=dict, init=False)
    log: list[Envelope] = field(default_factory=list, init=False)
    prompts: list[str] = field(default_factory=list, init=False)
    decisions: list[tuple[str, Decision]] = field(default_factory=list, init=False)
    redo: RollbackPreview = field(default=RollbackPreview("", "", ()), init=False)
    rewinds: dict[int, RewindPreview] = field(default_factory=dict, init=False)
    aims: list[Aim] = field(default_factory=list, init=False)
    moves: list[Move] = field(default_factory=list, init=False)
    cuts: list[tuple[int, bool, Answers | None, str | None]] = field(default_factory=list, init=False)
    commit_preview: CommitPreview | NotCommitted = field(
        default=NotCommitted(("There is nothing to commit.",)), init=False
    )
    committed: list[CommitWish] = field(default_factory=list, init=False)
    proposals: dict[str, Proposal] = field(default_factory=dict, init=False)
    gathered: Changeset = field(default=Changeset((), (), (), ()), init=False)
    protected: set[str] = field(default_factory=set, init=False)
    modes: list[str] = field(default_factory=list, init=False)
    keys: list[str] = field(default_factory=list, init=False)
    cancelled: int = field(default=0, init=False)
    has_ended: bool = field(default=False, init=False)
    is_busy: bool = field(default=False, init=False)
    waiting: dict[str, str] = field(default_factory=dict, init=False)
    tools: FakeTools = field(default_factory=FakeTools, init=False)
    queued: tuple[str, ...] = field(default=(), init=False)
    ran: list[str] = field(default_factory=list, init=False)
    turn: int = field(default=1, init=False)
    _waiters: list[asyncio.Event] = field(default_factory=list, init=False)

    def begin(self, mode: str = "ask") -> None:
        self.emit(SessionStarted("webshop", "claude-opus-5-5", "text_editor_20250728", mode))

    def emit(self, *events: Event) -> None:
        for event in events:
            self.log.append(Envelope(len(self.log) + 1, "s", self.turn, 0.0, event))
            match event:
                case TurnStarted():
                    self.is_busy = True
                case TurnFinished():
                    self.is_busy = False
                case _:
                    pass
        for waiter in list(self._waiters):
            waiter.set()

    async def subscribe(self, since: int = 0) -> AsyncIterator[Envelope]:
        news = asyncio.Event()
        self._waiters.append(news)
        position = since
        while not self.has_ended:
            for envelope in self.log[position:]:
                position = envelope.seq
                yield envelope
            await news.wait()
            news.clear()

    def propose(
        self,
        call: str = "c1",
        *,
        diffs: Sequence[FileDiff] = (STATS,),
        digest: str = "d1",
        mark: str = "",
        is_protected: bool = False,
    ) -> None:
        proposal = f"p-{call}-{digest}"
        if not any(isinstance(e.event, ToolCallStarted) and e.event.call == call for e in self.log):
            path = diffs[0].path if diffs else ".env"
            command = "str_replace" if diffs else "view"
            self.emit(ToolCallStarted(call, "str_replace_based_edit_tool", {"command": command, "path": path}))
        self.waiting[proposal] = digest
        self.emit(ProposalMade(proposal, call, digest, tuple(diffs), mark, is_protected))
        self.emit(ApprovalRequested(proposal, "In mode ask each edit is shown first."))

    def withdraw(self, call: str = "c1", digest: str = "d1", reason: str = "src/stats.py changed on disk.") -> None:
        proposal = f"p-{call}-{digest}"
        self.waiting.pop(proposal, None)
        self.emit(ChangeRefused(proposal, call, "src/stats.py", "stale", reason))

    async def submit(self, prompt: str) -> None:
        self.prompts.append(prompt)
        if self.is_busy:
            self.queued += (prompt,)
        else:
            self.emit(TurnStarted(prompt))

    def take_back(self) -> str | None:
        taken = self.queued[-1] if self.queued else None
        self.queued = self.queued[:-1]
        return taken

    async def run_check(self, check: Check) -> None:
        self.ran.append(check.name)
        self.tools.running = asyncio.Event()
        await self.tools.running.wait()
        self.tools.running = None
        self.emit(Noticed(f"{check.name} passed with exit code 0 after 1.2 s.\nOutput:\n3 passed"))

    def decide(self, proposal: str, decision: Decision) -> bool:
        self.decisions.append((proposal, decision))
        if self.waiting.get(proposal) != decision.digest:
            return False
        del self.waiting[proposal]
        call = proposal.split("-")[1]
        self.emit(ApprovalResolved(proposal, decision.accepted, decision.note))
        if decision.accepted:
            self.emit(ChangeApplied(proposal, call, "src/stats.py", "7f3a", STATS))
        else:
            self.emit(ChangeRefused(proposal, call, "src/stats.py", "rejected", decision.note))
        return True

    def proposal(self, proposal: str) -> Proposal | None:
        return self.proposals.get(proposal)

    @property
    def waiting_review(self) -> tuple[str, ...]:
        return self.gathered.paths

    async def changeset(self, overruled: Collection[str] = ()) -> Changeset:
        return self.gathered

    async def decide_review(self, decision: Decision) -> Reviewed:
        self.decisions.append(("gathered", decision))
        if decision.digest != self.gathered.digest:
            return Reviewed(Outcome(OutcomeKind.STALE, "The files changed while it was decided."), self.waiting_review)
        self.gathered = Changeset((), (), (), ())
        return Reviewed(Outcome(OutcomeKind.APPLIED, "Landed.", "7f3a"), ())

    def is_closed(self, change: FileChange) -> bool:
        return change.path in self.protected

    def cancel(self, outcome: str = "interrupted") -> bool:
        was_busy = self.is_busy
        if was_busy:
            self.cancelled += 1
            self.queued = ()
            self.emit(TurnFinished(outcome, reason="Interrupted."))
        return was_busy

    def set_mode(self, mode: str) -> None:
        if self.waiting_review and mode != "review":
            raise UsageError("Edits wait for your review; decide about them first.")
        self.modes.append(mode)
        self.emit(ModeChanged(mode))

    def use_key(self, key: str) -> None:
        self.keys.append(key)
        self.has_credentials = True

    async def history(self) -> Sequence[HistoryRow]:
        return self.rows

    async def preview_rollback(self, aim: Aim, answers: Answers | None = None) -> RollbackPreview:
        self.aims.append(aim)
        if aim.is_redo:
            return self.redo
        return answered(limited(self.previews[aim.step], aim.paths), answers or Answers())

    async def rollback(self, aim: Aim, answers: Answers | None = None, decision: Decision | None = None) -> str:
        now = await self.preview_rollback(aim, answers)
        if now.conflicts or decision is None or decision.digest != now.digest:
            raise RollbackConflict(("src/stats.py",), ("The files changed since this was shown.",))
        self.moves.append(Move(aim, answers or Answers(), decision))
        return "Redone: src/stats.py." if aim.is_redo else "Rolled back src/stats.py."

    async def preview_commit(self, wish: CommitWish = PLAIN_WISH) -> CommitPreview | NotCommitted:
        return self.commit_preview

    async def commit(self, wish: CommitWish) -> Committed | NotCommitted:
        self.committed.append(wish)
        return Committed("0123456789abcdef0123456789abcdef01234567", ("src/stats.py",))

    async def turns(self) -> Sequence[TurnRow]:
        return [preview.turns[0] for _, preview in sorted(self.rewinds.items())]

    async def preview_rewind(self, turn: int, answers: Answers | None = None) -> RewindPreview:
        return self.rewinds[turn]

    async def rewind(
        self, turn: int, with_files: bool, answers: Answers | None = None, digest: str | None = None
    ) -> str:
        self.cuts.append((turn, with_files, answers, digest))
        return f"Cut back to before turn {turn}."

    async def trust(self) -> str:
        return "Trusted: AGENTS.md, as it is now."

    async def remember(self, verdict: Verdict, glob: str, scope: RuleScope, reason: str = "") -> str:
        rule = RememberedRule(f"{len(self.rules):06x}", verdict, (), glob, scope, 0.0, reason).rule
        self.rules = (*self.rules, rule)
        return rule.id

    async def forget(self, identity: str) -> None:
        self.rules = tuple(rule for rule in self.rules if rule.id != identity)

    async def close(self) -> None:
        self.has_ended = True
        for waiter in self._waiters:
            waiter.set()
