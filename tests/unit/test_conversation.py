"""Proves that a history is only appended to or cut back to a prompt, and that a journal gives the same history."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.errors import JournalError
from copydesk.domain.events import ConversationCut, Envelope, Noticed, RolledBack
from copydesk.domain.messages import AssistantTurn, Message, ToolResult, repaired, user_message, validate
from copydesk.engine.conversation import Conversation
from copydesk.engine.dialogue import dialogue_of, without_thinking
from copydesk.engine.journal import NoJournal, Record
from copydesk.engine.recorder import Recorder


def text(said: str) -> AssistantTurn:
    return AssistantTurn(({"type": "text", "text": said},), "end_turn")


def use(*ids: str) -> AssistantTurn:
    return AssistantTurn(tuple({"type": "tool_use", "id": i, "name": "t", "input": {}} for i in ids), "tool_use")


class Taped:
    """A conversation and the records that it left."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.turn = 0
        self.conversation = Conversation(self.keep)

    def ask(self, *texts: str, step: int = 0) -> int:
        """The person's next prompt; gives the number of its turn."""
        self.turn += 1
        self.conversation.add_prompt(self.turn, step, *texts)
        return self.turn

    def keep(self, kind: str, data: dict[str, Any]) -> None:
        self.records.append(Record(len(self.records) + 1, 0.0, kind, data))

    def texts(self) -> list[str]:
        return [block.get("text", block["type"]) for m in self.conversation.messages for block in m["content"]]

    def check_replay(self) -> None:
        again = dialogue_of(self.records)
        assert again == self.conversation._dialogue
        assert again.messages == list(self.conversation.messages)


def test_invariant_5_a_refused_prompt_after_a_rejection_leaves_the_results() -> None:
    tape = Taped()
    tape.ask("first")
    tape.conversation.add_reply(use("a"))
    tape.conversation.add_results([ToolResult("a", "rejected", True)])
    tape.ask("bad", "worse")
    tape.conversation.cut_turn()

    assert tape.texts() == ["first", "tool_use", "tool_result"]
    tape.conversation.check()
    tape.check_replay()


def test_a_refused_first_prompt_leaves_nothing() -> None:
    tape = Taped()
    tape.ask("bad")
    tape.conversation.cut_turn()

    assert (tape.conversation.messages, tape.conversation.has_prompt) == ((), False)
    tape.check_replay()


def test_notes_are_not_cut_out_with_the_prompt_after_them() -> None:
    tape = Taped()
    tape.conversation.add_note("rolled back")
    tape.ask("bad")
    tape.conversation.add_note("your last call was dropped")
    tape.conversation.cut_turn()

    assert tape.texts() == ["rolled back"]
    tape.check_replay()


def test_invariant_5_a_paused_reply_and_its_continuation_are_one_message() -> None:
    tape = Taped()
    tape.ask("go")
    tape.conversation.add_reply(text("first half"))
    tape.conversation.check(is_paused=True)
    tape.conversation.add_reply(use("a"))
    tape.conversation.add_results([ToolResult("a", "ok")])

    assert [message["role"] for message in tape.conversation.messages] == ["user", "assistant", "user"]
    tape.conversation.check()
    tape.check_replay()


def test_invariant_5_owed_calls_are_answered_once() -> None:
    tape = Taped()
    tape.ask("go")
    tape.conversation.add_reply(use("a", "b"))
    tape.conversation.answer_owed("broke off")
    tape.conversation.answer_owed("broke off")

    assert len(tape.conversation.messages) == 3
    tape.conversation.check()


def test_thinking_is_left_out_for_good_once_it_is_no_longer_taken() -> None:
    tape = Taped()
    thinking = {"type": "thinking", "thinking": "", "signature": "s"}
    tape.ask("go")
    tape.conversation.add_reply(AssistantTurn((thinking, *use("a").content), "tool_use"))
    tape.conversation.add_results([ToolResult("a", "ok")])
    tape.conversation.drop_thinking()

    assert "thinking" not in str(tape.conversation.messages)
    tape.conversation.check()
    tape.check_replay()


def test_prompt_is_found_again_when_the_thinking_before_it_was_left_out() -> None:
    tape = Taped()
    tape.ask("one")
    tape.conversation.add_reply(AssistantTurn(({"type": "thinking", "thinking": "", "signature": "s"},), "end_turn"))
    tape.ask("two")
    tape.conversation.drop_thinking()
    tape.conversation.cut_turn()

    assert tape.texts() == ["one"]
    tape.check_replay()


DAMAGED: dict[str, list[Message]] = {
    "lost result": [user_message("a"), use("x").to_message(), user_message("b")],
    "lost message of the person": [user_message("a"), use("x").to_message(), text("y").to_message(), user_message("b")],
    "lost call": [user_message("a"), {"role": "user", "content": [ToolResult("x", "ok").to_block()]}],
    "lost beginning": [text("y").to_message(), user_message("b")],
}


@pytest.mark.parametrize("messages", DAMAGED.values(), ids=DAMAGED.keys())
def test_invariant_9_a_damaged_history_is_made_valid_again(messages: list[Message]) -> None:
    whole: list[Message] = repaired(messages)
    if whole[-1]["role"] == "assistant":
        whole.append(user_message("go on"))
    records = [Record(n, 0.0, "message", message) for n, message in enumerate(whole)]

    validate(dialogue_of(records).messages)


STEPS = st.lists(st.sampled_from(["text", "thinking", "call", "calls"]), max_size=3)
BETWEEN = st.lists(st.sampled_from(["note", "unthink", "cut", "cut"]), max_size=2)


class Snapshots(Taped):
    """A conversation that remembers what stood before each prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, list[Message]] = {}
        self.calls = 0

    def turn_of(self, steps: list[str]) -> None:
        before = list(self.conversation.messages)
        self.seen[self.ask(f"prompt {self.turn}")] = before
        for step in steps:
            self.answer(step)

    def answer(self, step: str) -> None:
        thinking = [{"type": "thinking", "thinking": "", "signature": "s"}] if step != "text" else []
        self.calls += 2
        ids = {"call": [f"c{self.calls}"], "calls": [f"c{self.calls}", f"d{self.calls}"]}.get(step, [])
        said = text("x").content if step == "text" else use(*ids).content
        self.conversation.add_reply(AssistantTurn((*thinking, *said), "tool_use" if ids else "end_turn"))
        if ids:
            self.conversation.add_results([ToolResult(call, "ok") for call in ids])

    def go_on(self, what: str, data: st.DataObject) -> None:
        match what:
            case "note":
                self.conversation.keep_note("rolled back", {"step": self.turn})
                self.conversation.tell_notes()
            case "unthink":
                self.conversation.drop_thinking()
                self.seen = {turn: without_thinking(kept) for turn, kept in self.seen.items()}
            case "cut" if self.seen:
                turn = data.draw(st.sampled_from(sorted(self.seen)))
                self.conversation.cut_back(turn, {"step": 0, "note": "", "paths": [], "returned": []})
                assert list(self.conversation.messages) == self.seen[turn]
                self.seen = {other: kept for other, kept in self.seen.items() if other < turn}


@given(st.lists(st.tuples(STEPS, BETWEEN), min_size=1, max_size=5), st.data())
def test_invariant_5_a_cut_gives_what_stood_before_the_prompt_and_can_be_sent(
    turns: list[tuple[list[str], list[str]]], data: st.DataObject
) -> None:
    tape = Snapshots()
    for steps, between in turns:
        tape.turn_of(steps)
        for what in between:
            tape.go_on(what, data)
        assert list(tape.conversation.starts) == sorted(tape.seen)
        tape.check_replay()
    tape.ask("and now?")
    tape.conversation.check()


@pytest.mark.parametrize("reviews", [("rejected",) * 3, ("one", "two", "three")], ids=["alike", "unlike"])
def test_note_on_a_review_that_was_cut_out_is_told_again_as_often_as_it_was_cut_out(reviews: tuple[str, ...]) -> None:
    tape = Taped()
    for review in reviews:
        tape.ask("go")
        tape.conversation.add_reply(text("done"))
        tape.conversation.keep_note(review, {"proposals": ["p"], "paths": ["a.py"]})
        tape.conversation.keep_note("rolled back", {"step": 7})
        tape.conversation.tell_notes()
    tape.conversation.cut_back(2, {"step": 8, "note": "not as they were then", "paths": ["a.py"], "returned": []})
    tape.conversation.tell_notes()

    assert tape.texts() == ["go", "done", reviews[0], "rolled back", *reviews[1:], "not as they were then"]
    assert tape.conversation.heard == 8
    tape.check_replay()

    tape.conversation.cut_back(1, {"step": 8, "note": "", "paths": [], "returned": []})
    tape.conversation.tell_notes()
    assert tape.texts() == list(reviews)
    assert not tape.conversation.has_prompt
    tape.check_replay()


def test_note_that_was_not_told_when_the_process_died_is_told_once() -> None:
    tape = Taped()
    tape.ask("go", step=3)
    tape.conversation.keep_note("rolled back", {"step": 4})
    again = Taped()
    again.records = tape.records
    again.conversation.restore(dialogue_of(tape.records))
    for _ in range(2):
        again.conversation.tell_notes()

    assert again.texts() == ["go", "rolled back"]
    assert again.conversation.heard == 4
    again.check_replay()


LOST: dict[str, tuple[int, int, list[str]]] = {
    "result": (2, 3, ["first", "tool_use", "tool_result"]),
    "call": (1, 3, ["first"]),
    "first prompt": (0, 3, []),
    "prompt that is cut to": (3, 2, ["first", "tool_use", "tool_result"]),
}
"""Which record is lost, to which turn the conversation is cut then, and what is left."""


@pytest.mark.parametrize(("lost", "turn", "left"), LOST.values(), ids=LOST.keys())
def test_invariant_9_a_damaged_conversation_is_cut_back_to_before_a_prompt(
    lost: int, turn: int, left: list[str]
) -> None:
    tape = Taped()
    tape.ask("first")
    tape.conversation.add_reply(use("a"))
    tape.conversation.add_results([ToolResult("a", "ok")])
    tape.ask("second")
    tape.ask("third", "fourth")
    again = Taped()
    again.records = [record for number, record in enumerate(tape.records) if number != lost]
    again.conversation.restore(dialogue_of(again.records))
    if turn in again.conversation.starts:
        again.conversation.cut_back(turn, {"step": 0, "note": "", "paths": [], "returned": []})
    else:
        again.keep("cut", {"turn": turn})
        again.conversation.restore(dialogue_of(again.records))

    assert [said for said in again.texts() if said != "second"] == left
    again.check_replay()
    again.turn = 9
    again.ask("go on")
    again.conversation.check()


class FullDisk:
    """A journal that takes nothing."""

    def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
        raise JournalError("The disk is full.")

    def close(self) -> None:
        pass


def test_a_failing_record_is_said_once_and_the_session_goes_on_in_memory() -> None:
    recorder = Recorder(FullDisk())
    failures: list[str] = []
    recorder.on_failure = failures.append
    conversation = Conversation(recorder.conversation)

    conversation.add_prompt(1, 0, "go")
    recorder.event(Envelope(1, "s", 1, 0.0, Noticed("x")))

    assert failures == ["The disk is full. Edits are refused from now on."]
    assert len(conversation.messages) == 1


class Durably(NoJournal):
    """A journal that remembers only what has to be on the disk at once."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
        self.kept += [data.get("event", kind)] if durable else []


def test_what_moved_and_what_was_cut_is_on_the_disk_before_anything_else_happens() -> None:
    journal = Durably()
    recorder = Recorder(journal)
    for event in (Noticed("x"), RolledBack("7f3a", ("a.py",)), ConversationCut(1)):
        recorder.event(Envelope(1, "s", 1, 0.0, event))
    Conversation(recorder.conversation).keep_note("x")

    assert journal.kept == ["RolledBack", "ConversationCut", "note"]
