"""Proves what is said above the footer: whole, when it concerns somebody, and over nothing that was said before."""

from __future__ import annotations

import pytest

from copydesk.changes.changeset import Changeset, Conflict
from copydesk.domain.events import TextDelta, TurnStarted
from copydesk.frontends.tui.lines.status import SPINNER, Activity
from copydesk.launch.screen import kept_sentence
from tests.tui.driver import FACTS, seated
from tests.tui.fake_session import FakeSession

pytestmark = pytest.mark.anyio


async def test_sentence_is_wrapped_and_not_cut_when_it_is_longer_than_the_screen() -> None:
    async with seated(FakeSession(), size=(60, 16)) as person:
        activity = person.app.desk.query_one(Activity)
        person.app.desk.say("a word " * 14 + "the end.")
        await person.until_seen("the end.")
        assert activity.size.height == 2
        assert "…" not in "".join(activity.render_line(y).text for y in range(2))
        person.app.desk.say("short")
        await person.until(lambda: activity.size.height == 1)


async def test_spinner_stands_before_what_is_said_when_a_turn_runs() -> None:
    async with seated(FakeSession(), size=(60, 16)) as person:
        person.session.emit(TurnStarted("go on"))
        await person.until_seen("working")
        person.app.desk.say("a word " * 14 + "the end.")
        await person.until_seen("the end.")
        rows = [person.app.desk.query_one(Activity).render_line(y).text for y in range(2)]
        assert (rows[0][1] in SPINNER, rows[0][3:9], rows[1][:9]) == (True, "a word", "   a word")


async def test_review_is_offered_as_soon_as_an_edit_is_gathered_while_the_turn_goes_on() -> None:
    async with seated(FakeSession()) as person:
        person.session.emit(TurnStarted("go on"))
        await person.until_seen("working")
        assert "^r review" not in person.sees()
        person.session.gathered = Changeset((), (Conflict("a.py", "It is in conflict.", ()),), (), ())
        person.session.emit(TextDelta("And"))
        await person.until_seen("1 file to review", "^r review")


def test_what_is_kept_is_said_when_the_session_is_left() -> None:
    assert kept_sentence(0) == "The session is kept"
    assert kept_sentence(2) == "The session is kept, and so are the edits of 2 files that wait for your review"


async def test_own_changes_are_said_to_stay_when_the_work_tree_has_some() -> None:
    async with seated(FakeSession()) as person:
        person.app.learn(FACTS)
        await person.until_seen("What you had not committed stays yours")
        person.app.desk.say("Something else.")
        person.app.learn(FACTS)
        await person.wait()
        assert "not committed" not in person.sees()


async def test_welcome_says_nothing_of_keys_when_there_is_one() -> None:
    async with seated(FakeSession()) as person:
        await person.until_seen("enter   sends")
        assert "without" not in person.sees()
