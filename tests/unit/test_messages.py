"""Proves that only conversations which the API takes are ever called valid."""

import pytest

from copydesk.domain.messages import (
    AssistantTurn,
    InvalidHistory,
    Message,
    ToolResult,
    clean,
    pending_calls,
    results_message,
    user_message,
    validate,
)


def use(*ids: str) -> Message:
    return {"role": "assistant", "content": [{"type": "tool_use", "id": i, "name": "t", "input": {}} for i in ids]}


def answer(*ids: str) -> Message:
    return results_message([ToolResult(i, "ok") for i in ids])


def test_invariant_5_a_whole_exchange_is_valid() -> None:
    validate([user_message("hi"), use("a", "b"), answer("a", "b"), use("c"), answer("c")])


BROKEN: dict[str, list[Message]] = {
    "nothing": [],
    "begins with the model": [use("a"), answer("a")],
    "ends with the model": [user_message("hi"), use("a")],
    "missing result": [user_message("hi"), use("a", "b"), answer("a")],
    "extra result": [user_message("hi"), use("a"), answer("a", "b")],
    "result without use": [
        user_message("hi"),
        {"role": "assistant", "content": [{"type": "text", "text": "x"}]},
        answer("a"),
    ],
    "result twice": [user_message("hi"), use("a"), answer("a", "a")],
    "same id twice": [user_message("hi"), use("a", "a"), answer("a", "a")],
    "two of a role": [user_message("hi"), user_message("hi")],
    "empty message": [{"role": "user", "content": []}],
    "empty text": [{"role": "user", "content": [{"type": "text", "text": ""}]}],
    "text before results": [
        user_message("hi"),
        use("a"),
        {"role": "user", "content": [{"type": "text", "text": "x"}, *answer("a")["content"]]},
    ],
}


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN.keys())
def test_invariant_5_broken_conversations_are_refused(messages: list[Message]) -> None:
    with pytest.raises(InvalidHistory):
        validate(messages)


def test_a_paused_turn_may_end_with_the_model() -> None:
    validate([user_message("hi"), use() | {"content": [{"type": "text", "text": "x"}]}], is_paused=True)


def test_sendable_drops_broken_and_repeated_calls() -> None:
    blocks = (*use("a", "b", "a")["content"], {"type": "text", "text": "x"})

    kept = AssistantTurn(blocks, "tool_use", broken_calls=("b",)).sendable()

    assert [block.get("id", block["type"]) for block in kept.content] == ["a", "text"]


def test_pending_calls_are_those_of_a_last_message_of_the_model() -> None:
    assert [call.id for call in pending_calls([user_message("hi"), use("a", "b")])] == ["a", "b"]
    assert pending_calls([user_message("hi"), use("a"), answer("a")]) == ()


def test_clean_replaces_what_the_api_cannot_carry() -> None:
    assert clean("a\ud800b\U0001f600") == "a\ufffd\ufffd\ufffdb\U0001f600" or clean("a\ud800b") == "a\ufffdb"
    assert clean("plain") == "plain"


def test_is_error_is_sent_only_where_true() -> None:
    assert "is_error" not in ToolResult("a", "x").to_block()
    assert ToolResult("a", "x", True).to_block()["is_error"] is True
