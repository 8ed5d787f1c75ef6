"""Proves that whatever fails inside the screen is said where the person looks, and that all the rest goes on."""

from __future__ import annotations

import ast
import asyncio
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import copydesk.frontends.tui as tui
from copydesk.changes.changeset import Changeset, Conflict
from copydesk.domain.checks import Check
from copydesk.domain.events import TurnStarted
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from copydesk.frontends.tui.lines.painted_lines import PaintedLines
from copydesk.frontends.tui.review.looks import Look, UnkeptLooks
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.rooms.rules_screen import RulesScreen
from copydesk.frontends.tui.surroundings import Opening, Surroundings
from copydesk.frontends.tui.terminal.mishaps import IN_PLACE, Sturdy
from tests.tui.driver import AtTerminal, Visitor, seated
from tests.tui.fake_session import FakeSession, FakeTools
from tests.tui.shown_texts import SHOWN, SURROUNDINGS, Place, kept, lay_out, session_with
from tests.tui.test_history import with_steps

NEVER_SHOWN = {
    *("FrameLine", "SentenceLine", "LineView", "PaintedLines", "ChoiceList", "DiffSheet", "WritingArea"),
    *("ListScreen", "ChoiceScreen", "OfferScreen", "PartsScreen"),
    *("SourceReviewScreen", "VerdictScreen"),
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
    # Its views go before it with what makes them sturdy: it draws by itself what they are to outlive.
    left = parts_of_the_screen() - {PaintedLines}
    assert [kind.__name__ for kind in left if not issubclass(kind, Sturdy)] == []


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
                if issubclass(type(part), Sturdy) and kind not in failed and part.size.area:
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
    if not part.children:
        kind = type(f"In{type(part).__name__}", (Planted,), {})
        plant_in_drawing(part, kind)
        await person.until_seen(IN_PLACE)
        delattr(part, drawing_of(part))
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

    setattr(part, drawing_of(part), draw)
    part.refresh()


def drawing_of(part: Widget) -> str:
    """What gives the lines of a part."""
    return "painted_line" if isinstance(part, PaintedLines) else "render_line"


async def leave_everything(person: Visitor) -> None:
    while len(person.app.screen_stack) > 1:
        person.app.pop_screen()
    await person.until(lambda: person.screen is person.app.desk)


async def assert_session_goes_on(person: Visitor) -> None:
    """What is written is sent, and what comes of it is shown."""
    session = person.app.session
    assert isinstance(session, FakeSession)
    session.is_busy = False
    person.app.desk.composer.load_text("go on")
    person.app.desk.composer.focus()
    await person.press("enter")
    await person.until(lambda: session.prompts[-1:] == ["go on"], "for the prompt")
    await person.until_seen("go on")


class FailingShelf(SessionShelf):
    """Fails at whatever is asked of it."""

    sessions = read = fail


class FailingLooks(UnkeptLooks):
    """Cannot keep what was marked."""

    def save(self, session: str, looks: Mapping[str, Look]) -> None:
        if any(look.reviewed for look in looks.values()):
            fail()


BROKEN = Surroundings(shelf=lambda: FailingShelf(Path(), dict, lambda _: True), settings=fail, looks=FailingLooks)


def set_going(action: str) -> Callable[[Visitor], Awaitable[object]]:
    async def go(person: Visitor) -> None:
        await person.app.run_action(action)

    return go


async def submit(person: Visitor) -> None:
    await person.write("hello")
    await person.press("enter")


async def review_all(person: Visitor) -> None:
    person.session.gathered = Changeset((), (Conflict("a.py", "both changed it", ()),), (), ())
    person.app.action_review()


async def mark(person: Visitor) -> None:
    person.session.gathered = Changeset((), (), (), ())
    person.session.emit(TurnStarted("fix it"))
    person.session.propose()
    await person.until_on(ReviewScreen)
    await person.press("m", "q")


async def settle(person: Visitor) -> None:
    person.app.action_review()
    await person.until_on(ReviewScreen)
    await person.until(lambda: getattr(person.screen, "is_armed", False), "to have read")
    await person.press("a")


async def check(person: Visitor) -> None:
    person.session.tools = FakeTools((), (Check("tests", "make test"),), ("tests",))
    person.app.action_check("tests")


async def rewind(person: Visitor) -> None:
    person.app.action_history()
    await person.until_on(HistoryScreen)
    await person.until_seen("turn 4")
    await person.press("m")
    await person.until_on(TurnScreen)
    await person.press("enter")


async def remember(person: Visitor) -> None:
    person.app.action_rules()
    await person.until_on(RulesScreen)
    await person.press("x", *"docs", "enter")


async def read_session(person: Visitor) -> None:
    person.app.push_screen(ReadingScreen(FailingShelf(Path(), dict, lambda _: True), kept("words")))


WORKERS: dict[str, tuple[str, Callable[[Visitor], Awaitable[object]]]] = {
    "app.py::_send": ("submit", submit),
    "app.py::action_review": ("changeset", review_all),
    "review/opening.py::_keep": ("", mark),
    "review/screen.py::_carry_out": ("decide", settle),
    "prompt/prompt_actions.py::_run_check": ("run_check", check),
    "history/history_screen.py::on_mount": ("history", set_going("app.history")),
    "history/history_screen.py::on_choice_list_highlighted": ("preview_rollback", set_going("app.history")),
    "history/history_screen.py::_lead": ("preview_rewind", rewind),
    "rooms/list_screen.py::follow": ("remember", remember),
    "rooms/sessions_screen.py::on_mount": ("", set_going("app.sessions")),
    "rooms/settings_screen.py::on_mount": ("", set_going("app.settings")),
    "rooms/reading_screen.py::on_mount": ("", read_session),
}
"""Where a worker is started → what of the session fails in it, and how it is set going."""
UNFAILING = {"transcript/view.py::on_mount"}
"""Those that only load modules, and are given nothing of anybody's."""
FOLLOWING = {"app.py::_begin", "app.py::change_session"}
"""Those without which the screen would stand still; the program ends when they fail."""


def places_of_workers() -> Iterator[str]:
    folder = Path(tui.__path__[0])
    for file in sorted(folder.rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                called = [call.func for call in ast.walk(function) if isinstance(call, ast.Call)]
                if any(isinstance(one, ast.Attribute) and one.attr == "run_worker" for one in called):
                    yield f"{file.relative_to(folder)}::{function.name}"


def test_every_worker_has_a_failure_that_is_tested() -> None:
    assert set(places_of_workers()) == WORKERS.keys() | FOLLOWING | UNFAILING


async def test_worker_that_fails_is_said_and_the_session_goes_on() -> None:
    session = with_steps()
    async with seated(session, size=(120, 40), surroundings=BROKEN, kind=AtTerminal) as person:
        for method, begin in WORKERS.values():
            known = vars(session).copy()
            if method:
                setattr(session, method, fail if method == "decide" else fail_later)
            person.app.clear_notifications()
            person.app.desk.say("")
            await begin(person)
            await person.until_seen(SAID)
            for name in vars(session).keys() - known.keys():
                delattr(session, name)
            await leave_everything(person)
            await assert_session_goes_on(person)
    assert not person.app.mishaps.fatal


async def test_program_ends_with_a_word_on_how_to_go_on_when_nothing_follows_the_session() -> None:
    lost = FakeSession(id="s-lost")
    lost.subscribe = fail  # type: ignore[method-assign]

    async def open_lost(*_: object) -> FakeSession:
        return lost

    async with seated(FakeSession(), surroundings=Surroundings(open_session=open_lost), kind=AtTerminal) as person:
        await person.app.change_session(Opening("s-lost"))
        await person.until(lambda: bool(person.app.mishaps.fatal), "for the end")
        assert "copydesk --resume s-lost" in person.app.mishaps.fatal


class Watching(Sturdy, Screen[None]):
    """Looks for a part of its own as long as it may."""

    def compose(self) -> ComposeResult:
        yield Static()

    def on_mount(self) -> None:
        self.run_worker(self._watch())

    async def _watch(self) -> None:
        while True:
            self.query_one(Static)
            await asyncio.sleep(0)


async def test_worker_ends_before_the_parts_that_it_looks_for_are_taken_away() -> None:
    async with seated(FakeSession(), kind=AtTerminal) as person:
        await person.app.push_screen(Watching())
        await person.app.pop_screen()
        await person.until(lambda: person.screen is person.app.desk)
        assert "copydesk failed here" not in person.sees()


async def test_last_words_of_a_session_do_no_harm_when_the_screen_is_gone() -> None:
    async with seated(FakeSession(), kind=AtTerminal) as person:
        app, session = person.app, person.session
    app._show_state_of(session, app.state)
    assert not app.mishaps.fatal
