from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.strict_api import MODELS, StrictApi, say
from tests.unit.api_requests import (
    CUSTOM,
    EDITOR,
    HELLO,
    LONG_MARK,
    MARK,
    OLD_EDITOR,
    OLDEST_EDITOR,
    OPUS,
    SONNET_3_5,
    SONNET_3_7,
    Json,
    ask,
    assistant,
    headers_for,
    request,
    result,
    send,
    text,
    use,
    user,
)


@pytest.fixture(scope="module")
def agreeable() -> Iterator[StrictApi]:
    with StrictApi(lambda _body, _index: say("Very well.")) as api:
        yield api
    assert api.failures == []


REFUSED_BODIES: dict[str, tuple[Json, str]] = {
    "unknown field at the top": (request(max_token=1), "max_token: Extra inputs"),
    "unknown field in a message": (request(messages=[HELLO[0] | {"name": "me"}]), "messages.0.name: Extra"),
    "unknown field in a block": (request(messages=[user(text("a", shown=True))]), "content.0.text.shown: Extra"),
    "unknown field in a nested block": (
        request(messages=[user("a"), assistant(use("t1")), user(result("t1", [text("x", line=1)]))]),
        "messages.2.content.0.tool_result.content.0.text.line: Extra",
    ),
    "unknown field in an editor tool": (request(tools=[EDITOR | {"eager_input_streaming": True}]), "eager_input"),
    "unknown field in a custom tool": (request(tools=[CUSTOM | {"schema": {}}]), "tools.0.custom.schema: Extra"),
    "max_characters of a tool without it": (
        request("claude-opus-4-20250514", tools=[EDITOR | {"type": "text_editor_20250429", "max_characters": 9}]),
        "tools.0.text_editor_20250429.max_characters: Extra",
    ),
    "unknown kind of block": (request(messages=[user({"type": "video"})]), "Input tag 'video'"),
    "unknown kind of tool": (request(tools=[{"type": "text_editor_20990101", "name": "e"}]), "Input tag"),
    "unknown role": (request(messages=[{"role": "tool", "content": "x"}]), "messages.0.role"),
    "no max_tokens": ({"model": OPUS, "messages": HELLO}, "max_tokens: Field required"),
    "no messages": ({"model": OPUS, "max_tokens": 5}, "messages: Field required"),
    "tools of a wrong type": (request(tools={}), "tools: Input should be a valid list"),
    "max_tokens of a wrong type": (request(max_tokens="5"), "max_tokens: Input should be a valid integer"),
    "max_tokens that is true": (request(max_tokens=True), "max_tokens: Input should be a valid integer"),
    "empty list of messages": (request(messages=[]), "at least one message"),
    "temperature under the current version": (request(temperature=1.0), "temperature: not supported"),
    "top_p under the current version": (request(top_p=0.99), "top_p: not supported"),
    "top_k under the current version": (request(top_k=5), "top_k: not supported"),
    "temperature out of range": (request(SONNET_3_7, temperature=1.5), "temperature: range"),
    "temperature while thinking": (
        request(SONNET_3_7, temperature=0.2, thinking={"type": "enabled", "budget_tokens": 1024}),
        "temperature: may not be set",
    ),
    "automatic caching under the earlier version": (request(SONNET_3_7, cache_control=MARK), "cache_control: Extra"),
    "diagnostics under the earlier version": (
        request(SONNET_3_7, diagnostics={"previous_message_id": None}),
        "diagnostics: Extra",
    ),
    "new name on an old editor": (request(SONNET_3_7, tools=[OLD_EDITOR | {"name": EDITOR["name"]}]), "Input should"),
    "old name on the new editor": (request(tools=[EDITOR | {"name": "str_replace_editor"}]), "Input should be 'str_re"),
    "old editor on a new model": (request(tools=[OLD_EDITOR]), "does not support tool types: text_editor_20250124"),
    "new editor on an old model": (request(SONNET_3_7, tools=[EDITOR]), "does not support tool types"),
    "editor on a model that takes none": (request("claude-3-haiku-20240307", tools=[OLD_EDITOR]), "does not support"),
    "oldest editor without its beta": (request(SONNET_3_5, tools=[OLDEST_EDITOR]), "computer-use-2024-10-22"),
    "two tools of one name": (request(tools=[CUSTOM, CUSTOM]), "tools.1: Tool names must be unique"),
    "bad name of a tool": (request(tools=[CUSTOM | {"name": "a b"}]), "tools.0.custom.name: String should match"),
    "tool choice without tools": (request(tool_choice={"type": "auto"}), "only be specified while providing tools"),
    "forced tool where none may be": (request(tools=[EDITOR], tool_choice={"type": "any"}), "forced tool"),
    "forced tool that is not there": (
        request("claude-opus-4-8", tools=[CUSTOM], tool_choice={"type": "tool", "name": "cut"}),
        "Tool 'cut' not found",
    ),
    "forced tool while thinking": (
        request(
            SONNET_3_7,
            tools=[CUSTOM],
            tool_choice={"type": "any"},
            thinking={"type": "enabled", "budget_tokens": 1024},
        ),
        "Thinking may not be enabled",
    ),
    "manual thinking on a model without it": (
        request(thinking={"type": "enabled", "budget_tokens": 2000}),
        "thinking.type: 'enabled'",
    ),
    "thinking off where it is always on": (request(thinking={"type": "disabled"}), "thinking.type: 'disabled'"),
    "adaptive thinking on an old model": (request(SONNET_3_7, thinking={"type": "adaptive"}), "'adaptive'"),
    "thinking between tools elsewhere": (request(thinking={"type": "between_tools"}), "'between_tools'"),
    "budget too small": (request(SONNET_3_7, thinking={"type": "enabled", "budget_tokens": 1023}), "equal to 1024"),
    "budget not below max_tokens": (
        request(SONNET_3_7, thinking={"type": "enabled", "budget_tokens": 4000}),
        "`max_tokens` must be greater",
    ),
    "unknown display": (request(thinking={"type": "adaptive", "display": "full"}), "adaptive.display: Input should"),
    "display of updates without its beta": (request(thinking={"type": "adaptive", "display": "updates"}), "needs the"),
    "block binding without its beta": (request(thinking={"type": "adaptive", "block_binding": {}}), "block_binding"),
    "effort where there is none": (request(SONNET_3_7, output_config={"effort": "low"}), "output_config.effort"),
    "effort that the model does not have": (request("claude-opus-4-6", output_config={"effort": "xhigh"}), "'xhigh'"),
    "high effort between tools": (
        request("claude-sonnet-5-5", thinking={"type": "between_tools"}, output_config={"effort": "max"}),
        "between_tools",
    ),
    "high effort with thinking off": (
        request("claude-opus-5", thinking={"type": "disabled"}, output_config={"effort": "max"}),
        "thinking of type disabled",
    ),
    "max_tokens over the limit": (request(max_tokens=128_001), "128001 > 128000"),
    "max_tokens over an old limit": (request(SONNET_3_7, max_tokens=64_001), "64001 > 64000"),
    "negative max_tokens": (request(max_tokens=-1), "greater than or equal to 0"),
    "warm-up that streams": (request(max_tokens=0, stream=True), "max_tokens: 0 does not go with stream"),
    "prompt too long": (request(SONNET_3_7, messages=[user("x" * 800_001)]), "prompt is too long"),
    "five breakpoints": (
        request(system=[text(str(n), cache_control=MARK) for n in range(5)]),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "four breakpoints and the automatic one": (
        request(system=[text(str(n), cache_control=MARK) for n in range(4)], cache_control=MARK),
        "Found 5.",
    ),
    "long breakpoint after a short one": (
        request(tools=[EDITOR | {"cache_control": MARK}], system=[text("s", cache_control=LONG_MARK)]),
        "must not come after",
    ),
    "automatic long breakpoint after a short one": (
        request(system=[text("s", cache_control=MARK)], cache_control=LONG_MARK),
        "must not come after",
    ),
    "automatic breakpoint against the last block's": (
        request(messages=[user(text("s", cache_control=LONG_MARK))], cache_control=MARK),
        "another ttl",
    ),
    "unknown ttl": (request(cache_control={"type": "ephemeral", "ttl": "2h"}), "cache_control.ttl: Input should"),
    "breakpoint on thinking": (
        request(
            messages=[
                user("a"),
                assistant({"type": "thinking", "thinking": "", "signature": "s", "cache_control": MARK}, "b"),
                user("c"),
            ]
        ),
        "thinking.cache_control: Extra",
    ),
}


@pytest.mark.parametrize("name", REFUSED_BODIES)
def test_request_is_refused_with_400_when_the_body_breaks_a_rule(agreeable: StrictApi, name: str) -> None:
    body, reason = REFUSED_BODIES[name]
    status, answer = ask(agreeable, body)
    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")
    assert reason in answer["error"]["message"]
    recorded = next(each for each in agreeable.requests if each.request_id == answer["request_id"])
    assert (recorded.refusal, recorded.status) == (answer["error"]["message"], 400)


REFUSED_BETAS = {
    "unknown beta": (request(), "made-up-2026-01-01", "Unexpected value(s) `made-up-2026-01-01`"),
    "long output elsewhere": (request("claude-sonnet-4-20250514"), "output-128k-2025-02-19", "is not supported by"),
    "efficient tools elsewhere": (request(), "token-efficient-tools-2025-02-19", "is not supported by"),
    "interleaved thinking on 3.7": (request(SONNET_3_7), "interleaved-thinking-2025-05-14", "is not supported by"),
    "interleaved thinking on 5.5": (request(), "interleaved-thinking-2025-05-14", "is not supported by"),
    "computer use on another model": (request(SONNET_3_7), "computer-use-2024-10-22", "is not supported by"),
    "computer use without its tool": (request(SONNET_3_5), "computer-use-2024-10-22", "goes with a tool of type"),
    "over the long limit": (request(SONNET_3_7, max_tokens=128_001), "output-128k-2025-02-19", "128001 > 128000"),
    "one bad beta among good ones": (
        request(SONNET_3_7),
        "output-128k-2025-02-19,computer-use-2024-10-22",
        "computer-use",
    ),
}


@pytest.mark.parametrize("name", REFUSED_BETAS)
def test_request_is_refused_with_400_when_a_beta_does_not_fit(agreeable: StrictApi, name: str) -> None:
    body, betas, reason = REFUSED_BETAS[name]
    status, answer = ask(agreeable, body, betas)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert reason in answer["error"]["message"]


REFUSED_HEADERS: dict[str, tuple[dict[str, str | None], int, str, str]] = {
    "no credentials": ({"authorization": None}, 401, "authentication_error", "missing"),
    "wrong credentials": ({"authorization": "Bearer other"}, 401, "authentication_error", "invalid"),
    "key in the gateways' header": (
        {"authorization": None, "x-api-key": "key-for-tests"},
        401,
        "authentication_error",
        "missing",
    ),
    "no version": ({"anthropic-version": None}, 400, "invalid_request_error", "header is required"),
    "unknown version": ({"anthropic-version": "2024-01-01"}, 400, "invalid_request_error", "not a valid version"),
}


@pytest.mark.parametrize("name", REFUSED_HEADERS)
def test_request_is_refused_when_a_header_is_wrong(agreeable: StrictApi, name: str) -> None:
    change, status, kind, reason = REFUSED_HEADERS[name]
    headers = {key: value for key, value in (headers_for(OPUS, agreeable) | change).items() if value is not None}
    answered, answer = send(agreeable, request(), headers)
    assert (answered, answer["error"]["type"]) == (status, kind)
    assert reason in answer["error"]["message"]


REFUSED_BYTES = {
    "torn JSON": (b'{"model": ', 400, "not valid JSON"),
    "no object": (b"[]", 400, "expected an object"),
    "invalid UTF-8": (json.dumps(request()).encode().replace(b"Hello", b"H\xffllo"), 400, "not valid JSON"),
    "lone surrogate": (json.dumps(request(messages=[user("\ud800")])).encode(), 400, "surrogates not allowed"),
    "not a number": (b'{"max_tokens": NaN}', 400, "NaN"),
    "over 32 MB": (b" " * (32 * 1024 * 1024 + 1), 413, "maximum size"),
}


@pytest.mark.parametrize("name", REFUSED_BYTES)
def test_request_is_refused_when_its_bytes_are_no_good(agreeable: StrictApi, name: str) -> None:
    raw, status, reason = REFUSED_BYTES[name]
    answered, answer = send(agreeable, raw, headers_for(OPUS, agreeable))
    assert answered == status
    assert answer["error"]["type"] == ("request_too_large" if status == 413 else "invalid_request_error")
    assert reason in answer["error"]["message"]


@pytest.mark.parametrize("model", ["claude-unheard-of", *sorted(name for name in MODELS if MODELS[name].retired)])
def test_model_is_not_found_when_the_current_version_does_not_serve_it(agreeable: StrictApi, model: str) -> None:
    status, answer = send(agreeable, request(model), headers_for(OPUS, agreeable))
    assert (status, answer["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("model", sorted(MODELS))
def test_plain_request_is_answered_for_every_model_of_the_table(agreeable: StrictApi, model: str) -> None:
    status, answer = ask(agreeable, request(model, tools=[CUSTOM], max_tokens=MODELS[model].max_output))
    assert (status, answer["model"]) == (200, MODELS[model].id)


def test_path_is_not_found_when_the_api_has_none_such(agreeable: StrictApi) -> None:
    assert send(agreeable, request(), headers_for(OPUS, agreeable), "/v1/complete")[0] == 404


ACCEPTED = {
    "editor with all its options": (
        request(tools=[EDITOR | {"max_characters": 9, "cache_control": MARK, "strict": True}]),
        "",
    ),
    "editor of the first Claude 4": (
        request("claude-opus-4-20250514", tools=[EDITOR | {"type": "text_editor_20250429"}]),
        "",
    ),
    "editor of 3.7 with both its betas": (
        request(SONNET_3_7, tools=[OLD_EDITOR], max_tokens=128_000),
        "output-128k-2025-02-19,token-efficient-tools-2025-02-19",
    ),
    "oldest editor with its beta": (request(SONNET_3_5, tools=[OLDEST_EDITOR]), "computer-use-2024-10-22"),
    "custom tool with its options": (
        request("claude-3-haiku-20240307", tools=[CUSTOM | {"eager_input_streaming": True, "cache_control": MARK}]),
        "",
    ),
    "interleaved thinking on Claude 4": (
        request("claude-sonnet-4-20250514", thinking={"type": "enabled", "budget_tokens": 1024}),
        "interleaved-thinking-2025-05-14",
    ),
    "sampling under the earlier version": (request(SONNET_3_7, temperature=0.0, top_p=0.5, top_k=3), ""),
    "everything at once": (
        request(
            thinking={"type": "adaptive", "display": "summarized"},
            output_config={"effort": "xhigh"},
            diagnostics={"previous_message_id": None},
            cache_control=MARK,
            system=[text("s", cache_control=LONG_MARK)],
            tools=[EDITOR],
            tool_choice={"type": "auto", "disable_parallel_tool_use": True},
            metadata={"user_id": "u"},
            stop_sequences=["X"],
        ),
        "",
    ),
    "neighbours of one role": (
        request(
            messages=[
                *(user("a"), user("b")),
                *(assistant(use("t1")), assistant(use("t2"))),
                *(user(result("t1")), user(result("t2"), "go on")),
            ]
        ),
        "",
    ),
    "empty result": (request(messages=[user("a"), assistant(use("t1")), user(result("t1", ""))]), ""),
    "thinking between tools": (
        request("claude-sonnet-5-5", thinking={"type": "between_tools"}, output_config={"effort": "high"}),
        "",
    ),
    "four breakpoints": (
        request(system=[text(str(n), cache_control=MARK) for n in range(3)], cache_control=MARK),
        "",
    ),
    "automatic breakpoint on a marked block": (
        request(messages=[user(text("a", cache_control=MARK))], cache_control=MARK),
        "",
    ),
    "system message where it may be": (request(messages=[user("a"), {"role": "system", "content": "b"}]), ""),
    "prefill on an old model": (request("claude-sonnet-4-5", messages=[user("a"), assistant("b")]), ""),
    "warm-up": (request(max_tokens=0), ""),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_request_is_answered_when_it_keeps_the_rules(agreeable: StrictApi, name: str) -> None:
    body, betas = ACCEPTED[name]
    status, answer = ask(agreeable, body, betas)
    assert (status, answer.get("type")) == (200, "message"), answer
