"""Proves that a conversation is cut back to before a prompt and goes on, with the files or without, also after a kill.

The API's stand-in refuses what the real one would: thinking on another history, calls without results.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim, Answers, Remedy
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict, UsageError
from copydesk.domain.policies import Mode
from copydesk.engine.dialogue import before
from tests.rewinding import (
    CREATED,
    CUT_OUT,
    FIRST,
    LOOK,
    OTHER,
    ROLLED_BACK,
    SECOND,
    TWO_TURNS,
    begun,
    blocks,
    check_same,
    contents,
    journal,
    said,
    sent,
)
from tests.sessions import Talk, Wish, talking
from tests.strict_api import Hold, StrictApi, call, held, say, stop

pytestmark = pytest.mark.anyio

THINKING = Wish(model="claude-opus-5-5")
RESUMED = Wish(model="claude-opus-5-5", resumes="")
REVIEW = Wish(mode=Mode.REVIEW, is_interactive=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return begun(tmp_path / "shop")


async def going_back(talk: Talk, number: int = 0) -> str:
    """Roll back alone, by the row in the list of the History."""
    return await talk.session.rollback(Aim((await talk.session.history())[number].id))


REPLIES: dict[str, list[Any]] = {
    "text": [say("Hello."), say("Hello again.")],
    "thinking": [say("Hello.", thinking="Hm."), call(FIRST, thinking="Hm hm."), say("Done.", thinking="So.")],
    "parallel calls": [call(FIRST, OTHER), say("Done."), call(SECOND, {"command": "view", "path": "b.py"}), say("So.")],
    "a refused turn": [call(FIRST), say("Done."), stop("refusal"), say("Fine.")],
    "a limit": [call(FIRST), stop("max_tokens", call(SECOND)), say("Smaller."), say("More.")],
}


WAYS = {
    "the last, with files": (1, True, False),
    "the last, resumed": (1, False, True),
    "two, at once": (2, False, False),
    "two, with files, resumed": (2, True, True),
}
"""How many prompts are cut out, whether the files go back too, and whether the session was resumed before."""


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("script", REPLIES.values(), ids=REPLIES.keys())
async def test_invariant_5_prompts_are_cut_out_and_the_next_request_is_taken(
    script: list[Any], way: tuple[int, bool, bool], workspace: Path, state_dir: Path
) -> None:
    back, with_files, is_resumed = way
    prompts = ["one", "two", "three"]
    with StrictApi([*script, say("Another.")]) as api:
        async with talking(api, workspace, THINKING) as talk:
            for prompt in prompts:
                if len(api.bodies) < len(script):
                    await talk.say(prompt)
            turns = [row.turn for row in await talk.session.turns()]
            if not is_resumed:
                await rewound(talk, turns[-back], with_files, state_dir)
        if is_resumed:
            async with talking(api, workspace, RESUMED) as talk:
                assert [row.turn for row in await talk.session.turns()] == turns
                await rewound(talk, turns[-back], with_files, state_dir)
        kept = [prompts[turn - 1] for turn in turns[:-back]]
        assert [text for text in said(api) if text in prompts] == kept


async def rewound(talk: Talk, turn: int, with_files: bool, state_dir: Path) -> None:
    """Cut a conversation back and go on; what was said before the cut is sent again byte for byte."""
    conversation = talk.session._parts.conversation
    kept = before(conversation.messages, conversation.starts[turn])
    await talk.session.rewind(turn, with_files)
    check_same(talk, state_dir)
    assert (await talk.say("four")).outcome == "done"
    check_same(talk, state_dir)
    assert talk.api.bodies[-1].get("diagnostics", {}).get("previous_message_id") is None
    sent_now = blocks(talk.api.bodies[-1]["messages"])
    assert sent_now[: len(blocks(kept))] == blocks(kept)
    assert len(sent_now) <= len(blocks(kept)) + (1 if kept else 2) + (not with_files)


async def test_prompt_after_a_rejection_is_cut_out_and_the_answers_stay(workspace: Path) -> None:
    wish = Wish(mode=Mode.ASK, is_interactive=True)
    with StrictApi([call(FIRST, SECOND), say("Pity."), say("Well.")]) as api:
        async with talking(api, workspace, wish) as talk:
            await talk.session.submit("one")
            await talk.decide(accepted=False)
            await talk.session.idle()
            await talk.say("two")
            await talk.session.rewind(2, with_files=False)
            await talk.say("three")

        assert said(api)[-2:] == ["one", "three"]
        assert sent(api, -1)[:-1] == sent(api, 1)[:-1]


async def test_files_go_back_with_the_conversation_and_need_no_word(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Done."), call(SECOND, OTHER, CREATED), say("Done again."), say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two\nand more")
            preview = await talk.session.preview_rewind(2)
            assert [(row.turn, row.words, row.edits) for row in preview.turns] == [(2, "two", 3)]
            assert (preview.messages, {diff.path for diff in preview.files.diffs}) == (
                4,
                {"a.py", "b.py", "new/c.py"},
            )
            done = await talk.session.rewind(2, with_files=True, digest=preview.files.digest)
            assert contents(workspace) == {"a.py": "x = 2\n", "b.py": "y = 1\n"}
            assert not (workspace / "new").exists()
            await talk.say("three")

        assert done == "Cut out of the conversation: “two”. Rolled back: a.py, b.py, new/c.py."
        assert said(api)[-2:] == ["one", "three"]
        assert sent(api, -1)[:-1] == [*sent(api, 1), 'assistant{"type": "text", "text": "Done."}']


async def test_files_that_stay_are_named_to_the_model(workspace: Path) -> None:
    with StrictApi([*TWO_TURNS, say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            done = await talk.session.rewind(1, with_files=False)
            assert contents(workspace) == {"a.py": "x = 3\n", "b.py": "y = 2\n"}
            await talk.say("three")

        assert done == "Cut out of the conversation: “one” and 1 prompt after it. Not as they were then: a.py, b.py."
        told = said(api)
        assert (told[0], told[-1]) == (f"{CUT_OUT}a.py, b.py.{LOOK}", "three")
        assert "<workspace>" in told[1]
        assert "assistant" not in str(api.bodies[-1]["messages"])


async def test_file_that_was_put_back_by_hand_needs_no_word(workspace: Path) -> None:
    with StrictApi([*TWO_TURNS, say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            (workspace / "b.py").write_text("y = 1\n")
            await talk.session.rewind(2, with_files=False)
            await talk.say("three")

        assert said(api)[-2:] == [f"{CUT_OUT}a.py.{LOOK}", "three"]


async def test_files_of_another_session_are_left_alone_and_not_named(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Done."), call(OTHER), say("Done too."), say("Hi.")]) as api:
        async with talking(api, workspace) as talk, talking(api, workspace) as other:
            await talk.say("one")
            await other.say("hello")
            assert [diff.path for diff in (await talk.session.preview_rewind(1)).files.diffs] == ["a.py"]
            await talk.session.rewind(1, with_files=False)
            await talk.say("two")
        assert said(api)[0] == f"{CUT_OUT}a.py.{LOOK}"


async def test_nothing_happens_when_a_file_was_changed_outside(workspace: Path, state_dir: Path) -> None:
    with StrictApi([*TWO_TURNS, say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            (workspace / "a.py").write_text("x = 3\nmine = 1\n")
            before, messages = journal(state_dir).read_bytes(), talk.session._parts.conversation.messages
            preview = await talk.session.preview_rewind(2)
            assert [conflict.path for conflict in preview.files.conflicts] == ["a.py"]
            with pytest.raises(RollbackConflict, match=r"a\.py"):
                await talk.session.rewind(2, with_files=True)

            assert contents(workspace) == {"a.py": "x = 3\nmine = 1\n", "b.py": "y = 2\n"}
            assert talk.session._parts.conversation.messages == messages
            assert journal(state_dir).read_bytes() == before
            assert not talk.session.is_busy

            done = await talk.session.rewind(2, True, Answers(by_path={"a.py": Remedy.KEEP}))
            assert contents(workspace) == {"a.py": "x = 3\nmine = 1\n", "b.py": "y = 1\n"}
            await talk.say("three")

        assert done == "Cut out of the conversation: “two”. Rolled back: b.py. Not as they were then: a.py."
        assert said(api)[-2:] == [f"{CUT_OUT}a.py.{LOOK}", "three"]


async def test_nothing_happens_when_the_files_are_not_as_they_were_shown(workspace: Path) -> None:
    with StrictApi([*TWO_TURNS]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            preview = await talk.session.preview_rewind(2)
            await going_back(talk)
            with pytest.raises(RollbackConflict, match="look at it again"):
                await talk.session.rewind(2, with_files=True, digest=preview.files.digest)
            assert len(await talk.session.turns()) == 2


async def test_rollback_in_the_part_that_is_cut_out_is_told_by_what_the_files_are(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Done."), say("Hello."), say("Hm."), say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            await going_back(talk)
            await talk.say("three")
            assert said(api)[-2:] == [f"{ROLLED_BACK}a.py.{LOOK}", "three"]
            await talk.session.rewind(2, with_files=False)
            await talk.say("four")
        assert said(api)[-2:] == [f"{CUT_OUT}a.py.{LOOK}", "four"]


async def test_rollback_before_the_prompt_stays_told_once(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Done."), say("Hello."), say("Hm."), say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await going_back(talk)
            await talk.say("two")
            await talk.session.rewind(2, with_files=True)
            await talk.say("three")
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.say("four")
        assert said(api)[2:] == [f"{ROLLED_BACK}a.py.{LOOK}", "three", "four"]
        assert contents(workspace)["a.py"] == "x = 1\n"


@pytest.mark.parametrize("with_files", [False, True], ids=["alone", "with files"])
async def test_review_in_the_part_that_is_cut_out_is_told_again(with_files: bool, workspace: Path) -> None:
    hold = Hold()
    with StrictApi([call(FIRST), say("Done."), held(say("Hello."), hold, 1), say("Hm."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("one")
            await talk.session.submit("two")
            await talk.until(events.TurnStarted, 2)
            changeset = await talk.session.changeset()
            await talk.session.decide_review(Decision(True, changeset.digest))
            hold.release()
            await talk.session.idle()
            await talk.say("three")
            await talk.session.rewind(2, with_files)
            await talk.say("four")

        (review, *files, prompt) = said(api)[2:]
        landed = "The person reviewed the edits that waited.\na.py: landed as proposed."
        assert (review, prompt) == (landed, "four")
        assert files == [f"{ROLLED_BACK}a.py.{LOOK}" if with_files else f"{CUT_OUT}a.py.{LOOK}"]
        assert contents(workspace)["a.py"] == ("x = 1\n" if with_files else "x = 2\n")


async def test_edits_that_wait_keep_the_files_from_going_back_and_are_named(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("one")
            assert (await talk.session.preview_rewind(1)).waiting == ("a.py",)
            with pytest.raises(UsageError, match="wait for your review"):
                await talk.session.rewind(1, with_files=True)
            await talk.session.rewind(1, with_files=False)
            assert talk.session.waiting_review == ("a.py",)
            await talk.say("two")
        assert said(api)[0] == f"{CUT_OUT}a.py.{LOOK}"


async def test_conversation_stays_while_a_turn_runs_and_where_there_is_no_such_prompt(workspace: Path) -> None:
    hold = Hold()
    with StrictApi([say("Hello."), held(say("Hello again."), hold, 1), stop("refusal")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.session.submit("two")
            await talk.until(events.TurnStarted, 2)
            for asked in (talk.session.rewind(1, False), talk.session.preview_rewind(1)):
                with pytest.raises(UsageError, match="A turn is running"):
                    await asked
            hold.release()
            await talk.session.idle()
            await talk.say("bad")
            assert [row.turn for row in await talk.session.turns()] == [1, 2]
            with pytest.raises(UsageError, match="cannot be cut back to turn 3"):
                await talk.session.rewind(3, with_files=False)


async def test_prompt_that_comes_meanwhile_waits_for_the_cut(workspace: Path) -> None:
    with StrictApi([*TWO_TURNS, say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            cutting = asyncio.ensure_future(talk.session.rewind(2, with_files=True))
            await asyncio.sleep(0)
            await talk.session.submit("three")
            await cutting
            await talk.session.idle()
        assert said(api)[-2:] == ["one", "three"]
