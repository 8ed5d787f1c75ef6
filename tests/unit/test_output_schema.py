"""Proves that every line of `json` and `stream-json` is what the published schemas say, for every event and outcome."""

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from copydesk.domain import events
from copydesk.domain.diffs import diff_images
from copydesk.domain.events import EVENT_TYPES, Envelope, Event
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import Transcript
from copydesk.domain.usage import Usage
from copydesk.frontends.headless.outcome import OUTCOMES, ExitCode, Tally
from copydesk.frontends.headless.run import take
from copydesk.frontends.headless.wire import RunFacts
from copydesk.frontends.headless.writers import RunOptions, Streams, writer_for
from tests.schemas import RESULT, SCHEMAS, STREAM, complaints

Line = dict[str, Any]

FACTS = RunFacts("s1", "/home/ada/shop", "claude-opus-4-8", "text_editor_20250728", ("editor",), "accept", "0.1.0")
COMMITTED = RunFacts(*("s1", "/shop", "claude-3-haiku-20240307", "schema", ("editor",), "plan", "0.1.0", "ab" * 20))
DIFF = diff_images("a.py", b"x\n", b"y\n")
BINARY = diff_images("caf\udce9.bin", None, b"\0")
EDIT = {"command": "str_replace", "path": "a.py", "old_str": "x", "new_str": "y\x1b[2J\u2028"}

BEGUN: tuple[Event, ...] = (
    events.SessionStarted("/home/ada/shop", "claude-opus-4-8", "text_editor_20250728", "accept"),
    events.TurnStarted("Fix it."),
)
CALLED: tuple[Event, ...] = (
    events.ThinkingDelta("Let"),
    events.ThinkingFinished("Let me look.", 0.5),
    events.TextDelta("I ed"),
    events.TextFinished("I edit."),
    events.UsageReported(Usage(10, 1, 2, 3, 4), "0.25", 1.5, "changed"),
    events.ToolDrafted("toolu_1", "editor", '{"comm'),
    events.ToolCallStarted("toolu_1", "editor", EDIT),
    events.ProposalMade("p1", "toolu_1", "ab12", (DIFF, BINARY), "runs code", True),
)
REFUSALS = (OutcomeKind.REJECTED, OutcomeKind.STALE, OutcomeKind.DENIED)
APPLIED: tuple[Event, ...] = (
    events.ChangeApplied("p1", "toolu_1", "a.py", "7f3a21c0de", DIFF, "cd34"),
    events.ChangeApplied("p1", "toolu_1", BINARY.path, "7f3a21c0de", BINARY, "cd34"),
    events.ChangeApplied("p1", "toolu_1", "b.py", "7f3a21c0de", DIFF, "cd34", is_partial=True),
    events.ChangeGathered("p2", "toolu_1", "c.py", DIFF, "cd34"),
    events.EditReviewed("toolu_1", "c.py", "rejected"),
    events.ToolCallFinished("toolu_1", "Done.", False),
)
REFUSED: tuple[Event, ...] = (
    events.ApprovalRequested("p1", "In mode ask each edit is shown first."),
    events.ApprovalResolved("p1", False, "no"),
    *(events.ChangeRefused("p1", "toolu_1", "a.py", kind, "Why.") for kind in REFUSALS),
    events.ChangeRefused("", "toolu_2", ".env", "denied", "A secret.", is_view=True),
    events.ToolCallFinished("toolu_1", "No change was made.", True),
)
ASIDE: tuple[Event, ...] = (
    events.ModeChanged("plan"),
    events.StepDiscarded("The reply broke off."),
    events.RetryScheduled(1, 0.5, "The API is busy."),
    events.FileChangedOutside("a.py"),
    events.RolledBack("7f3a21c0de", ("a.py",)),
    events.CommitMade("0" * 40, ("a.py",), ("pre-commit",)),
    events.ConversationCut(2, ("a.py",)),
    events.Noticed("Something was recovered."),
    events.CheckFinished("test", 1, 2.5, "1 failed"),
    events.CheckFinished("slow", None, 600.0, "", reason="It was stopped after 600 s."),
    events.UsageReported(Usage(1), None),
)
CHANGED = (*BEGUN, *CALLED, *APPLIED, *ASIDE)
DENIED = (*BEGUN, *CALLED, *REFUSED)

ENDS: dict[str, tuple[ExitCode, tuple[Event, ...]]] = {
    "done": (ExitCode.DONE, (*CHANGED, events.TurnFinished("done", "end_turn"))),
    "failed": (ExitCode.FAILED, (*BEGUN, events.TurnFinished("failed", reason="The API is down."))),
    "never finished": (ExitCode.FAILED, BEGUN),
    "usage": (ExitCode.USAGE, (*BEGUN, events.TurnFinished("usage", reason="The key is wrong."))),
    "steps": (ExitCode.STOPPED, (*CHANGED, events.TurnFinished("stopped", "max_steps", "Stopped."))),
    "cost": (ExitCode.STOPPED, (*CHANGED, events.TurnFinished("stopped", "max_cost", "Stopped."))),
    "refusal": (ExitCode.STOPPED, (*BEGUN, events.TurnFinished("stopped", "refusal", "The model refused."))),
    "denied": (ExitCode.DENIED, (*DENIED, events.TurnFinished("done", "end_turn"))),
    "unchanged": (ExitCode.UNCHANGED, (*BEGUN, events.TurnFinished("done", "end_turn"))),
    "interrupted": (ExitCode.INTERRUPTED, (*CHANGED, events.TurnFinished("interrupted", "interrupted", "Stopped."))),
    "terminated": (ExitCode.TERMINATED, (*DENIED, events.TurnFinished("terminated", "interrupted", "Stopped."))),
}
"""How a run can end: its exit code, and what happened in it; all of them were started with --expect-changes."""

CONTRACT = [
    *("type", "subtype", "is_error", "outcome", "exit_code", "result", "stop_reason", "session_id", "model"),
    *("tool_version", "num_turns", "num_steps", "duration_ms", "duration_api_ms", "usage", "modelUsage"),
    *("total_cost_usd", "changes", "permission_denials", "checks", "base_commit", "checkpoint"),
]
CONTRACT_USAGE = [
    *("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "total_tokens"),
]


def written(happened: Sequence[Event], output: str, facts: RunFacts = FACTS) -> list[Line]:
    """What a run writes to standard output when these events happen in it."""
    lines: list[str] = []
    numbers, clock = count(), count(100.0, 0.125)
    streams = Streams(lines.append, lambda _: None, lambda: next(clock), lambda: f"id-{next(numbers)}")
    writer = writer_for(RunOptions(output=output, has_partials=True), streams, facts)
    tally, transcript = Tally(expects_changes=True), Transcript()
    for number, event in enumerate(happened, 1):
        tally.take(event)
        transcript = take(Envelope(number, facts.session, 1, 0.0, event), transcript, writer)
    writer.end(tally, transcript, 2.5)
    assert all(line.isascii() and line.isprintable() for line in lines)
    return [json.loads(line) for line in lines]


def every_line() -> list[Line]:
    return [line for _, happened in ENDS.values() for line in written(happened, "stream-json")]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_schema_is_one_itself(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_bytes()))


@pytest.mark.parametrize("facts", [FACTS, COMMITTED], ids=["no commit", "commit"])
@pytest.mark.parametrize("name", ENDS)
def test_each_line_fits_the_schema_however_a_run_ends(name: str, facts: RunFacts) -> None:
    code, happened = ENDS[name]
    lines = written(happened, "stream-json", facts)
    assert [complaint for line in lines for complaint in complaints(STREAM, line)] == []
    (result,) = written(happened, "json", facts)
    assert complaints(RESULT, result) == []
    assert result["exit_code"] == code
    assert [line["type"] for line in lines].count("result") == 1
    assert (lines[0]["type"], lines[-1]["type"]) == ("system", "result")


def test_the_samples_hold_every_event_and_every_exit_code_there_can_be() -> None:
    assert {type(event).__name__ for _, happened in ENDS.values() for event in happened} == set(EVENT_TYPES)
    # A check that fails is the model's to mend; no run ends by one.
    assert {code for code, _ in ENDS.values()} == set(OUTCOMES) - {ExitCode.CHECK}


def test_the_samples_hold_every_kind_of_line() -> None:
    kinds = {(line["type"], line.get("subtype", line.get("status"))) for line in every_line()}
    assert {name for name, _ in kinds} == {
        *("system", "assistant", "user", "stream_event", "edit", "check", "checkpoint", "result"),
    }
    assert {status for name, status in kinds if name == "edit"} == {
        *("proposed", "applied", "partly_applied", "rejected", "denied", "stale"),
    }
    assert {status for name, status in kinds if name == "system"} == {"init", "api_retry", "notice"}


@pytest.mark.parametrize("name", [*CONTRACT, *(f"usage.{name}" for name in CONTRACT_USAGE)])
def test_result_does_not_fit_when_a_field_of_the_contract_is_missing(name: str) -> None:
    (result,) = written(ENDS["done"][1], "json")
    *outer, last = name.split(".")
    holder = result[outer[0]] if outer else result
    del holder[last]
    assert any(f"'{last}' is a required property" in complaint for complaint in complaints(RESULT, result))


@pytest.mark.parametrize("name", ["type", "session_id", "uuid"])
def test_line_does_not_fit_without_its_type_and_names(name: str) -> None:
    for line in every_line():
        assert complaints(STREAM, {key: value for key, value in line.items() if key != name})


@pytest.mark.parametrize(
    ("field", "value"),
    [("exit_code", 4), ("is_error", True), ("outcome", "failed"), ("subtype", "error_limit"), ("checkpoint", "HEAD")],
)
def test_result_does_not_fit_when_its_fields_contradict_each_other(field: str, value: object) -> None:
    (result,) = written(ENDS["done"][1], "json")
    assert complaints(RESULT, result | {field: value})


def test_line_fits_when_it_has_a_field_that_nobody_knows_yet() -> None:
    assert [complaint for line in every_line() for complaint in complaints(STREAM, line | {"later": 1})] == []


def test_line_of_an_unknown_type_does_not_fit() -> None:
    assert complaints(STREAM, {"type": "gossip", "session_id": "s", "uuid": "u"})
