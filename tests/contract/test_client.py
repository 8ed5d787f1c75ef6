"""Owns what the client promises against a strict Messages API: what is sent, what comes back, what ends a call."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from copydesk.domain.messages import AssistantTurn, user_message
from copydesk.model.client import ClaudeModel
from copydesk.model.connection import Connection
from copydesk.model.failures import CredentialsMissing, CredentialsRejected, RequestRejected
from copydesk.model.parameters import RequestOptions
from copydesk.model.providers import Credentials, find_credentials
from copydesk.model.retries import Retries
from copydesk.model.stream import CallPart, Ended, RetryPlanned, TextEnded, TextPart, ThinkingEnded, ThinkingPart
from tests.contract.claude import HELLO, KEY, OPUS, answered, desk, is_clean, request
from tests.strict_api import Hold, StrictApi, blocks, call, fail, held, say, stop

VIEW = {"command": "view", "path": "a.py"}
MODELS = [
    "claude-3-haiku-20240307",
    "claude-3-5-sonnet-20241022",
    "claude-3-7-sonnet-20250219",
    "claude-opus-4-20250514",
    "claude-sonnet-4-5",
    "claude-opus-4-6",
    "claude-opus-4-8",
    OPUS,
    "claude-fable-5-2",
]
PLANTED = "sk-ant-planted-0123456789abcdef"


async def test_reply_arrives_as_events_when_all_goes_well() -> None:
    reply = call(VIEW, text="I look at the file first.", thinking="Which file?")
    with StrictApi([reply]) as api:
        async with desk(api.url) as it:
            events = await it.events()
    turn = events[-1].turn if isinstance(events[-1], Ended) else AssistantTurn((), None)
    assert "".join(each.text for each in events if isinstance(each, TextPart)) == "I look at the file first."
    assert "".join(each.text for each in events if isinstance(each, ThinkingPart)) == "Which file?"
    assert [type(each) for each in events if isinstance(each, TextEnded | ThinkingEnded)] == [ThinkingEnded, TextEnded]
    assert json.loads("".join(each.fragment for each in events if isinstance(each, CallPart))) == VIEW
    assert (turn.stop_reason, [each.input for each in turn.calls]) == ("tool_use", [VIEW])
    assert turn.usage.context_tokens > 1000
    assert turn.usage.output_tokens > 0
    assert is_clean(api)


@pytest.mark.parametrize("model", MODELS)
async def test_conversation_is_taken_and_cached_when_it_grows(model: str) -> None:
    script = [call(VIEW, thinking="One."), call(VIEW, thinking="Two."), say("Done.")]
    with StrictApi(script) as api:
        async with desk(api.url) as it:
            messages, turn = list(HELLO), await it.ask(model=model)
            for _ in range(2):
                messages += answered(turn, "1\tx = 1\n")
                before = copy.deepcopy(messages)
                turn = await it.ask(messages, model=model, previous=turn.message_id)
                assert messages == before
                assert turn.usage.cache_read_tokens > 0
                assert turn.cache_miss == ""
    assert turn.text == "Done."
    assert is_clean(api)


@pytest.mark.parametrize("model", [OPUS, "claude-sonnet-4-20250514"])
async def test_marker_is_in_the_request_only_when_the_model_needs_one(model: str) -> None:
    with StrictApi([say("Yes.")]) as api:
        async with desk(api.url) as it:
            await it.ask(model=model)
    last = api.bodies[0]["messages"][-1]["content"][-1]
    assert ("cache_control" in last) != ("cache_control" in api.bodies[0])
    assert "cache_control" not in HELLO[0]["content"][-1]
    assert api.bodies[0]["system"][0]["cache_control"] == {"type": "ephemeral"}


async def test_cache_miss_is_told_when_the_history_was_changed() -> None:
    with StrictApi([say("One."), say("Two.")]) as api:
        async with desk(api.url) as it:
            first = await it.ask(model="claude-opus-4-8")
            second = await it.ask([user_message("Another.")], model="claude-opus-4-8", previous=first.message_id)
    assert second.cache_miss == "messages_changed"


async def test_long_lifetime_is_counted_apart_when_it_was_asked_for() -> None:
    options = RequestOptions(system_cache_lifetime="1h")
    with StrictApi([say("Yes.")]) as api:
        async with desk(api.url) as it:
            turn = await it.ask(options=options)
    assert turn.usage.cache_creation_1h_tokens > 0
    assert is_clean(api)


async def test_unknown_block_and_redacted_thinking_go_back_as_they_came() -> None:
    strange = {"type": "brand_new", "payload": {"n": 1}}
    script = [blocks(strange, {"type": "redacted_thinking"}, {"type": "text", "text": "Hm."}), say("Done.")]
    with StrictApi(script) as api:
        async with desk(api.url) as it:
            turn = await it.ask()
            await it.ask([*HELLO, turn.to_message(), user_message("Go on.")])
    assert strange in api.bodies[1]["messages"][1]["content"]
    assert is_clean(api)


async def test_refusal_carries_its_details() -> None:
    with StrictApi([stop("refusal", say("No."))]) as api:
        async with desk(api.url) as it:
            turn = await it.ask()
    assert turn.stop_reason == "refusal"
    assert (turn.stop_details or {})["category"] == "cyber"


async def test_unknown_stop_reason_arrives_as_it_is() -> None:
    with StrictApi([stop("brand_new_reason", say("Hm."))]) as api:
        async with desk(api.url) as it:
            assert (await it.ask()).stop_reason == "brand_new_reason"


async def test_connection_closes_when_the_reader_is_cancelled() -> None:
    hold = Hold()
    with StrictApi([held(say("A long text that never ends. " * 4), hold, 5)]) as api:
        async with desk(api.url) as it:
            reply = it.open()
            reading = asyncio.ensure_future(_read_all(reply))
            assert await asyncio.to_thread(hold.reached.wait, 5)
            await asyncio.sleep(0.05)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            partial = reply.partial()
            assert await asyncio.to_thread(api.requests[0].wait_until_closed, 5)
            await reply.aclose()
    assert "A long text that never ends. ".startswith(partial.text[:29])
    assert partial.text
    assert partial.stop_reason is None


async def test_connection_closes_when_the_reply_is_closed_while_somebody_reads() -> None:
    hold = Hold()
    with StrictApi([held(say("Never whole. " * 9), hold, 4)]) as api:
        async with desk(api.url) as it:
            reply = it.open()
            reading = asyncio.ensure_future(_read_all(reply))
            assert await asyncio.to_thread(hold.reached.wait, 5)
            await reply.aclose()
            assert await asyncio.to_thread(api.requests[0].wait_until_closed, 5)
            await asyncio.gather(reading, return_exceptions=True)
    assert len(api.requests) == 1


async def test_invariant_5_interrupted_reply_leaves_a_history_that_is_taken() -> None:
    hold = Hold()
    interrupted = held(call(VIEW, VIEW, text="Two views.", thinking="Both."), hold, 14)
    with StrictApi([interrupted, say("Fine.")]) as api:
        async with desk(api.url) as it:
            reply = it.open()
            reading = asyncio.ensure_future(_read_all(reply))
            assert await asyncio.to_thread(hold.reached.wait, 5)
            await asyncio.sleep(0.05)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            partial = reply.partial().sendable()
            await reply.aclose()
            results = answered(partial, *["Not run: the person interrupted."] * len(partial.calls))
            results[1]["content"].append({"type": "text", "text": "Go on."})
            turn = await it.ask([*HELLO, *results])
    assert turn.text == "Fine."
    assert is_clean(api)


async def test_mismatch_of_a_signature_is_told_apart_when_history_was_edited() -> None:
    with StrictApi([call(VIEW, thinking="Hm."), say("Never.")]) as api:
        async with desk(api.url) as it:
            turn = await it.ask()
            edited = [user_message("Something else."), *answered(turn, "1\tx = 1\n")]
            with pytest.raises(RequestRejected) as refused:
                await it.ask(edited)
    assert refused.value.is_signature_mismatch
    assert not refused.value.is_context_too_long


async def test_key_goes_as_its_own_header_only_when_a_gateway_wants_that() -> None:
    with StrictApi([say("Yes.")], credential="x-api-key") as api:
        async with desk(api.url, Credentials(api_key=KEY, base_url=api.url, use_x_api_key=True)) as it:
            assert (await it.ask()).text == "Yes."
    assert "authorization" not in api.requests[0].headers


async def test_profile_on_disk_signs_requests_when_nothing_else_is_given() -> None:
    write_profile({"type": "oauth_token", "access_token": PLANTED, "expires_at": int(time.time()) + 3600})
    with StrictApi([say("Yes.")], key=PLANTED) as api:
        found = find_credentials({**os.environ, "ANTHROPIC_BASE_URL": api.url}, None)
        async with desk(api.url, found) as it:
            assert (await it.ask()).text == "Yes."
    assert PLANTED not in repr(found)


async def test_profile_that_cannot_be_used_is_a_usage_error() -> None:
    write_profile(None)
    found = find_credentials({**os.environ}, None)
    with StrictApi([]) as api:
        async with desk(api.url, replace(found, base_url=api.url)) as it:
            with pytest.raises(CredentialsMissing, match="The credentials cannot be used"):
                await it.ask()
    assert api.requests == []


async def test_wait_before_a_retry_ends_when_it_is_cancelled() -> None:
    with StrictApi([fail(429, headers={"retry-after": "50"})]) as api:
        connection = Connection(Credentials(api_key=KEY, base_url=api.url), print)
        model = ClaudeModel(connection, Retries(lambda: 0.5, time.time, asyncio.sleep), time.monotonic)
        reply = model.open(request())
        assert isinstance(await anext(reply), RetryPlanned)
        waiting = asyncio.ensure_future(anext(reply))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await reply.aclose()
        await model.aclose()
    assert len(api.requests) == 1


async def test_warning_of_the_sdk_is_told_once_when_a_model_is_deprecated(capfd: pytest.CaptureFixture[str]) -> None:
    with StrictApi([say("One."), say("Two.")]) as api:
        async with desk(api.url) as it:
            with warnings.catch_warnings(record=True) as leaked:
                warnings.simplefilter("always")
                await it.ask(model="claude-sonnet-4-5")
                await it.ask(model="claude-sonnet-4-5")
            logging.getLogger("anthropic").warning("something with %s", KEY)
    assert [each for each in leaked if "deprecated" in str(each.message)] == []
    assert len(it.notices) == 2
    assert "November 30th, 2026" in it.notices[0]
    assert it.notices[1] == "something with [credential]"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_invariant_10_key_is_in_no_error_when_the_api_repeats_it(status: int) -> None:
    failure = fail(status, "authentication_error", f"invalid key {PLANTED}", {"x-should-retry": "false"})
    with StrictApi([failure], key=PLANTED) as api:
        async with desk(api.url, Credentials(api_key=PLANTED, base_url=api.url)) as it:
            with pytest.raises(Exception, match=r"\[credential\]") as raised:
                await it.ask()
    told = "".join(traceback.format_exception(raised.value))
    assert PLANTED not in told
    assert PLANTED not in repr(it.notices)


async def test_invariant_10_key_is_in_no_error_when_the_service_does_not_know_it() -> None:
    with StrictApi([]) as api:
        async with desk(api.url, Credentials(api_key=PLANTED, base_url=api.url)) as it:
            with pytest.raises(CredentialsRejected) as raised:
                await it.ask()
    assert PLANTED not in "".join(traceback.format_exception(raised.value))


def test_import_of_the_client_loads_no_sdk() -> None:
    told = "import sys, copydesk.model.client, copydesk.model.transports; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"anthropic", "httpx2", "pydantic"} & set(ran.stdout.split())


async def test_loading_begins_in_the_background_when_prepared() -> None:
    with StrictApi([say("Yes.")]) as api:
        async with desk(api.url) as it:
            it.model.prepare()
            it.model.prepare()
            assert (await it.ask()).text == "Yes."


async def _read_all(reply: AsyncIterator[object]) -> None:
    async for _ in reply:
        pass


def write_profile(secret: dict[str, object] | None) -> None:
    """Put the default profile into the test's own home, with its secret if there is one."""
    place = Path.home() / ".config" / "anthropic"
    for name, content in (("configs", {"authentication": {"type": "user_oauth"}}), ("credentials", secret)):
        if content is not None:
            (place / name).mkdir(parents=True)
            (place / name / "default.json").write_text(json.dumps(content))
            (place / name / "default.json").chmod(0o600)


FIRST_REQUEST = """
import asyncio, gc, sys, time
from copydesk.model.client import ClaudeModel
from copydesk.model.connection import Connection
from copydesk.model.providers import Credentials
from copydesk.model.retries import Retries
from tests.contract.claude import request

async def ask(key, address):
    said = []
    connection = Connection(Credentials(api_key=key, base_url=address), said.append)
    await connection.client()
    loaded = set(sys.modules)
    model = ClaudeModel(connection, Retries(lambda: 0.5, time.time, asyncio.sleep), time.monotonic)
    async for _ in model.open(request()):
        pass
    await model.aclose()
    print(sorted(set(sys.modules) - loaded), said, gc.get_freeze_count() > len(gc.get_objects()))

asyncio.run(ask(*sys.argv[1:]))
"""


def test_first_request_loads_nothing_and_no_collection_looks_through_what_was_loaded() -> None:
    with StrictApi([say("hello")]) as api:
        command = [sys.executable, "-W", "error", "-c", FIRST_REQUEST, api.key, api.url]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "[] [] True\n"
    assert len(api.requests) == 1
