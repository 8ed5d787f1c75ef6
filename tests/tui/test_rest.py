"""Owns what a desk does while nobody touches it: nothing."""

from __future__ import annotations

from copydesk.frontends.tui.prompt.composer import MOST_BLINKS, Composer
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession


def blinks(composer: Composer) -> bool:
    return composer.blink_timer._active.is_set()


async def test_cursor_stays_when_nobody_writes_and_blinks_again_with_the_next_key() -> None:
    async with seated(FakeSession()) as person:
        composer = person.app.desk.query_one(Composer)
        for _ in range(MOST_BLINKS):
            composer._toggle_cursor_blink_visible()
        assert composer._cursor_visible
        assert not blinks(composer)
        await person.press("a")
        composer._toggle_cursor_blink_visible()
        assert blinks(composer)
