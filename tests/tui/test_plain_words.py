"""Proves that the accessible mode has a word for all that the screen does, and that each does what it says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from copydesk.assembly.shelf import save_export, shelf_of
from copydesk.config import Config
from copydesk.domain.checks import Check
from copydesk.domain.policies import Mode
from copydesk.engine.session import Session
from copydesk.frontends.editors import EditorCommand
from copydesk.frontends.opening import Opening
from copydesk.frontends.plain.desk import PlainDesk
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.surroundings import Shelf, Surroundings
from copydesk.frontends.plain.words import ALIASES, ANSWERS, COMMANDS, READINGS
from copydesk.frontends.plain.writing import Editor
from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.commands import COMMANDS as OF_SCREEN
from copydesk.frontends.tui.prompt.prompts import FilePrompts
from copydesk.frontends.tui.rooms.help_screen import bindings_by_place
from tests.repositories import git
from tests.sessions import Talk, Wish, session_on, talking
from tests.strict_api import Reply, StrictApi, call, say

TABLES = Path(__file__).parents[2] / "docs" / "accessible.md"
PATIENCE = 20.0
"""Seconds until something must have been said; a machine under load is slow, never wrong."""


def names_in(table: Mapping[str, str]) -> frozenset[str]:
    """The words that a line begins with, without their slash."""
    return frozenset(usage.split()[0].removeprefix("/") for usage in table)


WORDS_KNOWN = {f"/{name}" for name in names_in(COMMANDS) | READINGS.keys()} | names_in(ANSWERS) | {"!"}
OLD = "".join(f"line {number}\n" for number in range(1, 31))
NEW = OLD.replace("line 3\n", "line three\n").replace("line 5\n", "line five\n").replace("line 27\n", "")
BY_HAND = "mine\n"
CHECK = Check("test", ("true",))
PATHS = {"PATH": "/usr/bin:/bin"}
WISH = Wish(mode=Mode.ASK, is_interactive=True, config=Config(checks=(CHECK,)), environment=PATHS)
EDIT = {"command": "str_replace", "path": "list.txt", "old_str": OLD, "new_str": NEW}


def rows_of(table: str) -> list[tuple[list[str], str]]:
    """The rows below a heading: what is in code on the left, and the text on the right."""
    text = TABLES.read_text().split(f"### {table}\n")[1].split("\n### ")[0]
    cells = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", left), right) for left, right in cells]


def covers(rows: list[tuple[list[str], str]], name: str) -> bool:
    return any(fnmatchcase(name, one) for names, _ in rows for one in names)


def test_each_command_of_the_screen_has_its_word_or_a_reason_in_the_table() -> None:
    rows, names = rows_of("Commands"), [f"/{command.name}" for command in OF_SCREEN]
    assert [name for name in names if not covers(rows, name)] == []
    assert [one for listed, _ in rows for one in listed if one not in names] == []


def test_each_key_of_the_screen_has_its_word_or_a_reason_in_the_table() -> None:
    rows = rows_of("Keys")
    bindings = {binding.id for place in bindings_by_place(CopydeskApp).values() for binding in place if binding.id}
    assert sorted(name for name in bindings if not covers(rows, name)) == []


@pytest.mark.parametrize("table", ["Commands", "Keys"])
def test_each_word_of_the_table_can_be_typed(table: str) -> None:
    for left, right in rows_of(table):
        words = re.findall(r"`([^`]+)`", right)
        assert [word for word in words if word.split()[0] not in {*WORDS_KNOWN, "fg"}] == [], left
        assert words or right.startswith("none: ") or left == ["prompt.send"], left


class Sitting:
    """Somebody at a session, in plain lines; the clock goes on by itself, so that nobody has to wait."""

    def __init__(self, talk: Talk, folder: Path, edited: Path) -> None:
        self.talk, self.folder = talk, folder
        self.said = ""
        self._news = asyncio.Event()
        self._dialogue = Dialogue(self._take, partial(next, count(1)))
        editor = EditorCommand(f"sh {edited}", str(folder / "work"), PATHS)
        shelf = Shelf(partial(shelf_of, talk.place), partial(save_export, talk.place), self._open)
        around = Surroundings(
            editor=Editor(editor, nullcontext),
            local_time=str,
            secret=lambda _: None,
            readings={name: lambda words, name=name: f"{name} read out {words}" for name in READINGS},  # type: ignore[misc]
            shelf=shelf,
            prompts=FilePrompts(folder / "prompts"),
        )
        self.desk = PlainDesk(talk.session, self._dialogue, around)

    def _open(self, opening: Opening) -> Session:
        wish = replace(WISH, resumes=opening.resumes or None, forks=opening.is_copy)
        return session_on(self.talk.place, self.talk.api, wish)

    def _take(self, text: str) -> None:
        self.said += text
        self._news.set()

    async def types(self, line: str, *answers: str) -> None:
        """Type a line, and wait for each of these to be said, in this order."""
        at = len(self.said)
        self._dialogue.hear(line)
        await self.hears(*answers, after=at)

    async def hears(self, *answers: str, after: int = 0) -> None:
        """Wait for each of these in what was said from a place on."""
        for answer in answers:
            await self._until(answer, after)
            after = self.said.index(answer, after) + len(answer)

    async def _until(self, answer: str, after: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while self.said.find(answer, after) < 0:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pytest.fail(f"waited in vain for {answer!r}; since then was said:\n{self.said[after:]}")

    def leaves(self) -> None:
        self._dialogue.end()

    @property
    def session(self) -> str:
        """The id of the session that is open."""
        return str(self.said.rpartition("This is session ")[2].split()[0])


@asynccontextmanager
async def sitting(tmp_path: Path, *replies: Reply, mode: Mode = Mode.ASK) -> AsyncIterator[Sitting]:
    """Somebody in a folder with one file, until they leave."""
    root, editor = tmp_path / "work", tmp_path / "editor"
    root.mkdir()
    (root / "list.txt").write_text(OLD)
    (tmp_path / "text").write_text(BY_HAND)
    editor.write_text(f'for last; do :; done; cp {tmp_path / "text"} "$last"\n')
    with StrictApi([*replies]) as api:
        async with talking(api, root, replace(WISH, mode=mode)) as talk:
            person = Sitting(talk, tmp_path, editor)
            desk = asyncio.create_task(person.desk.sit())
            yield person
            person.leaves()
            await desk


async def test_every_word_of_the_help_is_carried_out_by_something(tmp_path: Path) -> None:
    async with sitting(tmp_path) as person:
        actions = person.desk.actions
        assert actions.keys() == names_in(COMMANDS) | READINGS.keys()
        assert ALIASES.keys().isdisjoint(actions)
        assert set(ALIASES.values()) <= actions.keys()
        await person.types("/help", *COMMANDS, *(f"/{name}: " for name in READINGS))


async def test_hunks_are_split_rewritten_and_taken_back_when_words_say_so(tmp_path: Path) -> None:
    async with sitting(tmp_path, call(EDIT), say("Thank you.")) as person:
        await person.types("number the lines", "Hunk 1 of 2", "Hunk 2 of 2")
        await person.types("help", *ANSWERS)
        await person.types("files", "list.txt", "Hunks 1 to 2, 2 hunks of 2 open.")
        await person.types("find FIVE", "Hunk 1: + line five")
        await person.types("show list.txt", "list.txt as it would be:", "line 10")
        await person.types("split 1", "Hunk 3 of 3")
        await person.types("split 1 2", "cannot be split")
        await person.types("accept list.txt", "1 accept, 2 accept, 3 accept")
        await person.types("undo", "Nothing is said")
        await person.types("redo", "3 accept", "None is open")
        await person.types("undo all", "Open: 1, 2, 3")
        await person.types("accept 2", "Open: 1, 3")
        await person.types("comment question old 4 why?", "Kept for Claude, question: why?")
        await person.types("finish", "This applies 1 hunk. 2 hunks", "yes or no")
        await person.types("yes", "Thank you.")
        assert (tmp_path / "work" / "list.txt").read_text() == OLD.replace("line 5\n", "line five\n")
        assert "why?" in str(person.talk.results())


async def test_whole_file_is_the_persons_own_when_they_edit_it(tmp_path: Path) -> None:
    async with sitting(tmp_path, call(EDIT), say("Thank you.")) as person:
        await person.types("number the lines", "help tells all words.")
        await person.types("edit list.txt", "+ mine", "So far: list.txt rewritten. None is open.")
        await person.types("finish", "This applies 1 hunk.", "yes or no")
        await person.types("yes", "Thank you.")
        assert (tmp_path / "work" / "list.txt").read_text() == BY_HAND


async def test_gathered_edits_are_read_anew_when_the_disk_has_changed(tmp_path: Path) -> None:
    async with sitting(tmp_path, call(EDIT), say("Done."), mode=Mode.REVIEW) as person:
        await person.types("number the lines", "wait for your review")
        await person.types("/review", "Hunk 2 of 2", "help tells")
        await person.types("accept 1", "Open: 2")
        await person.types("/review", "Hunk 2 of 2", "help tells")
        await person.types("undo", "Open: 1, 2")
        (tmp_path / "work" / "list.txt").write_text("quite another\n")
        await person.types("/review", "list.txt: goes on waiting, unless you drop it.")
        await person.types("drop list.txt", "let go of")
        await person.types("finish", "yes or no")
        await person.types("yes")
        await person.types("/review", "Nothing waits for a review.")
        assert (tmp_path / "work" / "list.txt").read_text() == "quite another\n"


async def test_proposed_lines_are_read_and_land_over_those_of_others_when_the_person_says_so(tmp_path: Path) -> None:
    async with sitting(tmp_path, call(EDIT), say("Done."), mode=Mode.REVIEW) as person:
        await person.types("number the lines", "wait for your review")
        await person.types("/review", "Hunk 2 of 2", "help tells")
        await person.types("overrule list.txt", "overrule takes a file in conflict")
        (tmp_path / "work" / "list.txt").write_text("quite another\n")
        await person.types("/review", "to decide: list.txt.", "help tells")
        await person.types(
            "overrule list.txt", "Careful: in list.txt it puts lines over what", "- quite another", "help"
        )
        await person.types("overrule list.txt", "list.txt: goes on waiting, unless you drop it.", "help tells")
        await person.types("overrule list.txt", "- quite another", "help tells")
        await person.types("accept", "Protected (in list.txt it puts lines over what others wrote", "yes or no")
        await person.types("no", "Nothing was decided.")
        assert (tmp_path / "work" / "list.txt").read_text() == "quite another\n"
        await person.types("accept", "yes or no")
        await person.types("yes")
        await person.types("/review", "Nothing waits for a review.")
        assert (tmp_path / "work" / "list.txt").read_text() != "quite another\n"


async def test_commit_holds_the_hunks_that_are_named(tmp_path: Path) -> None:
    async with sitting(tmp_path, call(EDIT), say("Done."), mode=Mode.ACCEPT) as person:
        work = tmp_path / "work"
        git(work, "init", "--quiet", "--template=")
        for name, value in (("name", "Nobody"), ("email", "nobody@example.invalid")):
            git(work, "config", f"user.{name}", value)
        git(work, "add", "list.txt")
        git(work, "commit", "--quiet", "-m", "list")
        await person.types("number the lines", "Done.", "Ready.")
        await person.types("/commit", "Hunk 2 of 2", "A commit “Edit list.txt” of 1 file.", "yes or no")
        await person.types("no", "Nothing was committed.")
        await person.types("/commit only 3", "There is no hunk 3")
        await person.types("/commit only 2 Shorter", "Hunk 1 of 1", "A commit “Shorter” of 1 file.", "yes or no")
        await person.types("yes", "Committed ")
        assert git(work, "show", "HEAD:list.txt").decode() == OLD.replace("line 27\n", "")
        await person.types("/commit only the rest", "Hunk 1 of 1", "A commit “only the rest” of 1 file.", "yes or no")
        await person.types("yes", "Committed ")
        assert git(work, "show", "HEAD:list.txt").decode() == NEW


async def test_sessions_are_changed_copied_exported_and_deleted_when_words_say_so(tmp_path: Path) -> None:
    async with sitting(tmp_path, say("Four."), say("Five.")) as person:
        first = person.talk.session.id
        await person.types("two and two?", "Claude: Four.", "Ready.")
        await person.types("/new", "This is session ")
        assert person.session != first
        await person.types("/turns", "Nothing was asked yet.")
        await person.types("two and three?", "Claude: Five.", "Ready.")
        await person.types(f"/delete {first}", "two and two?", "yes or no")
        await person.types("no", "Nothing was deleted.")
        await person.types(f"/fork {first}", "This is session ")
        await person.types("/transcript 1", "Claude: Four.")
        await person.types(f"/read {first}", "> two and two?", "Four.")
        await person.types(f"/resume {first}", f"This is session {first} now.")
        await person.types("/turns", "Turn 1: two and two?")
        await person.types(f"/export {tmp_path / 'kept.md'}", "Written: ")
        assert "two and two?" in (tmp_path / "kept.md").read_text()
        other = next(one.id for one in shelf_of(person.talk.place).sessions() if one.prompt == "two and three?")
        await person.types(f"/delete {other}", "yes or no")
        await person.types("yes", f"Deleted: {other}.")
        assert other not in {one.id for one in shelf_of(person.talk.place).sessions()}


async def test_what_is_asked_beside_prompts_is_answered_when_words_say_so(tmp_path: Path) -> None:
    async with sitting(tmp_path, say("Four."), say("Four again.")) as person:
        await person.types("two and two?", "Claude: Four.", "Ready.")
        await person.types("/find FOUR", "Turn 1: Four.")
        await person.types("/cost", "turn 1: 1 request", "in")
        await person.types("/prompts two", "1: two and two?")
        await person.types("/again 1", "Claude: Four again.", "Ready.")
        await person.types("/files LIST", "list.txt")
        await person.types("/sessions four", "sessions read out four")
        await person.types("/deny docs/**", "From now on: deny docs/**")
        await person.types("/rules", "deny docs/**")
        await person.types("!test", "Running the check test.", "test")
        await person.types("/check none", "There is no check none")
        await person.types("/open list.txt 3", "Your editor is closed.")
        assert (tmp_path / "work" / "list.txt").read_text() == BY_HAND
        await person.types("/unsend", "No prompt waits.")
        await person.types("/interrupt", "Nothing runs.")


async def test_protected_file_is_named_and_the_transcript_says_what_became_of_what_was_gathered(tmp_path: Path) -> None:
    create = {"command": "create", "path": ".github/workflows/ci.yml", "file_text": "on: push\n"}
    async with sitting(tmp_path, call(EDIT, create), say("Done."), mode=Mode.REVIEW) as person:
        await person.types("number the lines", "wait for your review")
        await person.types("/transcript", "edit list.txt: +2 −3, gathered", "The turn is done.")
        await person.types("/review", "Careful: .github/workflows/ci.yml needs your own word.", "help tells")
        await person.types("files", ".github/workflows/ci.yml: +1, new file. Hunk 3, 1 hunk of 1 open.")
        await person.types("reject 1 keep it", "Open: 2, 3")
        await person.types("accept 3", "Open: 2.")
        await person.types("finish", "This applies 1 hunk and rejects 1. 1 hunk of which", "yes or no")
        await person.types("yes", "Protected (.github/workflows/ci.yml needs your own word). Is it really")
        await person.types("yes", "landed as proposed")
        await person.types("/transcript", "edit list.txt: +2 −3, rejected", "ci.yml: +1, applied")
