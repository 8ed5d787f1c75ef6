"""Proves that a history is only appended to or cut back to a prompt, and that a journal gives the same history."""

from typing import Any

import pytest

from copydesk.domain.errors import JournalError
from copydesk.domain.events import Envelope, Noticed
from copydesk.domain.messages import AssistantTurn, Message, ToolResult, repaired, user_message, validate
from copydesk.engine.conversation import Conversation, messages_of
from copydesk.engine.journal import Record
from copydesk.engine.recorder import Recorder


def text(said: str) -> AssistantTurn:
    return AssistantTurn(({"type": "text", "text": said},), "end_turn")


def use(*ids: str) -> AssistantTurn:
    return AssistantTurn(tuple({"type": "tool_use", "id": i, "name": "t", "input": {}} for i in ids), "tool_use")


class Taped:
    """A conversation and the records that it left."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.conversation = Conversation(self.keep)

    def keep(self, kind: str, data: dict[str, Any]) -> None:
        self.records.append(Record(len(self.records) + 1, 0.0, kind, data))

    def texts(self) -> list[str]:
        return [block.get("text", block["type"]) for m in self.conversation.messages for block in m["content"]]

    def check_replay(self) -> None:
        assert messages_of(self.records) == list(self.conversation.messages)


def test_invariant_5_a_refused_prompt_after_a_rejection_leaves_the_results() -> None:
    tape = Taped()
    tape.conversation.add_prompt("first")
    tape.conversation.add_reply(use("a"))
    tape.conversation.add_results([ToolResult("a", "rejected", True)])
    tape.conversation.add_prompt("bad", "worse")
    tape.conversation.cut_turn()

    assert tape.texts() == ["first", "tool_use", "tool_result"]
    tape.conversation.check()
    tape.check_replay()


def test_a_refused_first_prompt_leaves_nothing() -> None:
    tape = Taped()
    tape.conversation.add_prompt("bad")
    tape.conversation.cut_turn()

    assert (tape.conversation.messages, tape.conversation.has_prompt) == ((), False)
    tape.check_replay()


def test_notes_are_not_cut_out_with_the_prompt_after_them() -> None:
    tape = Taped()
    tape.conversation.add_note("rolled back")
    tape.conversation.add_prompt("bad")
    tape.conversation.add_note("your last call was dropped")
    tape.conversation.cut_turn()

    assert tape.texts() == ["rolled back"]
    tape.check_replay()


def test_invariant_5_a_paused_reply_and_its_continuation_are_one_message() -> None:
    tape = Taped()
    tape.conversation.add_prompt("go")
    tape.conversation.add_reply(text("first half"))
    tape.conversation.check(is_paused=True)
    tape.conversation.add_reply(use("a"))
    tape.conversation.add_results([ToolResult("a", "ok")])

    assert [message["role"] for message in tape.conversation.messages] == ["user", "assistant", "user"]
    tape.conversation.check()
    tape.check_replay()


def test_invariant_5_owed_calls_are_answered_once() -> None:
    tape = Taped()
    tape.conversation.add_prompt("go")
    tape.conversation.add_reply(use("a", "b"))
    tape.conversation.answer_owed("broke off")
    tape.conversation.answer_owed("broke off")

    assert len(tape.conversation.messages) == 3
    tape.conversation.check()


def test_thinking_is_left_out_for_good_once_it_is_no_longer_taken() -> None:
    tape = Taped()
    thinking = {"type": "thinking", "thinking": "", "signature": "s"}
    tape.conversation.add_prompt("go")
    tape.conversation.add_reply(AssistantTurn((thinking, *use("a").content), "tool_use"))
    tape.conversation.add_results([ToolResult("a", "ok")])
    tape.conversation.drop_thinking()

    assert "thinking" not in str(tape.conversation.messages)
    tape.conversation.check()
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

    validate(messages_of(records))


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

    conversation.add_prompt("go")
    recorder.event(Envelope(1, "s", 1, 0.0, Noticed("x")))

    assert failures == ["The disk is full. Edits are refused from now on."]
    assert len(conversation.messages) == 1
