"""Proves that what was left is let go: nothing that was drawn for it stays in memory."""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache
from textual.widget import Widget

from copydesk.frontends.tui.review.screen import ReviewScreen
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession

WARM_ROUNDS, ROUNDS = 3, 20


def drawn_parts() -> tuple[int, int]:
    """How many widgets there are in memory, and how many of what keeps their lines."""
    gc.collect()
    kept = gc.get_objects()
    return sum(isinstance(each, Widget) for each in kept), sum(isinstance(each, StylesCache) for each in kept)


async def look_and_leave(person: Visitor) -> None:
    await person.tap("ctrl+r")
    await person.until_on(ReviewScreen)
    await person.tap("escape")
    await person.until(lambda: person.screen is person.app.desk, "for the desk")


async def test_nothing_of_a_review_stays_in_memory_when_it_was_opened_and_left_twenty_times() -> None:
    async with seated(FakeSession()) as person:
        person.session.propose()
        await person.until_on(ReviewScreen)
        await person.tap("escape")
        for _ in range(WARM_ROUNDS):
            await look_and_leave(person)
        before = drawn_parts()
        for _ in range(ROUNDS):
            await look_and_leave(person)
        after = drawn_parts()
    # The last screen that was left may not be gone yet.
    assert after[0] - before[0] < ROUNDS
    assert after[1] - before[1] < ROUNDS
