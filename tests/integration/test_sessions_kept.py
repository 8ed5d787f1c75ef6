"""Proves that real sessions are listed, shown, copied and deleted, at a shell and by whoever opens them second."""

import json
from pathlib import Path

import pytest

from copydesk.assembly.shelf import shelf_of
from copydesk.domain.errors import UsageError
from copydesk.domain.events import Noticed
from copydesk.domain.policies import Mode
from copydesk.domain.transcript import Notice
from copydesk.engine.journal import SessionHeld
from tests.programs import warm_copydesk
from tests.schemas import complaints
from tests.sessions import Talk, Wish, talking
from tests.strict_api import StrictApi, call, say

pytestmark = pytest.mark.anyio

EDIT = {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


async def test_session_is_in_use_while_it_is_open_and_its_cost_is_listed_after(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), say("Again.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("make it two")
            (open_one,) = shelf_of(talk.place).sessions()
            with pytest.raises(UsageError, match="in use"):
                shelf_of(talk.place).delete(talk.session.id)
            cost = talk.transcript.cost_usd
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.say("once more")
            (again,) = shelf_of(talk.place).sessions()

    assert (open_one.is_live, open_one.prompt, open_one.tally.turns) == (True, "make it two", 1)
    assert open_one.tally.cost_usd == cost
    assert again.tally.turns == 2
    assert (again.tally.cost_usd or 0) > (cost or 0) > 0


async def test_held_session_goes_on_as_a_copy_that_leaves_it_alone(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), say("In the copy.")]) as api:
        async with talking(api, workspace, Wish(mode=Mode.REVIEW, is_interactive=True)) as talk:
            await talk.say("make it two")
            record = talk.place.state.sessions / f"{talk.session.id}.jsonl"
            before = record.read_bytes()
            with pytest.raises(SessionHeld):
                async with talking(api, workspace, Wish(resumes=talk.session.id)):
                    pass
            async with talking(api, workspace, Wish(resumes=talk.session.id, forks=True)) as copy:
                await copy.say("go on")
                listed = shelf_of(copy.place).sessions()
            assert record.read_bytes() == before
            original = talk.session.id
        sent = json.dumps(api.bodies[-1]["messages"])

    assert copy.session.id != original
    assert {one.id: one.waiting for one in listed} == {original: ("a.py",), copy.session.id: ()}
    assert f"This session is a copy of {original}. Edits of a.py wait for a review there" in sent
    assert "make it two" in sent


async def test_new_session_says_where_edits_wait_and_the_last_one_with_a_prompt_goes_on(workspace: Path) -> None:
    reviews, resumes = Wish(mode=Mode.REVIEW, is_interactive=True), Wish(is_interactive=True, resumes="")
    with StrictApi([call(EDIT), say("Done.")]) as api:
        async with talking(api, workspace, reviews) as talk:
            await talk.say("make it two")
            left = talk.session.id
            async with talking(api, workspace, reviews) as beside:
                await beside.settled()
                assert notices(beside) == []
        async with talking(api, workspace, reviews) as fresh:
            assert fresh.session.id != left
            await fresh.settled()
            (said,) = notices(fresh)
        async with talking(api, workspace, resumes) as again:
            await again.settled()
            assert again.session.id == left
            assert notices(again) == ["Opened in mode review, since edits of a.py waited for your review."]

    assert said.startswith("Edits of a.py wait for your review in an earlier session: copydesk --resume " + left)
    assert f"/resume {left}" in said


async def test_what_was_found_at_an_opening_is_shown_once_when_it_is_found_again(workspace: Path) -> None:
    (workspace / "AGENTS.md").write_text("Be kind.\n")
    with StrictApi([say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("hello")
        async with talking(api, workspace, Wish(resumes="")) as again:
            await again.settled()
            shown = [item for item in again.transcript.items if isinstance(item, Notice)]

    assert [said.text[:34] for said in shown] == ["AGENTS.md: not trusted, so not giv"]
    assert len(notices(again)) == 2
    assert shown[0].text.endswith("takes it in as it is now.")


def notices(talk: Talk) -> list[str]:
    """What a session said of itself."""
    return [event.text for event in talk.events if isinstance(event, Noticed)]


async def test_sessions_are_listed_and_deleted_at_a_shell(workspace: Path) -> None:
    with StrictApi([say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("say hello")
            held = warm_copydesk("--resume", talk.session.id, "-p", "more", "--replay", "none", cwd=workspace)

    listed = warm_copydesk("sessions", "--json", cwd=workspace)
    exported = warm_copydesk("sessions", "export", talk.session.id[:12], "--format", "json", cwd=workspace)
    wrong = warm_copydesk("sessions", "show", cwd=workspace)
    deleted = warm_copydesk("sessions", "delete", talk.session.id, cwd=workspace)

    assert held.code == 1
    assert "is open in another copydesk" in held.talk
    assert complaints("sessions.schema.json", listed.json) == []
    assert [one["prompt"] for one in listed.json["sessions"]] == ["say hello"]
    assert complaints("sessions.schema.json", exported.json) == []
    assert (wrong.code, deleted.code) == (2, 0)
    assert warm_copydesk("sessions", cwd=workspace).talk.strip() == "There is no session here yet."
