"""Proves on the real screen with the real session that what mode review gathered is reviewed, landed, and told."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.launch.screen import find_wanted, make_app
from tests.strict_api import StrictApi, call, say
from tests.tui.driver import Person

pytestmark = pytest.mark.anyio
BEFORE, AFTER = "total = a - b\n", "total = a + b\n"
EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a + b"}
CREATE = {"command": "create", "path": "check.py", "file_text": "assert total\n"}


@asynccontextmanager
async def at_work(api: StrictApi, workspace: Path, *options: str) -> AsyncIterator[Person]:
    """Sit at the real screen of a real workspace, in mode review."""
    arguments = ["--root", str(workspace), "--model", "claude-opus-4-8", "--mode", "review", *options]
    environment = {**os.environ, "ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url}
    app = make_app(find_wanted(parser_for("").parse_args(arguments), environment))
    async with app.run_test(size=(130, 40)) as pilot:
        yield Person(app, pilot)
    assert (api.refusals, api.failures) == ([], [])


async def ask(person: Person, prompt: str) -> None:
    await person.write(prompt)
    await person.press("enter")


async def read(person: Person) -> None:
    await person.until(lambda: getattr(person.screen, "is_armed", False), "to have read")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_text(BEFORE)
    return folder


async def test_gathered_edits_land_as_they_are_decided_when_the_turn_has_ended(workspace: Path) -> None:
    with StrictApi([call(EDIT), call(CREATE), say("Have a look."), say("I see.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum and check it")
            await person.until_on(ReviewScreen)
            await person.until_seen("2 files  2 hunks", "● check.py", "new +1", "from: mode review, 2 edits")
            assert (workspace / "sum.py").read_text() == BEFORE
            await person.press("x")
            await read(person)
            await person.press("a")
            await person.until_on(FinishScreen)
            await read(person)
            await person.press("a")
            await ask(person, "no check")
            await person.until_on(DeskScreen)
            assert (workspace / "sum.py").read_text() == AFTER
            assert not (workspace / "check.py").exists()

            await ask(person, "and?")
            await person.until_seen("I see.")
            assert "no check" in str(api.bodies[-1]["messages"])


async def test_waiting_edits_come_up_again_when_the_session_goes_on_and_before_the_mode_is_left(
    workspace: Path,
) -> None:
    with StrictApi([call(EDIT), say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum")
            await person.until_on(ReviewScreen)
            await person.press("q")
            await person.until_seen("1 file to review", "^r review", "Nothing was applied")
    with StrictApi([]) as api:
        async with at_work(api, workspace, "--continue", "--mode", "ask") as person:
            await person.until_on(ReviewScreen)
            await person.press("q")
            await person.until_on(DeskScreen)
            await person.press("shift+tab")
            await person.until_on(ReviewScreen)
            await read(person)
            await person.press("a")
            await person.until_seen("Mode accept")
            assert (workspace / "sum.py").read_text() == AFTER
            assert "to review" not in person.sees()


async def test_file_saved_meanwhile_is_shown_again_when_it_is_decided(workspace: Path) -> None:
    file, rest = workspace / "sum.py", "\n" * 9 + "# end\n"
    file.write_text(BEFORE + rest)
    with StrictApi([call(EDIT), say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum")
            await person.until_on(ReviewScreen)
            await read(person)
            file.write_text(BEFORE + rest + "# mine\n")
            await person.press("a")
            await person.until_seen("look at them again", "what they wrote is in it")
            assert file.read_text() == BEFORE + rest + "# mine\n"
            await read(person)
            await person.press("a")
            await person.until_on(DeskScreen)
            assert file.read_text() == AFTER + rest + "# mine\n"


async def test_edit_that_contradicts_what_was_saved_meanwhile_waits_on(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum")
            await person.until_on(ReviewScreen)
            await read(person)
            (workspace / "sum.py").write_text("total = a * b\n")
            await person.press("a")
            await person.until_seen("! in conflict", "the same lines were changed on disk")
            await read(person)
            await person.press("x", "enter")
            await person.until_on(DeskScreen)
            assert (workspace / "sum.py").read_text() == "total = a * b\n"
            await person.until_gone("to review")
