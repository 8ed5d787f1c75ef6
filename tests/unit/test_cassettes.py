"""Owns which recorded exchange answers a conversation, what makes a replay fail, and the format on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.errors import CassetteError
from copydesk.domain.messages import Message, ToolResult, results_message, user_message
from copydesk.model.cassettes import (
    ANY,
    Cassette,
    Exchange,
    Expectation,
    ExpectedResult,
    digest_result,
    read_cassette,
    write_cassette,
)

Json = dict[str, Any]
PROMPT = "Fix the tests."


def reply(*blocks: Json) -> tuple[Json, ...]:
    inner: list[Json] = []
    for index, block in enumerate(blocks):
        inner += [
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_stop", "index": index},
        ]
    start = {"type": "message_start", "message": {"id": "msg", "usage": {}}}
    return (start, *inner, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"})


def use(call: str) -> Json:
    return {"type": "tool_use", "id": call, "name": ANY, "input": {}}


def say(text: str) -> Json:
    return {"type": "text", "text": text}


def said(*blocks: Json) -> Message:
    return {"role": "assistant", "content": list(blocks)}


def result(call: str, content: str, *, is_error: bool = False, note: str = "") -> Message:
    return results_message([ToolResult(call, content, is_error)], note)


def expected(call: str, digest: str, *, is_error: bool = False, prompt: str | None = None) -> Expectation:
    return Expectation((ExpectedResult(call, is_error, digest),), prompt)


TAPE = Cassette(
    exchanges=(
        Exchange("look", None, Expectation(prompt=PROMPT), reply(say("I look."), use("t1")), is_complete=True),
        Exchange("edit", "look", expected("t1", digest_result("x = 1")), reply(use("t2")), is_complete=True),
        Exchange("torn", "edit", expected("t2", digest_result("done")), reply(say("Do")), is_complete=False),
        Exchange("done", "edit", expected("t2", digest_result("done")), reply(say("Done.")), is_complete=True),
        Exchange("other", "edit", expected("t2", ANY, is_error=True), reply(say("Another way.")), is_complete=True),
        Exchange("undo", "done", Expectation(prompt="Undo."), reply(say("Undone.")), is_complete=True),
        Exchange("lost", "undo", Expectation(prompt=ANY), reply(say("Lo")), is_complete=False),
    ),
    prompts=(PROMPT, "Undo."),
    off_tape="I only know two things.",
    model="claude-opus-5-5",
)
ASK = user_message("Some context of the machine.", PROMPT)
LOOKED = [ASK, said(say("I look."), use("t1"))]
EDITED = [*LOOKED, result("t1", "x = 1"), said({"type": "thinking", "thinking": "Hm."}, use("t2"))]
DONE = [*EDITED, result("t2", "done"), said(say("Done."))]


@pytest.mark.parametrize(
    ("messages", "exchange"),
    [
        ([ASK], "look"),
        ([*LOOKED, result("t1", "x = 1")], "edit"),
        ([*EDITED, result("t2", "done")], "done"),
        ([*EDITED, result("t2", "Rejected: not so.", is_error=True)], "other"),
        ([*DONE, user_message("Undo.")], "undo"),
        ([*DONE, user_message("Paint it green.")], None),
        ([user_message("Paint it green.")], None),
        ([user_message("Paint it green."), said(say("I only know two things.")), ASK], "look"),
        ([ASK, said(say("I lo")), ASK], "look"),
        ([ASK, said(say("Stray."), use("t9")), result("t9", "Not run.", is_error=True, note=PROMPT)], "look"),
    ],
    ids=["start", "result", "accepted", "rejected", "next", "off", "off first", "after off", "interrupted", "unrun"],
)
def test_exchange_is_chosen_by_the_conversation_alone(messages: Sequence[Message], exchange: str | None) -> None:
    for _ in range(2):
        found = TAPE.answer(messages)
        assert (found and found.id) == exchange


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([*LOOKED, result("t9", "x = 1")], "id of a tool result is t9, recorded was t1"),
        ([*LOOKED, result("t1", "x = 1", is_error=True)], "is_error of t1 is true, recorded was false"),
        ([*LOOKED, result("t1", "x = 2")], "digest of t1 is "),
        ([*LOOKED, user_message(PROMPT)], "the prompt is 'Fix the tests.', recorded was none"),
        (
            [*LOOKED, {"role": "user", "content": [*result("t1", "x = 1")["content"], *result("t3", "")["content"]]}],
            "ids",
        ),
        ([*DONE[:-1], said(say("Something else.")), result("t2", "done")], "the ids of the tool results are"),
        ([*DONE, user_message("Undo."), said(say("Undone.")), user_message("More.")], "'lost' broke off"),
    ],
    ids=["id", "is_error", "digest", "prompt", "count", "reply", "incomplete"],
)
def test_replay_fails_naming_what_differs(messages: Sequence[Message], words: str) -> None:
    tape = Cassette(TAPE.exchanges, TAPE.prompts)
    with pytest.raises(CassetteError, match=words):
        tape.answer(messages)


def test_replay_fails_when_a_result_differs_although_other_prompts_have_an_answer() -> None:
    with pytest.raises(CassetteError, match="digest of t1"):
        TAPE.answer([*LOOKED, result("t1", "x = 2")])


def test_digest_is_of_the_content_and_not_of_its_spelling() -> None:
    one, two = [{"type": "text", "text": "ü"}], [{"text": "ü", "type": "text"}]
    assert digest_result(one) == digest_result(two) != digest_result("ü")


def test_cassette_is_the_same_when_read_back() -> None:
    assert read_cassette(write_cassette(TAPE)) == TAPE


@given(st.builds(ExpectedResult, st.text(), st.booleans(), st.text()), st.none() | st.text())
def test_expectation_is_the_same_when_read_back(result: ExpectedResult, prompt: str | None) -> None:
    tape = Cassette((Exchange("a", None, Expectation((result,), prompt), (), is_complete=False),))
    assert read_cassette(write_cassette(tape)) == tape


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"format": "copydesk-cassette", "version": 2, "prompts": [], "exchanges": []}),
        json.dumps({"format": "copydesk-cassette", "version": 1, "prompts": [], "exchanges": [{}]}),
        write_cassette(Cassette((Exchange("a", "b", Expectation(), (), is_complete=True),))),
        write_cassette(Cassette((Exchange("a", None, Expectation(), (), is_complete=True),) * 2)),
    ],
    ids=["empty", "list", "no format", "version", "exchange", "orphan", "twice"],
)
def test_file_is_refused_when_it_is_no_cassette(text: str) -> None:
    with pytest.raises(CassetteError):
        read_cassette(text)
