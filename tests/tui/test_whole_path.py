"""Proves the whole path on the real screen with the real session: accept, reject, interrupt, go back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.launch.screen import find_wanted, make_app
from tests.strict_api import Hold, StrictApi, call, held, say
from tests.tui.driver import Person

pytestmark = pytest.mark.anyio
BEFORE, AFTER = "total = a - b\n", "total = a + b\n"
EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a + b"}


@asynccontextmanager
async def at_work(api: StrictApi, folder: Path) -> AsyncIterator[tuple[Person, Path]]:
    """Sit at the real screen of a real workspace; gives the person and the file to edit."""
    workspace = folder / "calc"
    workspace.mkdir(exist_ok=True)
    file = workspace / "sum.py"
    file.write_text(BEFORE)
    environment = {**os.environ, "ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url}
    app = make_app(
        find_wanted(parser_for("").parse_args(["--root", str(workspace), "--model", "claude-opus-4-8"]), environment)
    )
    async with app.run_test(size=(100, 30)) as pilot:
        yield Person(app, pilot), file
    assert (api.refusals, api.failures) == ([], [])


async def ask(person: Person, prompt: str) -> None:
    await person.write(prompt)
    await person.press("enter")


async def review(person: Person) -> None:
    await person.until_on(ReviewScreen)
    await until_read(person)


async def until_read(person: Person) -> None:
    """A key counts as an approval only after the diff was visible for 300 ms."""
    await person.until(lambda: isinstance(person.app.screen, ReviewScreen) and person.app.screen.is_armed)


async def test_an_accepted_edit_is_on_disk_and_can_be_rolled_back(tmp_path: Path) -> None:
    with StrictApi([call(EDIT, text="The sign is wrong."), say("Done: a sum it is.")]) as api:
        async with at_work(api, tmp_path) as (person, file):
            await ask(person, "fix the sum")
            await review(person)
            assert "total = a + b" in person.sees()
            assert file.read_text() == BEFORE
            await person.press("a")
            await person.until_seen("Done: a sum it is.")
            assert file.read_text() == AFTER

            await person.press("f3")
            await person.until_on(HistoryScreen)
            await person.until_seen("sum.py")
            await person.press("r")
            await person.until_seen("y rolls back")
            await person.press("y")
            await person.until(lambda: file.read_text() == BEFORE)


async def test_a_rejection_with_a_note_reaches_the_model_and_changes_nothing(tmp_path: Path) -> None:
    with StrictApi([call(EDIT), say("As you wish.")]) as api:
        async with at_work(api, tmp_path) as (person, file):
            await ask(person, "fix the sum")
            await review(person)
            await person.press("x")
            await ask(person, "leave it")
            await person.until_seen("As you wish.")

            (result,) = [b for b in api.bodies[-1]["messages"][-1]["content"] if b["type"] == "tool_result"]
            assert result["is_error"]
            assert "leave it" in result["content"]
            assert file.read_text() == BEFORE


async def test_escape_in_mid_stream_leaves_a_session_that_goes_on(tmp_path: Path) -> None:
    hold = Hold()
    with StrictApi([held(say("A long answer that goes on."), hold, 6), say("Here again.")]) as api:
        async with at_work(api, tmp_path) as (person, _):
            await ask(person, "talk")
            await person.until_seen("A long")
            await person.press("escape")
            await person.until_seen("Interrupted")
            hold.release()
            await ask(person, "still there?")
            await person.until_seen("Here again.")


async def test_a_file_saved_while_its_edit_waits_is_said_and_not_overwritten(tmp_path: Path) -> None:
    with StrictApi([call(EDIT), say("I see.")]) as api:
        async with at_work(api, tmp_path) as (person, file):
            await ask(person, "fix the sum")
            await review(person)
            file.write_text("total = a - b  # mine\n")
            await person.until_seen("changed on disk")
            await until_read(person)
            await person.press("a")
            await person.until_seen("I see.")

            assert file.read_text() == "total = a - b  # mine\n"
            assert "stale" in person.sees()
