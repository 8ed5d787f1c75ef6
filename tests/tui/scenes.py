"""Owns the scenes in which each key and each command of the interface has something to do, and what is seen of it.

A scene begins at the desk, whatever lies over it from the scene before, and knows nothing of keys.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from copydesk.config.choices import ScreenChoices
from copydesk.domain.checkpoints import ConflictKind, FileConflict, RollbackPreview
from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import diff_images
from copydesk.domain.events import Event, TextFinished, ToolCallFinished, ToolCallStarted, TurnFinished, TurnStarted
from copydesk.domain.rules import RememberedRule, RuleScope, Verdict
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.offer import Answered, Offer, OfferedFile, Review
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.surroundings import Opening, Surroundings
from tests.journals import open_for_writing, shelf
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession, FakeTools
from tests.tui.reviews import NEARLY_AT_ONCE, NEW, OLD, offered
from tests.tui.test_history import BACK, CART, with_steps

Scene = Callable[[Visitor], Awaitable[None]]
TURN: tuple[Event, ...] = (
    TextFinished("".join(f"value {number}\n\n" for number in range(20))),
    ToolCallStarted("v", "t", {"command": "view", "path": "a.py"}),
    ToolCallFinished("v", "the answer\nin detail", False),
    TurnFinished("done"),
)
"""A reply that is longer than the screen, and a call whose answer is folded."""
WIDE = f"{'wide ' * 40}end\n"
FILES = offered("a.txt", OLD + WIDE, NEW + WIDE.replace("end", "END")), offered("b.py", "one\ntwo\n", "one\nzwei\n")
PROTECTED = offered("ci.yml", "on: push\n", "on: pull\n", mark="CI", is_protected=True)

STUCK = OfferedFile(
    diff_images("stuck.txt", b"x\n", b"x\n"),
    conflict="the same lines were changed.",
    ways=(("a way", (), ("words",)),) * 3,
    can_be_overruled=True,
)


class EarlierPrompts:
    """Fifteen prompts of before."""

    def load(self) -> list[str]:
        return [f"earlier {number}" for number in range(1, 16)]

    def add(self, prompt: str) -> None:
        pass


class Neighbourhood:
    """Two kept sessions beside the one on screen, and what was asked of them."""

    def __init__(self, folder: Path) -> None:
        for name in ("s", "other"):
            journal, bus = open_for_writing(folder, name)
            bus.turn = 1
            for event in (TurnStarted(f"prompt of {name}"), *TURN):
                bus.emit(event)
            journal.close()
        self.shelf: SessionShelf = shelf(folder, {})

    async def open_session(self, opening: Opening, learn: Callable[[Facts], None]) -> SessionPort:
        return told()

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(shelf=lambda: self.shelf, open_session=self.open_session)


def told() -> FakeSession:
    """A session of three turns with a history."""
    session = with_steps()
    both = [FileConflict(name, ConflictKind.CHANGED_SINCE, "it changed", CART, CART, CART) for name in ("a", "b")]
    session.previews["id2"] = RollbackPreview("id2", "d0", (BACK,), tuple(both))
    session.rules = (RememberedRule("0", Verdict.ALLOW, (), "docs/**", RuleScope.GLOB, 0.0).rule,)
    session.tools = FakeTools(("a.py",), (Check("tests", "make test"),), ("tests",))
    session.begin()
    for name in ("one", "two", "three"):
        session.emit(TurnStarted(f"prompt {name}"), *TURN)
    return session


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Visitor]:
    """Sit where everything can be reached."""
    around = Neighbourhood(folder)
    async with seated(told(), prompts=EarlierPrompts(), surroundings=around.surroundings) as person:
        yield person


def session_of(person: Visitor) -> FakeSession:
    """The session on screen; others may have been opened."""
    session = person.app.session
    assert isinstance(session, FakeSession)
    return session


async def desk(person: Visitor) -> None:
    """An empty prompt, and the end of what was said."""
    with person.app.batch_update():
        while len(person.app.screen_stack) > 1:
            person.app.pop_screen()
    await person.until(lambda: person.screen is person.app.desk)
    session = session_of(person)
    if session.is_busy:
        session.emit(TurnFinished("done"))
    session.waiting.clear()
    at, reader = person.app.desk, person.app.desk._transcript
    at._close_words()
    at.close_key()
    at.composer.load_text("")
    at.say("")
    reader.action_leave()
    reader.go_to_end()
    at.composer.focus()
    person.app.copy_to_clipboard("")
    await person.wait()


async def working(person: Visitor) -> None:
    """A turn that runs."""
    await desk(person)
    session_of(person).emit(TurnStarted("go on"))
    await person.until(lambda: person.app.state.transcript.is_busy)


async def waiting(person: Visitor) -> None:
    """An edit that waits, seen from the desk."""
    await desk(person)
    session_of(person).emit(TurnStarted("fix it"))
    session_of(person).propose(f"c{len(session_of(person).log)}")
    await person.until_on(ReviewScreen)
    await person.press("q")
    await person.until(lambda: person.screen is person.app.desk)


def screen(action: str, seen: str = "") -> Scene:
    """What an action of the app opens, once something is seen there."""

    async def enter(person: Visitor) -> None:
        await desk(person)
        await person.app.run_action(f"app.{action}")
        await person.until(lambda: person.screen is not person.app.desk)
        await person.until_seen(seen)

    return enter


def review(*files: OfferedFile) -> Scene:
    """The review of some files."""

    async def enter(person: Visitor) -> None:
        async def decide(decision: Decision) -> Answered:
            return Answered(True, "applied")

        async def edit(text: str, name: str) -> str:
            return text.upper()

        await desk(person)
        offered_now = Review("s", Offer("turn 1", "d1", files, "Mode ask."), decide, edit)
        person.app.push_screen(ReviewScreen(offered_now, Remembered(), NEARLY_AT_ONCE))
        await person.until_on(ReviewScreen)
        await person.until_seen("review")

    return enter


async def reading(person: Visitor) -> None:
    """A kept session that is longer than the screen."""
    await desk(person)
    assert person.app.surroundings.shelf is not None
    kept = person.app.surroundings.shelf()
    person.app.push_screen(ReadingScreen(kept, kept.sessions()[0]))
    await person.until_seen("listed")


async def settings(person: Visitor) -> None:
    """The settings, as they are at first."""
    person.app.surroundings = replace(person.app.surroundings, choices=ScreenChoices())
    await screen("settings", "theme")(person)


def _chosen_item(person: Visitor) -> str:
    reader = person.app.desk._transcript
    item = reader._blocks.item(reader.chosen) if reader.chosen is not None else None
    return str(getattr(item, "text", ""))


def _view(person: Visitor) -> DiffView:
    return person.screen.query_one(DiffView)


def _list(person: Visitor, kind: str = "ChoiceList") -> ChoiceList:
    found = person.screen.query_one(kind)
    assert isinstance(found, ChoiceList)
    return found


def _rows(person: Visitor) -> int:
    rows = _view(person).selected_rows
    return rows[1] - rows[0] if rows else 0


FACTS: Mapping[str, Callable[[Visitor], object]] = {
    "screen": lambda person: type(person.screen).__name__,
    "focus": lambda person: type(person.screen.focused).__name__,
    "written": lambda person: person.app.desk.composer.text,
    "offering": lambda person: person.app.desk.completing.is_open,
    "asked": lambda person: session_of(person).prompts[-1:],
    "mode": lambda person: person.app.state.transcript.mode,
    "said": lambda person: person.app.desk._activity._said,
    "ran": lambda person: session_of(person).ran[-1:],
    "cancelled": lambda person: session_of(person).cancelled > 0,
    "theme": lambda person: person.app.theme,
    "copied": lambda person: person.app.clipboard,
    "item": _chosen_item,
    "place": lambda person: person.app.desk._transcript.chosen,
    "at the end": lambda person: person.app.desk._transcript.following,
    "lines": lambda person: person.app.desk._transcript.tops[-1],
    "purpose": lambda person: next(
        (field.display and field.purpose for field in person.screen.query(WordsField)), False
    ),
    "weight": lambda person: person.screen.query_one(WordsField).weight.value,
    "chosen": lambda person: _list(person).chosen,
    "told": lambda person: str(person.screen.query_one("#said").render()),
    "moves": lambda person: len(session_of(person).moves),
    "rejected": lambda person: len(getattr(person.screen, "_rejected", ())),
    "answers": lambda person: [str(answer) for answer in getattr(person.screen, "_answers", {}).values()],
    "line": lambda person: _view(person).spot.line,
    "file": lambda person: _view(person).spot.file,
    "selected": _rows,
    "top": lambda person: _view(person).scroll_offset.y,
    "shift": lambda person: _view(person)._canvas.shift,
    "numbers": lambda person: _view(person)._canvas.number_width,
    "rows": lambda person: len(_view(person)._table),
    "listed": lambda person: _list(person, "FileList").chosen,
    "decided": lambda person: len(getattr(getattr(person.screen, "state", None), "answers", ())),
    "read to": lambda person: person.screen.query_one("TranscriptView").scroll_offset.y,
    "read lines": lambda person: person.screen.query_one("TranscriptView").virtual_size.height,
    "session": lambda person: id(person.app.session),
    "has ended": lambda person: person.app._exit,
    "layout": lambda person: person.app.surroundings.choices.theme,
}
"""What a key or a command can change."""
