from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from tests.strict_api import MODELS, Reply, StrictApi, blocks, call, say, stop
from tests.unit.api_requests import (
    CUSTOM,
    EDITOR,
    HELLO,
    LONG_MARK,
    MARK,
    OPUS,
    VIEW,
    Json,
    ask,
    assistant,
    request,
    result,
    text,
    use,
    user,
)


@pytest.fixture(scope="module")
def agreeable() -> Iterator[StrictApi]:
    with StrictApi(lambda _body, _index: say("Very well.")) as api:
        yield api
    assert api.failures == []


REFUSED_MESSAGES: dict[str, tuple[Json, str]] = {
    "result missing": (request(messages=[user("a"), assistant(use("t1")), user("b")]), "without `tool_result`"),
    "result missing at the end": (
        request("claude-sonnet-4-5", messages=[user("a"), assistant(use("t1"))]),
        "without `tool_result` blocks immediately after: t1",
    ),
    "one of two results missing": (
        request(messages=[user("a"), assistant(use("t1"), use("t2")), user(result("t1"))]),
        "immediately after: t2",
    ),
    "result too late": (
        request(messages=[user("a"), assistant(use("t1")), user("b"), assistant("c"), user(result("t1"))]),
        "without `tool_result`",
    ),
    "result of another turn": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1")), assistant("b"), user(result("t1"))]),
        "messages.4.content.0: unexpected `tool_use_id`",
    ),
    "result after text": (
        request(messages=[user("a"), assistant(use("t1")), user("b", result("t1"))]),
        "without `tool_result` blocks",
    ),
    "result of no call": (request(messages=[user(result("t9"))]), "unexpected `tool_use_id`"),
    "extra result": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1"), result("t2"))]),
        "messages.2.content.1: unexpected `tool_use_id`",
    ),
    "two results of one call": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1"), result("t1"))]),
        "must have a single result",
    ),
    "two calls of one id": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1")), assistant(use("t1")), user("b")]),
        "`tool_use` ids must be unique",
    ),
    "empty error result": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1", "", is_error=True))]),
        "content cannot be empty",
    ),
    "result by the assistant": (request(messages=[user("a"), assistant(result("t1")), user("b")]), "only be in `user`"),
    "call by the user": (request(messages=[user(use("t1"))]), "only be in `assistant`"),
    "document by the assistant": (
        request(
            messages=[
                user("a"),
                assistant(
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
                ),
                user("b"),
            ]
        ),
        "only be in `user`",
    ),
    "citations by the user": (request(messages=[user(text("a", citations=[{"type": "x"}]))]), "text.citations"),
    "assistant first": (request(messages=[assistant("a"), user("b")]), "first message must use"),
    "prefill": (request(messages=[user("a"), assistant("b")]), "prefill"),
    "prefill with a blank end": (
        request("claude-sonnet-4-5", messages=[user("a"), assistant("b ")]),
        "trailing whitespace",
    ),
    "empty text": (request(messages=[user("")]), "text content blocks must be non-empty"),
    "empty text in a result": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1", [text("")]))]),
        "messages.2.content.0.content.0: text content blocks must be non-empty",
    ),
    "blank text": (request(messages=[user(" \n")]), "non-whitespace"),
    "empty system": (request(system=""), "system.0: text content blocks must be non-empty"),
    "empty content": (request(messages=[user(), user("a")]), "messages.0: all messages must have non-empty"),
    "empty assistant turn": (request(messages=[user("a"), assistant(), user("b")]), "messages.1: all messages"),
    "system message elsewhere": (
        request("claude-sonnet-5", messages=[user("a"), {"role": "system", "content": "b"}]),
        "role 'system' is not supported",
    ),
    "forged thinking": (
        request(
            messages=[user("a"), assistant({"type": "thinking", "thinking": "x", "signature": "forged"}), user("b")]
        ),
        "messages.1.content.0: Invalid `signature`",
    ),
}


@pytest.mark.parametrize("name", REFUSED_MESSAGES)
def test_request_is_refused_with_400_when_its_messages_break_a_rule(agreeable: StrictApi, name: str) -> None:
    body, reason = REFUSED_MESSAGES[name]
    status, answer = ask(agreeable, body)
    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")
    assert reason in answer["error"]["message"]
    recorded = next(each for each in agreeable.requests if each.request_id == answer["request_id"])
    assert (recorded.refusal, recorded.status) == (answer["error"]["message"], 400)


def conversation(api: StrictApi, model: str = OPUS, rounds: int = 3) -> Json:
    """A request that follows `rounds` tool calls, each with thinking before it, echoed verbatim."""
    body = request(model, system="Be brief.", tools=[EDITOR], messages=[user("Look.")])
    for number in range(rounds):
        answer = ask(api, body)[1]
        called = answer["content"][-1]["id"]
        turn = {"role": "assistant", "content": answer["content"]}
        body = body | {"messages": [*body["messages"], turn, user(result(called, f"line {number}"))]}
    return body


def thoughtful(_body: Mapping[str, Any], index: int) -> Reply:
    return call(VIEW, thinking=f"Thought {index}.", text="I look.")


def without_thinking(body: Json, *rounds: int) -> Json:
    changed = deepcopy(body)
    for number in rounds:
        del changed["messages"][1 + 2 * number]["content"][0]
    return changed


def edited(body: Json, *path: str | int, value: Any) -> Json:
    changed = deepcopy(body)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


@pytest.fixture(scope="module")
def thinking() -> Iterator[tuple[StrictApi, Json]]:
    with StrictApi(thoughtful) as api:
        yield api, conversation(api)


PRESERVING: dict[str, Callable[[Json], Json]] = {
    "verbatim": lambda body: body,
    "appended": lambda body: body | {"messages": [*body["messages"], user("And now?")]},
    "cache markers": lambda body: edited(
        edited(body, "messages", 0, "content", 0, "cache_control", value=MARK), "cache_control", value=MARK
    ),
    "effort and limit": lambda body: body | {"output_config": {"effort": "low"}, "max_tokens": 9},
    "display": lambda body: body | {"thinking": {"type": "adaptive", "display": "summarized"}},
    "no thinking at the start": lambda body: without_thinking(body, 0),
    "no thinking at the end": lambda body: without_thinking(body, 2),
    "no thinking at all": lambda body: without_thinking(body, 0, 1, 2),
    "string for one text block": lambda body: edited(body, "messages", 0, "content", value="Look."),
    "another model": lambda body: body | {"model": "claude-fable-5-2", "system": "Be long."},
}
BREAKING: dict[str, Callable[[Json], Json]] = {
    "system": lambda body: body | {"system": "Be long."},
    "tool options": lambda body: body | {"tools": [EDITOR | {"max_characters": 5}]},
    "another tool": lambda body: body | {"tools": [EDITOR, CUSTOM]},
    "first message": lambda body: edited(body, "messages", 0, "content", 0, "text", value="Look!"),
    "tool result": lambda body: edited(body, "messages", 2, "content", 0, "content", value="(cleared)"),
    "tool input": lambda body: edited(body, "messages", 1, "content", 2, "input", "path", value="b.py"),
    "assistant's words": lambda body: edited(body, "messages", 1, "content", 1, "text", value="I looked."),
    "reminder put in": lambda body: edited(body, "messages", 0, "content", value=[text("Look."), text("Well.")]),
    "no thinking in the middle": lambda body: without_thinking(body, 1),
    "words of the thinking": lambda body: edited(body, "messages", 1, "content", 0, "thinking", value="Hm."),
}


@pytest.mark.parametrize("name", PRESERVING)
def test_thinking_is_accepted_when_its_past_is_what_it_was(thinking: tuple[StrictApi, Json], name: str) -> None:
    api, body = thinking
    status, answer = ask(api, PRESERVING[name](body))
    assert status == 200, answer


@pytest.mark.parametrize("name", BREAKING)
def test_thinking_is_refused_when_its_past_was_edited(thinking: tuple[StrictApi, Json], name: str) -> None:
    api, body = thinking
    status, answer = ask(api, BREAKING[name](body))
    assert status == 400
    assert "Invalid `signature` in `thinking` block" in answer["error"]["message"]


@pytest.mark.parametrize("model", sorted(name for name in MODELS if MODELS[name].prefix_checked))
def test_edited_past_is_named_in_the_refusal_on_models_that_check_it(model: str) -> None:
    with StrictApi(thoughtful) as api:
        status, answer = ask(api, conversation(api, model, rounds=1) | {"system": "Be long."})
    assert (status, api.failures) == (400, [])
    assert (
        "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound"
        in answer["error"]["message"]
    )


def test_edited_past_is_accepted_on_a_model_that_does_not_check_it() -> None:
    with StrictApi(thoughtful) as api:
        body = conversation(api, "claude-opus-5")
        assert ask(api, body | {"system": "Be long."})[0] == 200


def test_unbound_thinking_is_dropped_and_reported_when_the_beta_asks(thinking: tuple[StrictApi, Json]) -> None:
    api, body = thinking
    binding = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    changed = BREAKING["tool result"](body) | {"thinking": binding}
    status, answer = ask(api, changed, "thinking-binding-controls-2026-08-01")
    assert status == 200
    assert [(each["type"], each["path"]) for each in answer["input_transformations"]] == [
        ("thinking_dropped", "messages.3.content.0"),
        ("thinking_dropped", "messages.5.content.0"),
    ]


def test_thinking_is_accepted_when_the_session_goes_on_against_another_server(
    thinking: tuple[StrictApi, Json],
) -> None:
    with StrictApi([say("Welcome back.")]) as other:
        assert ask(other, thinking[1])[0] == 200


def test_redacted_thinking_and_unknown_blocks_are_accepted_when_they_come_back_as_they_went() -> None:
    odd = {"type": "musing", "depth": 3}
    with StrictApi([blocks({"type": "redacted_thinking"}, odd, text("Said.")), say("Yes.")]) as api:
        content = ask(api, request())[1]["content"]
        assert ask(api, request(messages=[*HELLO, {"role": "assistant", "content": content}, user("b")]))[0] == 200
        content[1] = odd | {"depth": 4}
        assert ask(api, request(messages=[*HELLO, {"role": "assistant", "content": content}, user("b")]))[0] == 400


def test_thinking_is_left_out_when_the_request_turns_it_off() -> None:
    with StrictApi([say("Yes.", thinking="Hm.")] * 2) as api:
        off = ask(api, request("claude-sonnet-5", thinking={"type": "disabled"}))[1]
        omitted = ask(api, request("claude-sonnet-5"))[1]
    assert [block["type"] for block in off["content"]] == ["text"]
    assert [block.get("thinking") for block in omitted["content"]] == ["", None]


def test_assistant_turn_may_end_the_messages_when_the_server_paused_it() -> None:
    with StrictApi([stop("pause_turn", say("Searching.")), say("Found.")]) as api:
        content = ask(api, request())[1]["content"]
        paused = [*HELLO, {"role": "assistant", "content": content}]
        assert ask(api, request(messages=paused))[0] == 200
        assert ask(api, request(messages=[*HELLO, assistant("Searching on.")]))[0] == 400


def test_prompt_is_read_from_the_cache_when_its_prefix_was_sent_before() -> None:
    system = [text("s" * 4000, cache_control=LONG_MARK)]
    first = request(system=system, cache_control=MARK)
    second = first | {"messages": [*HELLO, assistant("Yes."), user("More.")]}
    other = first | {"system": [text("t" * 4000, cache_control=LONG_MARK)]}
    with StrictApi([say("Yes.")] * 3) as api:
        wrote, read, missed = (ask(api, body)[1]["usage"] for body in (first, second, other))
    assert wrote["cache_read_input_tokens"] == 0
    assert wrote["cache_creation"]["ephemeral_1h_input_tokens"] >= 1000
    assert wrote["cache_creation"]["ephemeral_5m_input_tokens"] > 0
    assert read["cache_read_input_tokens"] == wrote["cache_creation_input_tokens"]
    assert (read["cache_creation"]["ephemeral_1h_input_tokens"], read["input_tokens"]) == (0, 0)
    assert missed["cache_read_input_tokens"] == 0


def test_prompt_is_not_cached_when_it_is_below_the_models_minimum() -> None:
    with StrictApi([say("Yes.")] * 2) as api:
        usages = [ask(api, request(cache_control=MARK))[1]["usage"] for _ in range(2)]
    assert {(each["cache_read_input_tokens"], each["cache_creation_input_tokens"]) for each in usages} == {(0, 0)}


def test_cache_is_missed_when_twenty_blocks_came_between() -> None:
    grown = [text(f"block {n}") for n in range(25)]
    with StrictApi([say("Yes.")] * 3) as api:
        for words in ([text("w" * 4000)], [text("w" * 4000), *grown[:19]], [text("w" * 4000), *grown[:19], *grown]):
            usage = ask(api, request(cache_control=MARK, messages=[user(*words)]))[1]["usage"]
            words_read = usage["cache_read_input_tokens"]
            assert (words_read > 0) == (len(words) == 20)


def test_cache_miss_is_explained_when_diagnostics_ask() -> None:
    def explained(api: StrictApi, previous: str | None, **fields: Any) -> tuple[str, Any]:
        answer = ask(api, request(diagnostics={"previous_message_id": previous}, **fields))[1]
        reason = answer["diagnostics"]["cache_miss_reason"]
        return answer["id"], reason and reason["type"]

    with StrictApi([say("Yes.")] * 6) as api:
        first, reason = explained(api, None)
        reasons = [
            reason,
            explained(api, first, messages=[*HELLO, assistant("Yes."), user("b")])[1],
            explained(api, first, messages=[user("Other.")])[1],
            explained(api, first, system="s")[1],
            explained(api, first, tools=[EDITOR])[1],
            explained(api, "msg_unknown")[1],
        ]
    assert reasons == [
        None,
        None,
        "messages_changed",
        "system_changed",
        "tools_changed",
        "previous_message_not_found",
    ]
