"""Owns the matrix of failures: what ends a call at once, what is tried again and how, what a broken reply leads to."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from copydesk.domain.errors import ModelError
from copydesk.model.failures import (
    CredentialsRejected,
    ModelUnavailable,
    RequestRejected,
    SpendLimitReached,
    StreamBroken,
)
from copydesk.model.stream import Discarded, Ended, RetryPlanned, TextPart
from tests.contract.claude import desk
from tests.strict_api import (
    Failure,
    Reply,
    StrictApi,
    call,
    dropped,
    error_mid_stream,
    fail,
    malformed,
    proxy_error,
    say,
    split,
    stalled,
    truncated,
    unanswered,
)

VIEW = {"command": "view", "path": "a.py"}
HELLO = say("Hello to you, whoever you may be.")
REFUSED: dict[str, tuple[Failure, type[ModelError], str]] = {
    "400": (fail(400, "invalid_request_error", "max_tokens: too big"), RequestRejected, "max_tokens: too big"),
    "401": (fail(401, "authentication_error", "invalid key"), CredentialsRejected, "ANTHROPIC_API_KEY"),
    "402": (fail(402, "billing_error", "no credit"), SpendLimitReached, "no credit"),
    "403": (fail(403, "permission_error", "not for you"), CredentialsRejected, "not for you"),
    "404": (fail(404, "not_found_error", "model: nobody"), RequestRejected, "model: nobody"),
    "413": (fail(413, "request_too_large", "too large"), RequestRejected, "too long"),
    "422": (fail(422, "invalid_request_error", "no"), RequestRejected, "status 422"),
    "context": (fail(400, "invalid_request_error", "prompt is too long: 9 > 8"), RequestRejected, "new session"),
    "spent": (
        fail(429, "rate_limit_error", "limit", details={"error_code": "enforced_spend_limit_reached"}),
        SpendLimitReached,
        "limit",
    ),
}
PASSING: dict[str, Failure | Reply] = {
    "408": fail(408, "timeout_error"),
    "409": fail(409, "conflict_error"),
    "429": fail(429, "rate_limit_error"),
    "500": fail(500),
    "502 of a proxy": proxy_error(502, b"<html>Bad gateway</html>"),
    "503": fail(503),
    "504": fail(504, "timeout_error"),
    "529": fail(529, "overloaded_error"),
    "fin": unanswered("fin"),
    "rst": unanswered("rst"),
}
BREAKS: dict[str, Callable[[Reply], Reply]] = {
    "fin": lambda reply: dropped(reply, 4),
    "rst": lambda reply: dropped(reply, 4, "rst"),
    "fin before the first event": lambda reply: dropped(reply, 0),
    "truncated": lambda reply: truncated(reply, 4),
    "truncated before the stop reason": lambda reply: truncated(split(reply, 64), 6),
    "error": lambda reply: error_mid_stream(reply, 4),
    "no JSON": lambda reply: malformed(reply, 4),
    "no object": lambda reply: malformed(reply, 4, b"event: x\ndata: [1]\n\n"),
    "out of place": lambda reply: malformed(
        reply, 4, b'event: x\ndata: {"type": "content_block_stop", "index": 9}\n\n'
    ),
    "no UTF-8": lambda reply: malformed(reply, 4, b'event: x\ndata: {"type": "\xff"}\n\n'),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_call_ends_at_once_when_repeating_cannot_help(name: str) -> None:
    failure, kind, said = REFUSED[name]
    with StrictApi([failure]) as api:
        async with desk(api.url) as it:
            with pytest.raises(kind, match=said) as raised:
                await it.ask()
    assert it.waits == []
    assert type(raised.value) is kind
    assert "request req_0001" in str(raised.value)


async def test_context_is_named_when_the_conversation_is_too_long() -> None:
    with StrictApi([fail(413, "request_too_large", "too large")]) as api:
        async with desk(api.url) as it:
            with pytest.raises(RequestRejected) as raised:
                await it.ask()
    assert raised.value.is_context_too_long


@pytest.mark.parametrize("name", PASSING)
async def test_call_is_repeated_when_the_failure_may_pass(name: str) -> None:
    with StrictApi([PASSING[name], PASSING[name], HELLO]) as api:
        async with desk(api.url) as it:
            events = await it.events()
    planned = [each for each in events if isinstance(each, RetryPlanned)]
    assert [each.attempt for each in planned] == [1, 2]
    assert it.waits == [each.seconds for each in planned] == [1.0, 2.0]
    assert isinstance(events[-1], Ended)


async def test_call_fails_with_a_sentence_when_the_service_stays_overloaded() -> None:
    with StrictApi([fail(529, "overloaded_error", "Overloaded")] * 5) as api:
        async with desk(api.url) as it:
            with pytest.raises(ModelUnavailable, match=r"Overloaded \(status 529"):
                await it.ask()
    assert it.waits == [1.0, 2.0, 4.0, 8.0]
    assert len(api.requests) == 5


async def test_call_fails_at_once_when_no_retries_are_wanted() -> None:
    with StrictApi([fail(500)]) as api:
        async with desk(api.url, retries=0) as it:
            with pytest.raises(ModelUnavailable):
                await it.ask()


async def test_page_of_a_proxy_is_not_repeated() -> None:
    with StrictApi([proxy_error(502, b"<html>Bad gateway</html>")]) as api:
        async with desk(api.url, retries=0) as it:
            with pytest.raises(ModelUnavailable, match="status 502") as raised:
                await it.ask()
    assert "html" not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "300"}, 0.3),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "20"}, 0.02),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"retry-after": "60"}, 60.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": "nan"}, 1.0),
    ],
)
async def test_wait_is_what_the_service_asks_for(headers: dict[str, str], seconds: float) -> None:
    with StrictApi([fail(429, "rate_limit_error", headers=headers), HELLO]) as api:
        async with desk(api.url) as it:
            await it.ask()
    assert it.waits == [seconds]


async def test_call_fails_at_once_when_the_wait_is_too_long() -> None:
    with StrictApi([fail(429, "rate_limit_error", "slow down", headers={"retry-after": "300"})]) as api:
        async with desk(api.url) as it:
            with pytest.raises(ModelUnavailable, match="wait 300 s: slow down"):
                await it.ask()
    assert it.waits == []


@pytest.mark.parametrize(("status", "advice", "requests"), [(400, "true", 2), (429, "false", 1), (500, "false", 1)])
async def test_advice_of_the_service_goes_over_the_status(status: int, advice: str, requests: int) -> None:
    with StrictApi([fail(status, headers={"x-should-retry": advice}), HELLO]) as api:
        async with desk(api.url) as it:
            if requests == 1:
                with pytest.raises(ModelUnavailable):
                    await it.ask()
            else:
                await it.ask()
    assert len(api.requests) == requests


async def test_call_fails_with_the_way_out_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with desk(f"http://127.0.0.1:{port}", retries=1) as it:
        with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1 cannot be reached.*ANTHROPIC_BASE_URL"):
            await it.ask()
    assert it.waits == [1.0]


async def test_call_is_repeated_when_no_answer_begins_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with desk(f"http://127.0.0.1:{silent.getsockname()[1]}", retries=1, patience=0.2) as it:
            with pytest.raises(ModelUnavailable, match="did not answer in time"):
                await it.ask()
    assert it.waits == [1.0]


@pytest.mark.parametrize("name", BREAKS)
async def test_reply_is_asked_for_once_more_when_it_breaks_off(name: str) -> None:
    with StrictApi([BREAKS[name](HELLO), HELLO]) as api:
        async with desk(api.url) as it:
            events = await it.events()
    kinds = [type(each) for each in events if isinstance(each, Discarded | RetryPlanned | Ended)]
    assert kinds == [Discarded, RetryPlanned, Ended]
    assert api.bodies[0] == api.bodies[1]
    assert it.waits == [1.0]


@pytest.mark.parametrize("name", BREAKS)
async def test_call_fails_when_the_reply_breaks_off_twice(name: str) -> None:
    broken = BREAKS[name](HELLO)
    with StrictApi([broken, broken]) as api:
        async with desk(api.url) as it:
            with pytest.raises(StreamBroken, match="asked for twice"):
                await it.ask()
    assert len(api.requests) == 2


async def test_reply_counts_as_broken_when_nothing_more_comes() -> None:
    with StrictApi([stalled(HELLO, 4), HELLO]) as api:
        async with desk(api.url, patience=0.3) as it:
            events = await it.events()
            discarded = [each for each in events if isinstance(each, Discarded)]
            assert "stalled" in discarded[0].reason
            assert api.requests[0].wait_until_closed(10)


async def test_nothing_of_a_discarded_reply_is_kept_when_the_wait_is_interrupted() -> None:
    with StrictApi([dropped(HELLO, 6)]) as api:
        async with desk(api.url) as it:
            reply = it.open()
            async for event in reply:
                if isinstance(event, TextPart):
                    assert reply.partial().text
                if isinstance(event, Discarded):
                    break
            assert reply.partial().content == ()
            await reply.aclose()


async def test_invariant_5_call_of_a_broken_reply_is_never_seen_as_whole() -> None:
    with StrictApi([truncated(call(VIEW, text="Now."), 9), say("Done.")]) as api:
        async with desk(api.url) as it:
            turn = await it.ask()
    assert turn.calls == ()
    assert turn.text == "Done."


async def test_frame_without_a_name_or_of_an_unknown_kind_is_passed_over() -> None:
    strange = malformed(HELLO, 3, b'data: {"type": "brand_new", "x": 1}\n\nevent: later\ndata: {"type": "later"}\n\n')
    with StrictApi([split(strange, 7)]) as api:
        async with desk(api.url) as it:
            assert (await it.ask()).text == "Hello to you, whoever you may be."
