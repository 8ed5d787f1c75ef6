"""Owns that traffic recorded beneath the SDK plays back the same, and that nothing else does."""

from __future__ import annotations

import asyncio

import pytest

from copydesk.domain.errors import CassetteError
from copydesk.domain.messages import AssistantTurn, Message, user_message
from copydesk.model.cassettes import Cassette, read_cassette, write_cassette
from copydesk.model.connection import MakeTransport
from copydesk.model.providers import Credentials
from copydesk.model.stream import TextPart
from copydesk.model.transports import recorded_network, replay_transport
from tests.contract.claude import HELLO, Desk, answered, desk
from tests.strict_api import Hold, Reply, StrictApi, call, dropped, fail, held, say

PLANTED = "sk-ant-planted-0123456789abcdef"
NOWHERE = "http://127.0.0.1:9"
VIEW = {"command": "view", "path": "a.py"}
SCRIPT = [call(VIEW, text="I look at the file, and at nothing else.", thinking="Hm."), say("Done.")]


async def converse(it: Desk, shown: str = "x = 1") -> list[AssistantTurn]:
    first = await it.ask()
    messages: list[Message] = [*HELLO, *answered(first, shown)]
    return [first, await it.ask(messages, previous=first.message_id)]


def recording(tapes: list[Cassette], credentials: Credentials) -> MakeTransport:
    return lambda: recorded_network(tapes.append, credentials.redact)


async def recorded(script: list[Reply]) -> tuple[Cassette, list[AssistantTurn]]:
    tapes: list[Cassette] = []
    with StrictApi(script, key=PLANTED) as api:
        own = Credentials(api_key=PLANTED, base_url=api.url)
        async with desk(api.url, own, make_transport=recording(tapes, own)) as it:
            turns = await converse(it)
    return read_cassette(write_cassette(tapes[-1])), turns


def player(tape: Cassette) -> MakeTransport:
    return lambda: replay_transport(tape)


async def test_replay_gives_the_turns_that_were_recorded() -> None:
    tape, turns = await recorded(list(SCRIPT))
    async with desk(NOWHERE, make_transport=player(tape)) as it:
        played = await converse(it)
        again = await it.ask()
    assert played == turns
    assert again == turns[0]
    assert tape.prompts == ("Hello.",)


async def test_invariant_10_key_is_not_in_the_recording_when_the_model_repeats_it() -> None:
    leaking = call(VIEW | {"path": PLANTED}, text=f"The key is {PLANTED}, I think.", thinking=f"So {PLANTED} it is.")
    tape, turns = await recorded([leaking, say("Done.")])
    text = write_cassette(tape)
    assert PLANTED in turns[0].text
    assert "planted" not in text
    assert "authorization" not in text.lower()
    async with desk(NOWHERE, make_transport=player(tape)) as it:
        played = await converse(it)
    assert played[0].text == "The key is [credential], I think."
    assert played[0].calls[0].input["path"] == "[credential]"
    assert played[1] == turns[1]


async def test_replay_fails_with_a_sentence_when_a_result_differs() -> None:
    tape, _ = await recorded(list(SCRIPT))
    async with desk(NOWHERE, make_transport=player(tape)) as it:
        with pytest.raises(
            CassetteError, match="The request differs from the recording after 'exchange-1': the digest"
        ):
            await converse(it, "x = 2")
    assert it.waits == []


async def test_broken_reply_is_recorded_as_such_and_never_played() -> None:
    tape, turns = await recorded([dropped(say("Hello."), 4), *SCRIPT])
    assert [each.is_complete for each in tape.exchanges] == [False, True, True]
    torn = Cassette(tape.exchanges[:1], tape.prompts)
    async with desk(NOWHERE, make_transport=player(torn)) as it:
        with pytest.raises(CassetteError, match="broke off"):
            await it.ask()
    async with desk(NOWHERE, make_transport=player(tape)) as it:
        assert (await converse(it))[1] == turns[1]


async def test_reply_is_recorded_as_incomplete_when_the_reader_leaves() -> None:
    tapes: list[Cassette] = []
    hold = Hold()
    with StrictApi([held(say("Never whole. " * 9), hold, 5)]) as api:
        own = Credentials(api_key=api.key, base_url=api.url)
        async with desk(api.url, own, make_transport=recording(tapes, own)) as it:
            reply = it.open()
            async for event in reply:
                if isinstance(event, TextPart):
                    break
            await reply.aclose()
    assert [each.is_complete for each in tapes[-1].exchanges] == [False]


async def test_failure_of_the_service_is_not_recorded() -> None:
    tapes: list[Cassette] = []
    with StrictApi([fail(529, "overloaded_error"), say("Hello.")]) as api:
        own = Credentials(api_key=api.key, base_url=api.url)
        async with desk(api.url, own, make_transport=recording(tapes, own)) as it:
            await it.ask()
    assert len(tapes[-1].exchanges) == 1


async def test_prompt_off_the_tape_is_answered_with_what_the_tape_can_do() -> None:
    tape = Cassette(off_tape="I can only\nfix the tests.")
    async with desk(NOWHERE, make_transport=player(tape)) as it:
        turn = await it.ask([user_message("Paint it green.")])
    assert (turn.text, turn.stop_reason) == ("I can only\nfix the tests.", "end_turn")


async def test_tool_gets_the_name_of_the_request_when_the_tape_leaves_it_open() -> None:
    named, _ = await recorded(list(SCRIPT))
    tape = read_cassette(write_cassette(named).replace("str_replace_based_edit_tool", "*"))
    for model in ("claude-opus-5-5", "claude-3-7-sonnet-20250219"):
        async with desk(NOWHERE, make_transport=player(tape)) as it:
            turn = await it.ask(model=model)
        assert turn.calls[0].name == ("str_replace_editor" if "3-7" in model else "str_replace_based_edit_tool")


async def test_replay_streams_event_by_event_when_it_has_a_pause() -> None:
    pauses = 0

    async def pause() -> None:
        nonlocal pauses
        pauses += 1
        await asyncio.sleep(0)

    tape = Cassette(off_tape="One two three.")
    async with desk(NOWHERE, make_transport=lambda: replay_transport(tape, pause)) as it:
        events = await it.events()
    assert [each.text for each in events if isinstance(each, TextPart)] == ["One", " two", " three."]
    assert pauses == 8
