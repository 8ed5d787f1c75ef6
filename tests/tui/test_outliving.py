"""Proves that whatever fails inside the screen is said where the person looks, and that all the rest goes on."""

from __future__ import annotations

import ast
import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

import copydesk.frontends.tui as tui
from copydesk.domain.checks import Check
from copydesk.domain.rules import Rule, Verdict
from copydesk.domain.sessions import SessionSummary
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.lines.status import FrameLine
from copydesk.frontends.tui.rooms.list_screen import ListScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.surroundings import Opening, Setting, Surroundings
from copydesk.frontends.tui.terminal.mishaps import IN_PLACE, Sturdy
from tests.tui.driver import AtTerminal, Visitor, seated
from tests.tui.fake_session import FakeSession, FakeTools
from tests.tui.shown_texts import SHOWN, SURROUNDINGS, Place, lay_out, session_with
from tests.tui.test_history import with_steps

NEVER_SHOWN = {
    *("FrameLine", "LineView", "ChoiceList", "DiffSheet", "WritingArea"),
    *("ListScreen", "ChoiceScreen", "OfferScreen"),
}
"""Classes that only others are made of."""
SAID = "copydesk failed here (Planted)"


class Planted(Exception):
    """What the test put there."""


class Prodding(Message):
    """What the widget that gets it fails to handle."""


def fail(*_: object, **__: object) -> Any:
    raise Planted


async def fail_later(*_: object, **__: object) -> Any:
    raise Planted


def parts_of_the_screen() -> set[type[Widget]]:
    """Every widget and screen of ours."""
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(module.name)
    found: set[type[Widget]] = set()
    waiting: list[type[Widget]] = [Widget]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found |= {kind for kind in kinds if kind.__module__.startswith(tui.__name__)}
    return found


def test_every_widget_and_screen_of_ours_outlives_what_fails_in_it() -> None:
    assert [kind.__name__ for kind in parts_of_the_screen() if not issubclass(kind, Sturdy)] == []


async def test_part_that_fails_says_so_and_all_else_goes_on() -> None:
    session = session_with("words")
    failed: set[str] = set()
    async with seated(session, size=(120, 40), surroundings=SURROUNDINGS, kind=AtTerminal) as person:
        person.app.action_enter_key()
        for name in SHOWN:
            lay_out(name, Place(person.app, session, "words"))
            await person.wait(0.05)
            for part in [person.screen, *person.screen.query("*")]:
                kind = type(part).__name__
                if isinstance(part, Sturdy) and kind not in failed and part.size.area:
                    await fail_in(part, person)
                    failed.add(kind)
        await leave_everything(person)
        await assert_session_goes_on(person)
    assert failed == {kind.__name__ for kind in parts_of_the_screen()} - NEVER_SHOWN


async def fail_in(part: Widget, person: Visitor) -> None:
    """Have a part fail to handle a message, to carry out an action, and to be drawn."""
    plant_in_handling(part)
    part.post_message(Prodding())
    part.action_prodded = fail  # type: ignore[attr-defined]
    assert await person.app.run_action("prodded", part)
    handled = asyncio.Event()
    part.call_later(handled.set)
    await asyncio.wait_for(handled.wait(), 10)
    del part._on_message
    if not isinstance(part, Screen):
        kind = type(f"In{type(part).__name__}", (Planted,), {})
        plant_in_drawing(part, kind)
        await person.until_seen(IN_PLACE)
        del part.render_line
        part.refresh()
        await person.until_gone(IN_PLACE)


def plant_in_handling(part: Widget) -> None:
    handle = part._on_message

    async def take(message: Message) -> None:
        if isinstance(message, Prodding):
            raise Planted
        await handle(message)

    part._on_message = take  # type: ignore[method-assign]


def plant_in_drawing(part: Widget, kind: type[Planted]) -> None:
    def draw(y: int) -> Any:
        raise kind

    part.render_line = draw  # type: ignore[method-assign]
    part.refresh()


async def leave_everything(person: Visitor) -> None:
    while len(person.app.screen_stack) > 1:
        person.app.pop_screen()
    await person.until(lambda: person.screen is person.app.desk)


async def assert_session_goes_on(person: Visitor) -> None:
    """What is written is sent, and what comes of it is shown."""
    session = person.app.session
    assert isinstance(session, FakeSession)
    vars(session).pop("submit", None)
    session.is_busy = False
    person.app.desk.composer.load_text("go on")
    person.app.desk.composer.focus()
    await person.press("escape", "enter")
    await person.until(lambda: session.prompts[-1:] == ["go on"], "for the prompt")
    await person.until_seen("go on")

