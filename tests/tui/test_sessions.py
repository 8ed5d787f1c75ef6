"""Proves what a person can do with the sessions of a workspace on the screen; the journals are real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from copydesk.domain.errors import UsageError
from copydesk.domain.events import TextFinished, TurnFinished, TurnStarted, UsageReported
from copydesk.domain.usage import Usage
from copydesk.engine.journal import SessionHeld
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.rooms.sessions_screen import SessionsScreen
from copydesk.frontends.tui.surroundings import Opening, Surroundings
from copydesk.frontends.tui.transcript.view import TranscriptView
from tests.journals import BEGUN, shelf, write_journal
from tests.tui.driver import FACTS, Visitor, seated
from tests.tui.fake_session import FakeSession

pytestmark = pytest.mark.anyio

HOSTILE = "\x1b]52;c;aGk=\x07[red]\u202e"


class Neighbours:
    """Three kept sessions, one of them on screen, and another session that can be opened."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for number, prompt in enumerate(["fix the average", f"rename {HOSTILE}", "write the docs"]):
            write_journal(directory, f"s-{number}", [prompt], begun=BEGUN + 1000 * number)
        self.opened: list[Opening] = []
        self.written: dict[str, str] = {}
        self.refusal: Exception | None = None
        self.other = FakeSession(id="s-0")
        self.other.emit(TextFinished("Here we are again."))

    async def open_session(self, opening: Opening, learn: Callable[[Facts], None]) -> SessionPort:
        self.opened.append(opening)
        if self.refusal:
            raise self.refusal
        learn(FACTS._replace(model="claude-opus-4-8"))
        return self.other

    def save(self, path: str, text: str) -> str:
        self.written[path] = text
        return path

    @property
    def surroundings(self) -> Surroundings:
        known = shelf(self.directory, {"s-1": ["a.py"]})
        return Surroundings(
            shelf=lambda: known, open_session=self.open_session, exports="/home/me", save_export=self.save
        )


@pytest.fixture
def neighbours(tmp_path: Path) -> Neighbours:
    return Neighbours(tmp_path)


def at_home(neighbours: Neighbours, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
    return seated(FakeSession(id="s-2"), size=size, surroundings=neighbours.surroundings)


async def look_at_sessions(person: Visitor, words: str = "") -> SessionsScreen:
    person.app.action_sessions(words)
    await person.until_on(SessionsScreen)
    await person.until_seen("3 sessions")
    screen = person.screen
    assert isinstance(screen, SessionsScreen)
    return screen


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_sessions_are_listed_with_their_keys_at_every_size(neighbours: Neighbours, size: tuple[int, int]) -> None:
    async with at_home(neighbours, size) as person:
        await look_at_sessions(person)
        await person.until_seen("this one", "waits", "write the docs", "$0.250", "enter read", "e export…", "/ search…")
        assert "\x1b" not in person.sees()
        assert "resume" in person.sees()


async def test_command_opens_the_sessions_that_have_its_words(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await person.write("/sessions average")
        await person.press("enter")
        await person.until_seen("1 with “average”", "fix the average")
        assert "write the docs" not in person.sees()


async def test_list_is_narrowed_while_words_are_written(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("slash", *"docs")
        await person.until_seen("1 with “docs”")
        await person.press("enter", "escape")
        await person.until(lambda: person.screen is person.app.desk)


async def test_search_ends_with_escape_and_all_are_there_again(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        screen = await look_at_sessions(person)
        await person.press("slash", *"nothing like it")
        await person.until_seen("No session has these words.")
        await person.press("escape")
        await person.until(lambda: screen._list.block_count() == 3)


async def test_session_is_read_and_nothing_in_it_changes(neighbours: Neighbours) -> None:
    before = {path.name: path.read_bytes() for path in neighbours.directory.iterdir()}
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("down", "enter")
        await person.until_on(ReadingScreen)
        await person.until_seen("As you say: rename ␛]52;c;aGk=␇[red]‹U+202E›")
        await person.press("end", "q")
        await person.until_on(SessionsScreen)
    assert {path.name: path.read_bytes() for path in neighbours.directory.iterdir()} == before


async def test_session_goes_on_on_the_same_screen_when_it_is_resumed(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("down", "down", "r")
        await person.until_seen("Here we are again.", "claude-opus-4-8")
        assert neighbours.opened == [Opening("s-0")]
        assert person.session.has_ended
        await person.write("go on")
        await person.press("enter")
        await person.until(lambda: neighbours.other.prompts == ["go on"])


async def test_second_opener_stays_and_is_offered_a_copy_when_the_session_is_held(neighbours: Neighbours) -> None:
    neighbours.refusal = SessionHeld("s-0", 4711)
    async with at_home(neighbours, (120, 30)) as person:
        await look_at_sessions(person)
        await person.press("down", "down", "r")
        await person.until_seen("is open in another copydesk (process 4711)")
        assert not person.session.has_ended
        neighbours.refusal = None
        await person.press("f")
        await person.until_seen("Here we are again.")
    assert neighbours.opened == [Opening("s-0"), Opening("s-0", is_copy=True)]


async def test_session_is_not_left_while_a_turn_runs(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        person.session.is_busy = True
        await look_at_sessions(person)
        await person.press("down", "r")
        await person.until_seen("A turn is running")
    assert neighbours.opened == []


async def test_session_on_screen_is_neither_resumed_nor_deleted(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("r", "d")
        await asyncio.sleep(0)
        assert isinstance(person.screen, SessionsScreen)
    assert (neighbours.opened, len(list(neighbours.directory.iterdir()))) == ([], 3)


@pytest.mark.parametrize(
    ("name", "begins"), [("/home/me/x.md", "# fix the average"), ("/home/me/x.json", '{\n  "format": 1')]
)
async def test_session_is_exported_in_the_form_that_the_name_says(
    neighbours: Neighbours, name: str, begins: str
) -> None:
    async with at_home(neighbours) as person:
        screen = await look_at_sessions(person)
        await person.press("down", "down", "e")
        assert screen.field.text == "/home/me/copydesk-s-0.md"
        screen.field.load_text(name)
        await person.press("enter")
        await person.until_seen(f"Written: {name}")
    assert neighbours.written[name].startswith(begins)


async def test_export_asks_for_a_file_of_this_session_when_it_is_the_command(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await person.write("/export")
        await person.press("enter")
        await person.until_seen("/home/me/copydesk-s-2.md")


async def test_export_that_cannot_be_written_is_said(neighbours: Neighbours) -> None:
    def refuse(path: str, text: str) -> str:
        raise UsageError(f"{path} cannot be written: File exists.")

    around = replace(neighbours.surroundings, save_export=refuse)
    async with seated(FakeSession(id="s-2"), surroundings=around) as person:
        await look_at_sessions(person)
        await person.press("e", "enter")
        await person.until_seen("cannot be written: File exists.")


async def test_session_is_deleted_only_after_a_yes(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("down", "down", "d")
        await person.until_on(ConfirmScreen)
        await person.until_seen("fix the average", "Its record goes for good.")
        await person.press("escape")
        await person.until_seen("Nothing was deleted.")
        assert len(list(neighbours.directory.iterdir())) == 3
        await person.press("d")
        await person.until_on(ConfirmScreen)
        await person.press("y")
        await person.until_seen("Deleted: s-0.", "2 sessions")
    assert sorted(path.stem for path in neighbours.directory.iterdir()) == ["s-1", "s-2"]


async def test_session_stays_when_edits_wait_in_it(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await look_at_sessions(person)
        await person.press("down", "d")
        await person.until_seen("Edits of a.py wait for a review in s-1")


async def test_damaged_session_is_listed_and_can_only_be_deleted(neighbours: Neighbours) -> None:
    (neighbours.directory / "s-9.jsonl").write_bytes(b"\0" * 99)
    async with at_home(neighbours) as person:
        person.app.action_sessions()
        await person.until_seen("4 sessions", "damaged: nothing in it can be read")
        await person.press("enter", "r", "e")
        assert isinstance(person.screen, SessionsScreen)
        assert "d delete…" in person.sees()
        assert "enter read" not in person.sees()


async def test_desk_says_so_when_no_sessions_are_kept() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/sessions")
        await person.press("enter")
        await person.until_seen("keeps no others")


async def test_what_a_left_session_says_is_not_shown(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await person.app.change_session(Opening("s-0"))
        await person.until_seen("Here we are again.")
        person.session.emit(TextFinished("From before."))
        await person.wait(0.2)
        assert "From before." not in person.sees()
        assert person.app.desk.query_one(TranscriptView).block_count() == 2


async def test_commands_resume_a_session_and_begin_a_new_one(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        await person.write("/resume")
        await person.press("enter")
        await person.until_on(SessionsScreen)
        await person.press("escape")
        await person.write("/resume s-0")
        await person.press("enter")
        await person.until_seen("Here we are again.")
        await person.write("/new claude-opus-4-8")
        await person.press("enter")
        await person.until(lambda: len(neighbours.opened) == 2)
    assert neighbours.opened == [Opening("s-0"), Opening(model="claude-opus-4-8")]


async def test_footer_counts_the_session_that_is_shown_when_another_is_begun(neighbours: Neighbours) -> None:
    async with at_home(neighbours) as person:
        person.session.emit(TurnStarted("x"), UsageReported(Usage(744, 0, 0, 11_656, 900), "0.021"))
        person.session.emit(TurnFinished("done"))
        await person.until_seen("12.4k in")
        await person.app.change_session(Opening("s-0"))
        await person.until_seen("Here we are again.")
        await person.until_gone("12.4k in")
