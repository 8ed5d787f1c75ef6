"""Proves what is said above the footer: whole, when it concerns somebody, and over nothing that was said before."""

from __future__ import annotations

import pytest

from copydesk.frontends.tui.lines.status import Activity
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
