"""Proves what a session leaves behind: requests that only ever grow, and a journal that gives the session back."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain import events
from copydesk.domain.events import EPHEMERAL
from copydesk.domain.policies import Mode
from copydesk.domain.transcript import Reply, Transcript, fold
from copydesk.engine.journal import load
from copydesk.engine.resume import envelopes_of
from tests.sessions import Talk, Wish, talking
from tests.strict_api import Hold, StrictApi, blocks, call, held, say, stop

pytestmark = pytest.mark.anyio

VIEW = {"command": "view", "path": "a.py"}
EDIT = {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}
ASKING = Wish(mode=Mode.ASK, is_interactive=True)
RESUMED = Wish(mode=Mode.ASK, is_interactive=True, resumes="")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


def journal(state: Path) -> Path:
    (found,) = state.rglob("*.jsonl")
    return found


def spoken(body: dict[str, Any]) -> list[str]:
    """The blocks of a request's messages, one after the other, byte for byte but for the marks of the cache."""
    return [
        message["role"] + json.dumps({key: value for key, value in block.items() if key != "cache_control"})
        for message in body["messages"]
        for block in message["content"]
    ]


def frozen(body: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in body.items() if key not in ("messages", "diagnostics")})


def is_beginning(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    return list(longer[: len(shorter)]) == list(shorter)


async def interrupted(talk: Talk, hold: Hold) -> None:
    """Say something, and interrupt the answer once some of its text has come."""
    come = sum(isinstance(event, events.TextDelta) for event in talk.events)
    await talk.session.submit("tell me a story")
    await talk.until(events.TextDelta, come + 1)
    talk.session.cancel()
    await talk.session.idle()
    hold.release()


async def test_invariant_5_each_request_begins_with_the_one_before_it(workspace: Path) -> None:
    hold = Hold()
    script = [
        call(VIEW, EDIT, text="Let me see.", thinking="Hm."),
        held(say("Once upon a time there was a very long story."), hold, 6),
        say("Hello again."),
        stop("max_tokens", call(EDIT)),
        say("Smaller."),
        say("Welcome back."),
    ]
    with StrictApi(script) as api:
        async with talking(api, workspace, ASKING) as talk:
            await talk.session.submit("go")
            await talk.decide(accepted=False)
            await talk.session.idle()
            await interrupted(talk, hold)
            await talk.say("go on")
            await talk.say("once more")
        async with talking(api, workspace, RESUMED) as talk:
            await talk.say("and now?")
        bodies = api.bodies

    assert len(bodies) == len(script)
    for earlier, later in pairwise(bodies):
        assert is_beginning(spoken(earlier), spoken(later))
        assert frozen(earlier) == frozen(later)


async def test_invariant_5_a_refused_turn_is_cut_off_whole_and_nothing_before_it_changes(workspace: Path) -> None:
    with StrictApi([call(VIEW), say("Seen."), call(VIEW), stop("refusal"), say("Sure.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("first")
            await talk.say("something bad")
            await talk.say("something good")
        before, after = spoken(api.bodies[1]), spoken(api.bodies[-1])

    assert is_beginning(before, after)
    assert len(after) == len(before) + 2
    assert "something bad" not in "".join(after)


async def test_invariant_5_a_whole_call_of_an_interrupted_reply_is_answered_and_never_run(workspace: Path) -> None:
    hold = Hold()
    story = {"type": "text", "text": "I make this edit, and then there is a long story to tell about it."}
    thought = held(blocks({"type": "tool_use", "input": EDIT}, story), hold, 10)
    with StrictApi([thought, say("Hello again.")]) as api:
        async with talking(api, workspace) as talk:
            await interrupted(talk, hold)
            assert talk.last_turn.outcome == "interrupted"
            assert (await talk.say("go on")).outcome == "done"
        (result,) = talk.results()
        reply = api.bodies[-1]["messages"][1]["content"]

    assert [block["type"] for block in reply] == ["tool_use", "text"]
    assert (result["is_error"], result["content"][:7]) == (True, "Not run")
    assert (workspace / "a.py").read_text() == "x = 1\n"


async def test_invariant_9_text_of_an_interrupted_reply_is_in_the_journal_as_the_model_keeps_it(
    workspace: Path, state_dir: Path
) -> None:
    hold = Hold()
    with StrictApi([held(say("This is a long answer that never ends."), hold, 4), say("Hello again.")]) as api:
        async with talking(api, workspace) as talk:
            await interrupted(talk, hold)
            live = fold(Transcript(), talk.envelopes)
        async with talking(api, workspace, Wish(resumes="")) as talk:
            resumed = fold(Transcript(), envelopes_of("s", load(journal(state_dir).read_bytes()).records))
            await talk.say("go on")
        (kept,) = api.bodies[-1]["messages"][1]["content"]

    said = [item.text for item in live.items if isinstance(item, Reply)]
    assert said == [kept["text"]]
    assert kept["text"].startswith("This is")
    assert [item.text for item in resumed.items if isinstance(item, Reply)] == said


async def test_invariant_9_the_journal_only_grows_and_gives_the_session_back(workspace: Path, state_dir: Path) -> None:
    with StrictApi([call(VIEW, EDIT, thinking="Hm."), say("As you like."), call(EDIT), say("Done.")]) as api:
        async with talking(api, workspace, ASKING) as talk:
            await talk.session.submit("a prompt \u2028 of two lines")
            await talk.decide(accepted=False, note="not yet")
            await talk.session.idle()
        earlier = journal(state_dir).read_bytes()
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.say("now")
            seen = talk.envelopes

    written = journal(state_dir).read_bytes()
    assert written.startswith(earlier)
    loaded = load(written)
    assert loaded.damaged == ()
    kept = envelopes_of(seen[0].session, loaded.records)
    durable = [envelope for envelope in seen if not isinstance(envelope.event, EPHEMERAL)]
    assert [(e.seq, e.turn, e.event) for e in kept] == [(e.seq, e.turn, e.event) for e in durable]
    assert [envelope.seq for envelope in kept] == sorted({envelope.seq for envelope in kept})
    assert fold(Transcript(), kept) == fold(Transcript(), seen)


@pytest.mark.parametrize("lost", [1, 40, 400])
async def test_invariant_9_a_session_goes_on_when_the_end_of_its_journal_is_torn(
    lost: int, workspace: Path, state_dir: Path
) -> None:
    with StrictApi([call(VIEW), say("Seen."), say("Welcome back.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("look")
        whole = journal(state_dir).read_bytes()
        journal(state_dir).write_bytes(whole[:-lost])
        async with talking(api, workspace, Wish(resumes="")) as talk:
            assert (await talk.say("go on")).outcome == "done"

    kept = whole[: whole.rindex(b"\n", 0, -lost) + 1]
    assert journal(state_dir).read_bytes().startswith(kept)
    assert load(journal(state_dir).read_bytes()).damaged == ()


VERSIONS = {
    "claude-3-7-sonnet-20250219": "text_editor_20250124",
    "claude-opus-4-0": "text_editor_20250429",
    "claude-opus-5-5": "text_editor_20250728",
}


async def test_a_session_keeps_its_old_blocks_when_it_goes_on_with_another_tool_version(workspace: Path) -> None:
    script = [part for number in range(3) for part in (call(edit(number)), say("Done."))]
    with StrictApi(script) as api:
        for number, model in enumerate(VERSIONS):
            async with talking(api, workspace, Wish(model=model, resumes="" if number else None)) as talk:
                assert (await talk.say("count on")).outcome == "done"

        assert (workspace / "a.py").read_text() == "x = 4\n"
        for earlier, later in pairwise(api.bodies):
            assert is_beginning(calls_and_results(earlier), calls_and_results(later))
        assert [body["tools"][0]["type"] for body in api.bodies[::2]] == list(VERSIONS.values())
        messages = api.bodies[-1]["messages"]
        assert [
            block["name"] for message in messages for block in message["content"] if block["type"] == "tool_use"
        ] == [
            "str_replace_editor",
            "str_replace_based_edit_tool",
            "str_replace_based_edit_tool",
        ]


async def test_undo_is_answered_by_the_way_back_when_the_session_goes_on_without_it(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "a.py"}
    with StrictApi([call(EDIT), say("Done."), call(undo), say("I see.")]) as api:
        async with talking(api, workspace, Wish(model="claude-3-7-sonnet-20250219")) as talk:
            await talk.say("edit")
        async with talking(api, workspace, Wish(model="claude-opus-4-8", resumes="")) as talk:
            await talk.say("take it back")
            (result,) = talk.results()
    assert result["is_error"]
    assert "no `undo_edit`" in result["content"]
    assert "copydesk rollback" in result["content"]


def edit(number: int) -> dict[str, Any]:
    return {"command": "str_replace", "path": "a.py", "old_str": str(number + 1), "new_str": str(number + 2)}


def calls_and_results(body: dict[str, Any]) -> list[str]:
    """The blocks of tools, in order, byte for byte: what an API binds results to."""
    return [
        json.dumps({key: value for key, value in block.items() if key != "cache_control"})
        for message in body["messages"]
        for block in message["content"]
        if block["type"] in ("tool_use", "tool_result")
    ]
