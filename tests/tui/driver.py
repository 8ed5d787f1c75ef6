"""Owns how a test sits at the desk: it presses keys, waits for words, and reads what reached the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from rich.segment import Segment
from textual import events
from textual.color import Color
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.prompt.composer import PromptStore
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.guard import Guard
from tests.tui.fake_session import FakeSession

FACTS = Facts("webshop", "claude-opus-5-5", "text_editor_20250728", "ask", "0.1.0", branch="main", is_dirty=True)
PATIENCE_SECONDS = 10.0


class Person:
    """Somebody at the desk."""

    def __init__(self, app: CopydeskApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    @property
    def screen(self) -> Screen[object]:
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def tap(self, key: str) -> None:
        """Press a key, and go on once every part has handled what it had; the pilot waits until nothing runs at all."""
        name = _character_to_key(key) if len(key) == 1 else key
        shown = REPLACED_KEYS.get(name, name)
        character: str | None
        try:
            character = unicodedata.lookup(_get_unicode_name_from_key(shown))
        except KeyError:
            character = key if len(key) == 1 else None
        pressed = events.Key(name, character)
        pressed.set_sender(self.app)
        assert self.app._driver is not None
        self.app._driver.send_message(pressed)
        for _ in range(2):
            await self.wait()

    async def write(self, text: str) -> None:
        await self._pilot.press(*text)

    async def click(self, column: int, line: int) -> None:
        await self._pilot.click(offset=(column, line))

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)

    async def wait(self, seconds: float = 0.0) -> None:
        await self._pilot.pause(seconds)

    def strips(self) -> list[Strip]:
        """The lines as they go to the terminal, all filters applied."""
        return self.app.screen._compositor.render_strips()

    def sees(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.strips())

    async def until(self, condition: Callable[[], bool], told: str = "") -> None:
        waited = 0.0
        while not condition():
            assert waited < PATIENCE_SECONDS, f"waited in vain {told}\n{self.sees()}"
            await self._pilot.pause(0.02)
            waited += 0.02

    async def until_seen(self, *texts: str) -> None:
        for text in texts:
            await self.until(lambda text=text: text in self.sees(), f"for {text!r}")  # type: ignore[misc]

    async def reads(self, *texts: str) -> None:
        """Scroll down until each was seen, in this order."""
        for text in texts:
            for _ in range(60):
                if text in self.sees():
                    break
                await self.press("down")
                await self.wait(0.02)
            await self.until_seen(text)

    async def until_gone(self, text: str) -> None:
        await self.until(lambda: text not in self.sees(), f"for {text!r} to go")

    async def until_on(self, screen: type[Screen[Any]]) -> None:
        await self.until(lambda: isinstance(self.app.screen, screen), f"for {screen.__name__}")


class Visitor(Person):
    """Somebody at a desk whose session is scripted."""

    def __init__(self, app: CopydeskApp, pilot: Pilot[None], session: FakeSession) -> None:
        super().__init__(app, pilot)
        self.session = session


class Unguarded(Guard):
    """Lets everything through, to see whether the texts were safe before the guard."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return segments


class AtTerminal(CopydeskApp):
    """Takes the test for a person at a terminal: what fails inside it is said, and not handed to the test."""

    @property
    def is_headless(self) -> bool:
        return False


@asynccontextmanager
async def seated(
    session: FakeSession,
    facts: Facts = FACTS,
    size: tuple[int, int] = (80, 24),
    prompts: PromptStore | None = None,
    is_guarded: bool = True,
    surroundings: Surroundings | None = None,
    kind: type[CopydeskApp] = CopydeskApp,
) -> AsyncIterator[Visitor]:
    """Open the interface on a session, and wait until it is followed."""

    async def open_session(learn: Callable[[Facts], None]) -> SessionPort:
        return session

    app = kind(open_session, facts, prompts, surroundings)
    if not is_guarded:
        app._guard = Unguarded()
    async with app.run_test(size=size, notifications=kind is AtTerminal) as pilot:
        person = Visitor(app, pilot, session)
        await person.until(lambda: app._bridge is not None, "for the session")
        yield person
