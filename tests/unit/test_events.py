"""Proves that every event is a value that comes back from JSON, and that the fold over events is the transcript."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain import events
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.drafts import Draft
from copydesk.domain.events import EVENT_TYPES, Envelope, Event, event_from_json, event_to_json
from copydesk.domain.transcript import Notice, Prompt, Reply, Thought, ToolCard, Transcript, fold
from copydesk.domain.usage import Usage
from copydesk.engine.journal import NoJournal, Record
from copydesk.engine.recorder import Recorder
from copydesk.engine.resume import envelopes_of

DIFFS = st.builds(lambda a, b: diff_images("a.py", a.encode(), b.encode()), st.text("ab\n\r"), st.text("ab\n\r"))


def register_values() -> None:
    """Say what hypothesis cannot guess: sensible diffs, JSON objects, numbers that equal themselves."""
    st.register_type_strategy(FileDiff, DIFFS)
    st.register_type_strategy(dict, lambda _: st.dictionaries(st.text(), st.integers() | st.text()))
    st.register_type_strategy(float, st.floats(allow_nan=False))


register_values()
COSTS = st.none() | st.decimals(0, 1_000, places=6).map(str)
EVENTS = st.one_of(
    [
        st.builds(kind, cost_usd=COSTS) if kind is events.UsageReported else st.from_type(kind)
        for kind in EVENT_TYPES.values()
    ]
)


@given(EVENTS)
def test_invariant_9_every_event_round_trips_through_json(event: Event) -> None:
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


@given(EVENTS)
def test_invariant_9_every_event_comes_back_from_a_journal(event: Event) -> None:
    records: list[Record] = []

    class Tape(NoJournal):
        def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
            records.append(Record(1, 0.0, kind, json.loads(json.dumps(data))))

    Recorder(Tape()).event(Envelope(7, "s", 3, 0.0, event))
    assert envelopes_of("s", records) == [Envelope(7, "s", 3, 0.0, event)]


def told(*happened: Event) -> Transcript:
    return fold(Transcript(), [Envelope(n, "s", 1, 0.0, event) for n, event in enumerate(happened, 1)])


def told_in_turns(*happened: tuple[int, Event]) -> Transcript:
    return fold(Transcript(), [Envelope(n, "s", turn, 0.0, event) for n, (turn, event) in enumerate(happened, 1)])


TURNS = tuple(
    (turn, event)
    for turn in (1, 2, 3)
    for event in (
        events.TurnStarted(f"\n prompt {turn}\nand more"),
        events.TextFinished(f"reply {turn}"),
        events.UsageReported(Usage(10), "0.10"),
        events.TurnFinished("done"),
    )
)


def test_what_was_cut_out_leaves_a_line_and_its_price() -> None:
    cut = told_in_turns(*TURNS, (3, events.ConversationCut(2, ("b.py",), ("a.py",))))

    line = (
        "Cut out of the conversation: “prompt 2” and 1 prompt after it. Rolled back: a.py. Not as they were then: b.py."
    )
    assert cut.items == (Prompt("\n prompt 1\nand more", 1), Reply("reply 1"), Notice(line))
    assert (cut.usage, cut.cost_usd, cut.turn) == (Usage(30), Decimal("0.30"), 3)

    again = told_in_turns(*TURNS, (3, events.ConversationCut(3)), (4, events.TurnStarted("x" * 99)))
    shortened = fold(again, [Envelope(99, "s", 4, 0.0, events.ConversationCut(2))])
    assert again.items[-2] == Notice("Cut out of the conversation: “prompt 3”.")
    assert shortened.items[-1] == Notice("Cut out of the conversation: “prompt 2” and 1 prompt after it.")


def test_rollback_and_redo_are_told_apart_and_what_was_kept_is_named() -> None:
    back = told(events.RolledBack("7f3a", ("a.py",), "rollback", "8", ("b.py", "c.py")))
    assert back.items == (Notice("Rolled back: a.py. Kept as they are: b.py, c.py."),)
    assert told(events.RolledBack("7f3a", ("a.py",), "redo")).items == (Notice("Redone: a.py."),)


DIFF = diff_images("a.py", b"x\n", b"y\n")


def test_deltas_grow_one_reply_and_the_finished_text_replaces_it() -> None:
    transcript = told(events.TurnStarted("hi"), events.TextDelta("a"), events.TextDelta("b"))
    assert transcript.items == (Prompt("hi", 1), Reply("ab", True))

    transcript = told(events.TurnStarted("hi"), events.TextDelta("a"), events.TextFinished("ab"))
    assert transcript.items == (Prompt("hi", 1), Reply("ab"))


def test_a_journal_without_deltas_gives_the_same_transcript() -> None:
    live = told(
        events.TurnStarted("hi"),
        events.ThinkingDelta("t"),
        events.ThinkingFinished("th", 1.0),
        events.TextDelta("a"),
        events.TextFinished("ab"),
        events.ToolDrafted("c", "t", ""),
        events.ToolDrafted("c", "t", '{"path": "a'),
        events.ToolDrafted("d", "t", "{}"),
        events.ToolCallStarted("c", "t", {"path": "a"}),
        events.TurnFinished("done"),
    )
    kept = told(
        events.TurnStarted("hi"),
        events.ThinkingFinished("th", 1.0),
        events.TextFinished("ab"),
        events.ToolCallStarted("c", "t", {"path": "a"}),
        events.TurnFinished("done"),
    )

    assert live == kept


def test_drafts_stand_below_everything_until_their_call_begins() -> None:
    drafted = told(
        events.ToolDrafted("c", "editor", '{"command": "create", "path": "a.py", "file_text": "x = 1\\n'),
        events.ToolDrafted("c", "editor", "y = "),
        events.ToolDrafted("d", "editor", ""),
        events.FileChangedOutside("b.py"),
    )
    assert [card.state for card in drafted.drafts] == ["drafts", "drafts"]
    first, second = drafted.drafts
    assert (first.verb, first.path, first.draft) == (
        "create",
        "a.py",
        Draft((("command", "create"), ("path", "a.py")), "file_text", "x = 1\ny = "),
    )
    assert second.verb == "call"
    assert drafted.shown_items == (*drafted.items, first, second)

    begun = fold(drafted, [Envelope(9, "s", 1, 0.0, events.ToolCallStarted("c", "editor", {"command": "create"}))])
    assert begun.drafts == (second,)
    assert isinstance(begun.items[-1], ToolCard)
    assert (begun.items[-1].state, begun.items[-1].draft) == ("running", None)
    assert fold(begun, [Envelope(10, "s", 1, 0.0, events.StepDiscarded("It broke."))]).drafts == ()


def test_a_discarded_step_takes_back_what_it_streamed_and_no_more() -> None:
    transcript = told(
        events.TurnStarted("hi"),
        events.TextFinished("kept"),
        events.UsageReported(Usage(1), "0.1"),
        events.ThinkingFinished("lost", 1.0),
        events.TextDelta("lost"),
        events.StepDiscarded("The connection broke."),
        events.TextFinished("new"),
    )

    assert transcript.items == (Prompt("hi", 1), Reply("kept"), Notice("The connection broke.", "retry"), Reply("new"))


PROPOSED = (
    events.TurnStarted("hi"),
    events.ToolCallStarted("c", "tool", {"command": "str_replace", "path": "a.py"}),
    events.ProposalMade("p", "c", "d", (DIFF,)),
    events.ApprovalRequested("p", "In mode ask each edit is shown first."),
)


def test_a_card_waits_and_is_applied() -> None:
    assert [card.call for card in told(*PROPOSED).waiting] == ["c"]

    done = told(
        *PROPOSED,
        events.ApprovalResolved("p", True),
        events.ChangeApplied("p", "c", "a.py", "7f3a", DIFF),
        events.ToolCallFinished("c", "ok", False),
    )

    card = done.items[-1]
    assert isinstance(card, ToolCard)
    assert (card.state, card.checkpoint, card.verb, card.answer) == ("applied", "7f3a", "edit", "ok")


def test_a_rejected_card_stays_rejected_when_the_call_is_answered() -> None:
    done = told(
        *PROPOSED,
        events.ApprovalResolved("p", False, "no"),
        events.ChangeRefused("p", "c", "a.py", "rejected", "The person said no."),
        events.ToolCallFinished("c", "No change.", True),
    )

    assert isinstance(done.items[-1], ToolCard)
    assert done.items[-1].state == "rejected"
    assert done.waiting == ()


@pytest.mark.parametrize("outcome", ["interrupted", "failed"])
def test_nothing_is_live_or_waiting_after_the_turn(outcome: str) -> None:
    done = told(*PROPOSED, events.TextDelta("half"), events.TurnFinished(outcome, reason="Why."))

    assert done.waiting == ()
    assert not done.is_busy
    assert not any(isinstance(item, Reply | Thought) and item.is_live for item in done.items)
    assert done.items[-1] == Notice("Why.", "note" if outcome == "interrupted" else "error")


def test_usage_and_cost_add_up_until_a_price_is_unknown() -> None:
    known = told(events.UsageReported(Usage(10, output_tokens=2), "0.10"), events.UsageReported(Usage(5), "0.05"))
    assert (known.usage, known.cost_usd) == (Usage(15, output_tokens=2), Decimal("0.15"))

    unknown = told(events.UsageReported(Usage(1), None), events.UsageReported(Usage(1), "0.05"))
    assert unknown.cost_usd is None
