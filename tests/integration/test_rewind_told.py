"""Proves that the model hears of each rollback once and with its next prompt, whatever program made it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim, Answers, Remedy
from copydesk.domain.transcript import Notice
from tests.programs import warm_copydesk
from tests.sessions import Talk, Wish, talking
from tests.strict_api import StrictApi, call, say, stop

pytestmark = pytest.mark.anyio

FIRST = {"command": "str_replace", "path": "a.py", "old_str": "x = 1", "new_str": "x = 2"}
OTHER = {"command": "str_replace", "path": "b.py", "old_str": "y = 1", "new_str": "y = 2"}
LOOK = "View them again before you edit them."
BACK, REDONE = "The person rolled files back: a.py.", "The person took a rollback back: a.py."


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.py").write_text("y = 1\n")
    return folder


def told(api: StrictApi) -> list[str]:
    """What the model was told of files, in its last request."""
    messages = [message for message in api.bodies[-1]["messages"] if message["role"] == "user"]
    texts = [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]
    return [text for text in texts if LOOK in text]


def run(workspace: Path, *arguments: str) -> None:
    ran = warm_copydesk(*arguments, "--root", str(workspace))
    assert ran.code == 0, ran.talk


async def test_rollback_on_the_command_line_is_told_with_the_next_prompt_and_once(workspace: Path) -> None:
    with StrictApi([call(FIRST), *(say("Fine.") for _ in range(5))]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            run(workspace, "rollback")
            await talk.say("two")
            assert told(api) == [f"{BACK} {LOOK}"]
            await talk.say("three")
            assert told(api) == [f"{BACK} {LOOK}"]
            (moved,) = (event for event in talk.events if isinstance(event, events.RolledBack))
            assert (moved.operation, moved.paths) == ("rollback", ("a.py",))
            run(workspace, "redo")
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.say("four")
            assert told(api) == [f"{BACK} {LOOK}", f"{REDONE} {LOOK}"]
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.say("five")
            assert told(api) == [f"{BACK} {LOOK}", f"{REDONE} {LOOK}"]


async def test_rollback_by_another_session_is_told_beside_ones_own(workspace: Path) -> None:
    with StrictApi([call(FIRST, OTHER), say("Fine."), say("So."), say("Hm.")]) as api:
        async with talking(api, workspace) as talk, talking(api, workspace) as other:
            await talk.say("one")
            await rolled_back(other, "b.py")
            await rolled_back(talk, "a.py")
            await talk.say("two")
            assert told(api) == [f"The person rolled files back: b.py, a.py. {LOOK}"]
            await talk.settled()
            steps = [event.step for event in talk.events if isinstance(event, events.RolledBack)]
            assert len(set(steps)) == len(steps) == 2

            await other.say("hello")
            assert told(api) == []


async def rolled_back(talk: Talk, path: str) -> None:
    row = next(row for row in reversed(await talk.session.history()) if path in row.paths)
    assert await talk.session.rollback(Aim(row.id, (path,))) == f"Rolled back: {path}."


async def test_rollback_is_told_again_with_a_prompt_when_the_one_before_was_refused(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Fine."), stop("refusal"), say("So.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            run(workspace, "rollback")
            await talk.say("bad")
            await talk.say("two")
        assert told(api) == [f"{BACK} {LOOK}"]


async def test_rollback_is_told_once_when_two_ask_for_it_at_once(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Fine."), say("So.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            run(workspace, "rollback")
            rewinds = talk.session._parts.rewinds
            await asyncio.gather(rewinds.hear(), rewinds.hear())
            await talk.say("two")
        assert told(api) == [f"{BACK} {LOOK}"]


async def test_session_that_begins_after_a_rollback_hears_nothing_of_it(workspace: Path) -> None:
    with StrictApi([call(FIRST), say("Fine."), say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
        run(workspace, "rollback")
        async with talking(api, workspace) as talk:
            await talk.say("two")
        assert told(api) == []


async def test_person_is_told_what_moved_and_what_was_kept(workspace: Path) -> None:
    with StrictApi([call(FIRST, OTHER), say("Fine.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            (workspace / "b.py").write_text("mine = 1\n")
            first = (await talk.session.history())[-1]
            said = await talk.session.rollback(Aim(first.id), Answers(Remedy.KEEP))
            assert said == "Rolled back: a.py. Kept as they are: b.py."
            await talk.settled()
            assert talk.transcript.items[-1] == Notice(said)
            assert await talk.session.rollback(Aim("", is_redo=True)) == "Redone: a.py."
            assert await talk.session.rollback(Aim("", is_redo=True)) == "There is nothing to redo."
