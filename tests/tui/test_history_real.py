"""Proves going back on the real screen with the real session: the person's own lines survive, to the byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from tests.strict_api import Reply, StrictApi, call, say
from tests.tui.driver import Person
from tests.tui.test_whole_path import ask, at_work, review

pytestmark = pytest.mark.anyio
LINES = [f"line {number}\n" for number in range(1, 31)]
WAS = "".join(LINES)


def edit(old: str, new: str) -> dict[str, object]:
    return {"command": "str_replace", "path": "sum.py", "old_str": f"{old}\n", "new_str": f"{new}\n"}


async def accept(person: Person) -> None:
    await review(person)
    await person.press("a")
    await person.until_on(DeskScreen)


async def open_history(person: Person, first: str) -> None:
    await person.press("f3")
    await person.until_on(HistoryScreen)
    await person.until_seen(first)


@asynccontextmanager
async def five_written(folder: Path, *later: Reply) -> AsyncIterator[tuple[Person, Path, StrictApi]]:
    """Sit where the model was let write a five; gives the person, the file, and the API that goes on as told."""
    with StrictApi([call(edit("line 5", "five")), say("Done: it is five."), *later]) as api:
        async with at_work(api, folder) as (person, file):
            file.write_text(WAS)
            await ask(person, "write five")
            await accept(person)
            await person.until_seen("Done: it is five.")
            yield person, file, api


async def test_own_lines_survive_when_an_edit_is_merged_away_and_redone(tmp_path: Path) -> None:
    async with five_written(tmp_path) as (person, file, _):
        mine = WAS.replace("line 5\n", "five\n").replace("line 20\n", "mine\n")
        file.write_text(mine)

        await open_history(person, "it was changed outside copydesk since")
        await person.press("r")
        await person.until_on(ConflictScreen)
        await person.until_seen("+ mine", "m merge")
        assert file.read_text() == mine
        await person.press("m", "enter")
        await person.until_on(ConfirmScreen)
        await person.until_seen("merged: only what copydesk did goes", "− five", "+ line 5")
        assert file.read_text() == mine
        await person.press("y")
        await person.until(lambda: file.read_text() == WAS.replace("line 20\n", "mine\n"))
        await person.until_on(HistoryScreen)
        await person.until_seen("rollback", "undone")

        await person.press("R")
        await person.until_on(ConfirmScreen)
        await person.until_seen("Taking back", "− line 5", "+ five")
        await person.press("y")
        await person.until(lambda: file.read_text() == mine)


async def test_a_changed_file_is_shown_again_when_it_was_saved_during_the_confirmation(tmp_path: Path) -> None:
    async with five_written(tmp_path) as (person, file, _):
        await open_history(person, "Going back before turn 1 would change 1 file")
        await person.press("r")
        await person.until_on(ConfirmScreen)
        mine = WAS.replace("line 5\n", "five\n") + "mine\n"
        file.write_text(mine)
        await person.press("y")
        await person.until_on(ConflictScreen)
        await person.until_seen("+ mine")
        assert file.read_text() == mine


async def test_one_hunk_goes_back_when_the_other_is_rejected(tmp_path: Path) -> None:
    script = [call(edit("line 5", "five")), call(edit("line 20", "twenty")), say("Done: both of them.")]
    with StrictApi(script) as api:
        async with at_work(api, tmp_path) as (person, file):
            file.write_text(WAS)
            await ask(person, "write both")
            await review(person)
            await person.press("a")
            await person.until_seen("+ twenty")
            await accept(person)
            await person.until_seen("Done: both of them.")

            await open_history(person, "Going back before turn 1 would change 1 file: sum.py +2 −2")
            await person.press("enter")
            await person.until_on(RestoreScreen)
            await person.until_seen("✓ goes back")
            await person.press("x", "r")
            await person.until_on(ConfirmScreen)
            await person.until_seen("only the hunks that you chose", "− twenty")
            await person.press("y")
            await person.until(lambda: file.read_text() == WAS.replace("line 5\n", "five\n"))


async def test_conversation_and_files_go_back_when_both_were_confirmed(tmp_path: Path) -> None:
    async with five_written(tmp_path, say("A fresh start.")) as (person, file, api):
        await open_history(person, "Going back before turn 1 would change 1 file")
        await person.press("m")
        await person.until_on(TurnScreen)
        await person.until_seen("write five", "1 edit")
        await person.press("enter")
        await person.until_on(RewindScreen)
        await person.until_seen("sum.py +1 −1")
        await person.press("f")
        await person.until_on(ConfirmScreen)
        await person.until_seen("turn 1  “write five”", "− five", "y cuts the conversation and rolls back")
        assert "five" in file.read_text()
        await person.press("y")
        await person.until(lambda: file.read_text() == WAS)
        await person.until_seen("Cut out of the conversation")

        await person.press("escape")
        await person.until_on(DeskScreen)
        await ask(person, "begin again")
        await person.until_seen("A fresh start.")
        assert "write five" not in str(api.bodies[-1]["messages"])
