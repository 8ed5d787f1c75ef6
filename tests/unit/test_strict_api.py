from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

import anthropic
import httpx2
import pytest
from anthropic.types import Message, Model

from tests.strict_api import (
    MODELS,
    Hold,
    Reply,
    StrictApi,
    call,
    delayed,
    dropped,
    error_mid_stream,
    fail,
    held,
    malformed,
    proxy_error,
    say,
    split,
    stalled,
    stop,
    truncated,
    unanswered,
)
from tests.unit.api_requests import (
    CUSTOM,
    EDITOR,
    OPUS,
    VIEW,
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


def client(api: StrictApi, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key=api.key, base_url=api.url, **({"max_retries": 0} | options))


def stream(api: StrictApi, **fields: Any) -> list[Any]:
    with client(api) as sdk:
        return list(sdk.messages.create(**request(**fields), stream=True))


def joined(events: list[Any], kind: str, field: str) -> str:
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    return "".join(getattr(delta, field) for delta in deltas if delta.type == kind)


@pytest.fixture(scope="module")
def agreeable() -> Iterator[StrictApi]:
    with StrictApi(lambda _body, _index: say("Very well.")) as api:
        yield api
    assert api.failures == []


def test_sdk_receives_every_kind_of_block_when_it_streams() -> None:
    with StrictApi([call(VIEW, thinking="I look at it first.", text="Looking at ünïcode.")]) as api:
        events = stream(api, tools=[EDITOR], thinking={"type": "adaptive", "display": "summarized"})
    kinds = [event.content_block.type for event in events if event.type == "content_block_start"]
    assert kinds == ["thinking", "text", "tool_use"]
    assert joined(events, "thinking_delta", "thinking") == "I look at it first."
    assert joined(events, "text_delta", "text") == "Looking at ünïcode."
    assert json.loads(joined(events, "input_json_delta", "partial_json")) == VIEW
    assert events[-2].delta.stop_reason == "tool_use"
    assert (api.failures, api.refusals, api.requests[0].headers["authorization"]) == ([], [], f"Bearer {api.key}")


def test_frames_carry_their_types_a_ping_and_running_totals() -> None:
    with StrictApi([split(call(VIEW, thinking="Hm."), 11)]) as api:
        connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=10)
        body = json.dumps(request(tools=[EDITOR], stream=True))
        connection.request("POST", "/v1/messages", body, headers_for(OPUS, api))
        frames = [frame.split("\n") for frame in connection.getresponse().read().decode().split("\n\n") if frame]
        connection.close()
    events = [json.loads(data.removeprefix("data: ")) for _, data in frames]
    assert [name for name, _ in frames] == [f"event: {event['type']}" for event in events]
    assert events[1] == {"type": "ping"}
    started, ended = events[0]["message"]["usage"], events[-2]["usage"]
    assert (started["input_tokens"], started["output_tokens"]) == (ended["input_tokens"], 1)
    assert ended["output_tokens"] > ended["output_tokens_details"]["thinking_tokens"] > 0


def test_sdk_receives_whole_message_when_it_does_not_stream() -> None:
    with StrictApi([call(VIEW, {"command": "view", "path": "b.py"}, ids=("t1", "t2"))]) as api, client(api) as sdk:
        message = sdk.messages.create(**request(tools=[CUSTOM, EDITOR]))
    assert [block.to_dict() for block in message.content] == [
        {"type": "tool_use", "id": "t1", "name": EDITOR["name"], "input": VIEW},
        {"type": "tool_use", "id": "t2", "name": EDITOR["name"], "input": {"command": "view", "path": "b.py"}},
    ]
    assert (message.stop_reason, message.usage.input_tokens > 0) == ("tool_use", True)
    assert api.bodies == [request(tools=[CUSTOM, EDITOR])]


def test_async_sdk_completes_a_tool_loop_when_thinking_is_preserved() -> None:
    async def loop(api: StrictApi) -> Message:
        async with anthropic.AsyncAnthropic(api_key=api.key, base_url=api.url, max_retries=0) as sdk:
            messages: list[Any] = [user("Look at a.py.")]
            while True:
                async with sdk.messages.stream(**request(tools=[EDITOR], messages=messages)) as running:
                    message = await running.get_final_message()
                messages.append(message.to_param())
                if message.stop_reason != "tool_use":
                    return message
                messages.append(user(*[result(each.id) for each in message.content if each.type == "tool_use"]))

    script = [call(VIEW, thinking="First."), call(VIEW, VIEW, thinking="Then."), say("Done.", thinking="Last.")]
    with StrictApi(script) as api:
        message = asyncio.run(loop(api))
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (api.refusals, api.failures, len(api.requests)) == ([], [], 3)


def test_table_knows_every_model_that_the_sdk_names() -> None:
    named = {model for choice in get_args(Model) for model in get_args(choice)}
    assert len(named) > 20
    assert named <= MODELS.keys()


def test_models_are_listed_and_found_by_alias() -> None:
    with StrictApi([]) as api, client(api) as sdk:
        listed = [model.id for model in sdk.models.list(limit=5)]
        found = sdk.models.retrieve("claude-opus-4-5")
        with pytest.raises(anthropic.NotFoundError):
            sdk.models.retrieve("claude-unheard-of")
    assert set(listed) == {row.id for row in MODELS.values() if not row.retired}
    assert (found.id, found.max_tokens, found.max_input_tokens) == ("claude-opus-4-5-20251101", 64_000, 200_000)
    assert found.capabilities is not None
    assert (found.capabilities.thinking.types.enabled.supported, found.capabilities.effort.max.supported) == (
        True,
        False,
    )


def test_tokens_are_counted_and_refused_like_a_request() -> None:
    with StrictApi([]) as api:
        headers = headers_for(OPUS, api)
        bodies = [{"model": OPUS, "messages": [user("x" * size)]} for size in (4, 4000)]
        short, long = (send(api, body, headers, "/v1/messages/count_tokens")[1] for body in bodies)
        unanswered_call = {"model": OPUS, "messages": [user("a"), assistant(use("t1")), user("b")]}
        assert send(api, unanswered_call, headers, "/v1/messages/count_tokens")[0] == 400
        assert send(api, request(), headers, "/v1/messages/count_tokens")[0] == 400
        with client(api) as sdk:
            assert sdk.messages.count_tokens(model=OPUS, messages=[{"role": "user", "content": "x"}]).input_tokens > 0
    assert 999 <= long["input_tokens"] - short["input_tokens"] <= 1001


def test_key_is_taken_from_the_gateways_header_when_asked_for() -> None:
    with StrictApi([say("In.")], credential="x-api-key") as api:
        assert ask(api, request())[0] == 401
        with anthropic.Anthropic(base_url=api.url, default_headers={"X-Api-Key": api.key}) as sdk:
            assert sdk.messages.create(**request()).stop_reason == "end_turn"


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "model_context_window_exceeded", "brand_new_reason"])
def test_stop_reason_is_the_scripted_one(reason: str) -> None:
    with StrictApi([stop(reason, say("Half"))]) as api:
        ending = stream(api)[-2].delta
    assert ending.stop_reason == reason
    assert (ending.stop_details is not None) == (reason == "refusal")


def test_tool_input_is_streamed_as_it_is_when_it_is_torn() -> None:
    with StrictApi([stop("max_tokens", call('{"command": "crea'))]) as api:
        assert joined(stream(api, tools=[EDITOR]), "input_json_delta", "partial_json") == '{"command": "crea'


def test_sdk_retries_when_the_script_fails_first() -> None:
    busy = fail(429, "rate_limit_error", "Slow down.", {"retry-after-ms": "5"})
    crowded = fail(529, "overloaded_error", "Overloaded", {"retry-after-ms": "5"})
    with StrictApi([busy, crowded, say("Now.")]) as api, client(api, max_retries=2) as sdk:
        assert sdk.messages.create(**request()).stop_reason == "end_turn"
    assert [each.status for each in api.requests] == [429, 529, 200]
    assert (api.refusals, api.failures) == ([], [])


def test_error_carries_details_and_retry_after_when_scripted() -> None:
    limit = {"error_code": "enforced_spend_limit_reached"}
    script = [fail(429, "rate_limit_error", "Spent.", {"retry-after": "7"}, limit), proxy_error(502, b"<h1>Bad</h1>")]
    with StrictApi(script) as api, client(api) as sdk:
        with pytest.raises(anthropic.RateLimitError, match=r"Spent\.") as caught:
            sdk.messages.create(**request())
        with pytest.raises(anthropic.InternalServerError) as proxied:
            sdk.messages.create(**request())
    assert (caught.value.response.headers["retry-after"], caught.value.request_id) == ("7", "req_0001")
    assert caught.value.error_code == "enforced_spend_limit_reached"
    assert (proxied.value.type, proxied.value.status_code) == (None, 502)


FAULTS: dict[str, tuple[Reply, type[Exception]]] = {
    "fin": (dropped(say("One two."), 4), httpx2.RemoteProtocolError),
    "rst": (dropped(say("One two."), 4, how="rst"), httpx2.ReadError),
    "overloaded": (error_mid_stream(say("One two."), 4), anthropic.APIStatusError),
    "malformed": (malformed(say("One two."), 4), json.JSONDecodeError),
    "no answer": (unanswered(), anthropic.APIConnectionError),
    "no answer, reset": (unanswered("rst"), anthropic.APIConnectionError),
}


@pytest.mark.parametrize("name", FAULTS)
def test_sdk_raises_as_in_life_when_a_stream_breaks(name: str) -> None:
    reply, error = FAULTS[name]
    with StrictApi([reply]) as api, pytest.raises(error) as caught:
        stream(api)
    if isinstance(caught.value, anthropic.APIStatusError):
        assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert api.failures == []


def test_stream_ends_without_an_error_when_it_is_truncated() -> None:
    with StrictApi([truncated(say("One two."), 4)]) as api:
        assert [event.type for event in stream(api)] == ["message_start", "content_block_start", "content_block_delta"]
    assert not api.requests[0].client_closed


def test_client_times_out_and_is_seen_to_leave_when_the_stream_stalls() -> None:
    with StrictApi([stalled(say("One two."), 4)]) as api:
        with pytest.raises(httpx2.ReadTimeout), client(api, timeout=0.2) as sdk:
            list(sdk.messages.create(**request(), stream=True))
        assert api.requests[0].wait_until_closed(5)


def test_stream_goes_on_when_a_hold_is_released() -> None:
    hold = Hold()
    with StrictApi([held(say("One two three four five six seven."), hold, 4)]) as api, client(api) as sdk:
        events = iter(sdk.messages.create(**request(), stream=True))
        assert hold.reached.wait(5)
        got = [next(events) for _ in range(3)]
        hold.release()
        assert (got[-1].type, list(events)[-1].type) == ("content_block_delta", "message_stop")
        assert not api.requests[0].client_closed


def test_client_is_seen_to_leave_when_it_closes_in_mid_stream() -> None:
    hold = Hold()
    with StrictApi([held(say("One two."), hold, 4), say("Next.")]) as api, client(api) as sdk:
        sdk.messages.create(**request(), stream=True).close()
        assert api.requests[0].wait_until_closed(5)
        assert sdk.messages.create(**request()).stop_reason == "end_turn"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_stream_reads_the_same_when_it_is_split_anywhere(size: int) -> None:
    words = "Größe ⟶ \u2028 𝄞 and so on, over several pieces."
    with StrictApi([split(say(words), size)]) as api:
        assert joined(stream(api), "text_delta", "text") == words


def test_answer_takes_its_time_when_it_is_delayed() -> None:
    with StrictApi([delayed(say("One."), 0.05, per_event=0.02), delayed(fail(400), 0.05)]) as api:
        begun = time.monotonic()
        stream(api)
        assert time.monotonic() - begun >= 0.05 + 7 * 0.02
        begun = time.monotonic()
        assert ask(api, request())[0] == 400
        assert time.monotonic() - begun >= 0.05


def test_failure_is_recorded_when_the_script_ends_too_early() -> None:
    with StrictApi([say("Only one.")]) as api, client(api, max_retries=2) as sdk:
        sdk.messages.create(**request())
        with pytest.raises(anthropic.InternalServerError, match="this is request 2"):
            sdk.messages.create(**request())
    assert api.failures == ["the script has 1 answers, and this is request 2"]
    assert len(api.requests) == 2


def test_failure_is_recorded_when_the_script_is_at_fault() -> None:
    with StrictApi(lambda _body, _index: truncated(say("x"), 99)) as api:
        assert ask(api, request())[0] == 500
    assert "it has only 1" in api.failures[0]


def test_refused_request_takes_no_answer_from_the_script() -> None:
    with StrictApi([say("Kept.")]) as api:
        assert ask(api, request(temperature=1))[0] == 400
        assert ask(api, request())[1]["content"] == [text("Kept.")]
    assert (len(api.refusals), api.bodies) == (1, [request()])


def test_unlisted_model_is_served_when_the_test_adds_a_row() -> None:
    with StrictApi([say("Yes.")], models=MODELS | {"claude-next": MODELS[OPUS]}) as api:
        assert ask(api, request("claude-next"))[0] == 200


def test_server_stops_at_once_when_answers_still_wait() -> None:
    came = threading.Semaphore(0)

    def read(api: StrictApi) -> None:
        with client(api) as sdk:
            events = iter(sdk.messages.create(**request(), stream=True))
            next(events)
            came.release()
            with pytest.raises(httpx2.RemoteProtocolError):
                list(events)

    with StrictApi([stalled(say("One two."), 4)] * 3) as api:
        readers = [threading.Thread(target=read, args=(api,)) for _ in range(3)]
        for reader in readers:
            reader.start()
        assert all(came.acquire(timeout=30) for _ in readers)
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    for reader in readers:
        reader.join(5)


def test_connection_serves_many_requests_when_it_is_kept_alive(agreeable: StrictApi) -> None:
    connection = http.client.HTTPConnection(urlsplit(agreeable.url).netloc, timeout=10)
    for body in (request(), request(temperature=1), request(stream=True), request()):
        connection.request("POST", "/v1/messages", json.dumps(body), headers_for(OPUS, agreeable))
        local = connection.sock.getsockname()
        connection.getresponse().read()
        assert connection.sock.getsockname() == local
    connection.close()


def test_ids_are_new_in_every_turn_when_the_script_names_none() -> None:
    with StrictApi(lambda _body, _index: call(VIEW, VIEW)) as api:
        body = request(tools=[EDITOR])
        for _ in range(2):
            content = ask(api, body)[1]["content"]
            turn = [{"role": "assistant", "content": content}, user(*[result(each["id"]) for each in content])]
            body = body | {"messages": [*body["messages"], *turn]}
        assert (ask(api, body)[0], api.refusals) == (200, [])
