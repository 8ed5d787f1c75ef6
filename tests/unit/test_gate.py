"""Proves that nothing passes the door unasked, unseen or on other bytes than were shown."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from copydesk.changes.gate import Approver, Gate, NobodyToAsk
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain import events
from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.policies import Mode, Policy, Rule, Ruling, Verdict
from copydesk.domain.proposals import FileChange, FileImage, OutcomeKind, Proposal
from copydesk.engine.approvals import Approvals
from tests.desk import Desk

pytestmark = pytest.mark.anyio


class Told:
    """A gate on a real workspace, and what it said."""

    def __init__(self, folder: Path, mode: Mode, *, asks: bool = False, rules: tuple[Rule, ...] = ()) -> None:
        folder.mkdir(exist_ok=True)
        self.desk = Desk(folder)
        self.events: list[events.Event] = []
        self.approvals = Approvals(self.events.append)
        approver: Approver = self.approvals if asks else NobodyToAsk()
        meta = StepMeta(Operation.EDIT, "session")
        self.gate = Gate(Policy(mode, rules), meta, self.desk.applier, approver, self.events.append)

    def proposal(self, path: str, before: bytes | None, after: bytes | None) -> Proposal:
        change = FileChange(
            path, FileImage(before) if before is not None else None, FileImage(after) if after is not None else None
        )
        return Proposal("p1", "call", (change,), "done")

    async def asked(self, proposal: Proposal) -> "asyncio.Task[object]":
        task: asyncio.Task[object] = asyncio.ensure_future(self.gate.submit(proposal))
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if self.approvals.waiting:
                return task
        raise AssertionError("nobody was asked")

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


async def test_mode_accept_writes_and_says_so(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x\n"))

    assert (outcome.kind, outcome.message) == (OutcomeKind.APPLIED, "done")
    assert (told.desk.base / "a.py").read_bytes() == b"x\n"
    assert told.kinds() == ["ProposalMade", "ChangeApplied"]
    assert outcome.checkpoint == told.desk.history.steps()[-1].id


async def test_mode_plan_refuses_and_writes_nothing(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.PLAN)

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x\n"))

    assert outcome.kind is OutcomeKind.DENIED
    assert "describe" in outcome.message
    assert told.desk.names() == set()


async def test_invariant_3_nobody_to_ask_means_no(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK)

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x\n"))

    assert outcome.kind is OutcomeKind.DENIED
    assert told.desk.names() == set()


@pytest.mark.parametrize(
    ("mode", "path", "helps"), [(Mode.ASK, "a.py", "--mode accept"), (Mode.ACCEPT, ".env", "--allow")]
)
async def test_what_helps_is_said_when_nobody_can_be_asked(mode: Mode, path: str, helps: str, tmp_path: Path) -> None:
    told = Told(tmp_path, mode)

    refused = (await told.gate.submit(told.proposal(path, None, b"x"))).message

    assert f"Nobody can be asked here. The person can start copydesk with `{helps}`" in refused
    assert "an MCP client that has forms" in refused


async def test_invariant_3_protected_paths_are_denied_in_mode_accept_without_a_person(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)

    for path in (".github/workflows/ci.yml", ".env", "AGENTS.md"):
        assert (await told.gate.submit(told.proposal(path, None, b"x"))).kind is OutcomeKind.DENIED
    assert told.desk.names() == set()


async def test_an_accepted_proposal_is_written(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    proposal = told.proposal("a.py", None, b"x\n")
    task = await told.asked(proposal)

    assert told.desk.names() == set()
    assert told.approvals.decide("p1", Decision(True, proposal.digest))
    await task

    assert (told.desk.base / "a.py").read_bytes() == b"x\n"
    assert told.kinds() == ["ProposalMade", "ApprovalRequested", "ApprovalResolved", "ChangeApplied"]


async def test_a_decision_on_something_else_does_not_count(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    proposal = told.proposal("a.py", None, b"x\n")
    task = await told.asked(proposal)

    assert not told.approvals.decide("p1", Decision(True, "another digest"))
    assert not told.approvals.decide("p2", Decision(True, proposal.digest))
    assert not task.done()
    assert told.approvals.decide("p1", Decision(False, proposal.digest))
    await task
    assert told.desk.names() == set()


@pytest.mark.parametrize(("note", "ends"), [("use Decimal", False), ("", True)])
async def test_a_rejection_carries_the_note_and_a_plain_one_ends_the_turn(
    tmp_path: Path, note: str, ends: bool
) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    proposal = told.proposal("a.py", None, b"x\n")
    task = asyncio.ensure_future(told.gate.submit(proposal))
    await asyncio.sleep(0.05)
    told.approvals.decide("p1", Decision(False, proposal.digest, note))

    outcome = await task

    assert (outcome.kind, outcome.ends_turn) == (OutcomeKind.REJECTED, ends)
    assert note in outcome.message
    assert told.desk.names() == set()


async def test_invariant_2_a_file_saved_while_its_proposal_waits_is_not_overwritten(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    told.desk.write("a.py", b"old\n")
    proposal = told.proposal("a.py", b"old\n", b"new\n")
    task = asyncio.ensure_future(told.gate.submit(proposal))
    await asyncio.sleep(0.05)
    told.desk.write("a.py", b"theirs\n")
    told.approvals.decide("p1", Decision(True, proposal.digest))

    outcome = await task

    assert outcome.kind is OutcomeKind.STALE
    assert "a.py changed on disk" in outcome.message
    assert (told.desk.base / "a.py").read_bytes() == b"theirs\n"
    refused = [event for event in told.events if isinstance(event, events.ChangeRefused)]
    assert [event.outcome for event in refused] == ["stale"]


async def test_touching_a_file_while_its_proposal_waits_means_nothing(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    told.desk.write("a.py", b"old\n")
    proposal = told.proposal("a.py", b"old\n", b"new\n")
    task = asyncio.ensure_future(told.gate.submit(proposal))
    await asyncio.sleep(0.05)
    (told.desk.base / "a.py").touch()
    told.approvals.decide("p1", Decision(True, proposal.digest))

    assert (await task).kind is OutcomeKind.APPLIED


async def test_the_strictest_file_decides_for_all_of_a_proposal(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    changes = tuple(FileChange(path, None, FileImage(b"x")) for path in ("a.py", ".env"))

    outcome = await told.gate.submit(Proposal("p", "c", changes))

    assert outcome.kind is OutcomeKind.DENIED
    assert told.desk.names() == set()


async def test_a_closed_gate_refuses_edits_and_lets_views_through(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    told.gate.close("The session cannot be recorded.")

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x"))

    assert (outcome.kind, told.desk.names()) == (OutcomeKind.DENIED, set())
    assert "cannot be recorded" in outcome.message
    assert (await told.gate.may_view("a.py")).allowed


async def test_a_secret_is_shown_only_with_consent(tmp_path: Path) -> None:
    alone = Told(tmp_path / "alone", Mode.ACCEPT)
    assert not (await alone.gate.may_view(".env", "c")).allowed
    refused = alone.events[-1]
    assert isinstance(refused, events.ChangeRefused)
    assert refused.is_view

    asked = Told(tmp_path / "asked", Mode.ASK, asks=True)
    task = asyncio.ensure_future(asked.gate.may_view(".env"))
    await asyncio.sleep(0.01)
    (question,) = asked.approvals.waiting
    asked.approvals.decide(question, Decision(True, ".env"))
    assert (await task).allowed


async def test_a_view_that_is_denied_by_rule_says_which(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT, rules=(Rule(Verdict.DENY, "private/**", "--deny"),))

    viewing = await told.gate.may_view("private/a.txt")

    assert not viewing.allowed
    assert "--deny private/**" in viewing.reason


async def test_the_mode_can_change_between_two_proposals(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.PLAN)
    proposal = told.proposal("a.py", None, b"x")
    assert (await told.gate.submit(proposal)).kind is OutcomeKind.DENIED

    told.gate.policy = replace(told.gate.policy, mode=Mode.ACCEPT)

    assert (await told.gate.submit(proposal)).kind is OutcomeKind.APPLIED


async def test_interrupting_answers_every_question_with_no(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK, asks=True)
    task = await told.asked(told.proposal("a.py", None, b"x"))

    told.approvals.interrupt()
    await task

    assert told.desk.names() == set()


async def test_an_edit_that_cannot_be_recorded_is_denied_and_not_made(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    told.desk.store.write_text("no directory can be made here")

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x"))

    assert (outcome.kind, told.desk.names()) == (OutcomeKind.DENIED, set())
    assert told.kinds() == ["ProposalMade", "ChangeRefused"]


async def test_a_directory_in_the_way_makes_the_edit_stale_and_is_said(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    (told.desk.base / "a.py").mkdir()

    outcome = await told.gate.submit(told.proposal("a.py", None, b"x"))

    assert outcome.kind is OutcomeKind.STALE
    assert "a.py" in outcome.message


class Forgetful:
    """An approver that answers about another version than it was asked about."""

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        return Decision(True, "what was shown before")

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        return False

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        return True


async def test_an_approval_is_bound_to_what_was_shown(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ASK)
    gate = Gate(Policy(Mode.ASK), StepMeta(Operation.EDIT, "s"), told.desk.applier, Forgetful(), told.events.append)

    outcome = await gate.submit(told.proposal("a.py", None, b"x"))

    assert (outcome.kind, told.desk.names()) == (OutcomeKind.STALE, set())


async def test_cancelled_edit_is_waited_for_when_it_is_being_written(tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    with told.desk.applier.history.locked():
        writing = asyncio.ensure_future(told.gate.submit(told.proposal("a.py", None, b"x\n")))
        await asyncio.sleep(0.1)
        writing.cancel()
        await asyncio.sleep(0.05)
        assert not writing.done()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert told.desk.contents() == {"a.py": b"x\n"}


@pytest.mark.parametrize("mode", [Mode.ASK, Mode.PLAN])
async def test_edit_goes_by_the_mode_that_holds_when_it_is_ruled_on(mode: Mode, tmp_path: Path) -> None:
    told = Told(tmp_path, Mode.ACCEPT)
    submitted = asyncio.ensure_future(told.gate.submit(told.proposal("a.py", None, b"x\n" * 50_000)))
    await asyncio.sleep(0)
    told.gate.policy = replace(told.gate.policy, mode=mode)

    assert (await submitted).kind is OutcomeKind.DENIED
    assert told.desk.names() == set()
