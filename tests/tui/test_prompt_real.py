"""Proves, with a real session, that a mentioned file reaches the model, and so does what a person's check wrote."""

import os
from pathlib import Path

from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen
from tests.strict_api import StrictApi, say
from tests.tui.test_whole_path import ask, at_work


async def test_files_and_checks_reach_the_model_when_they_are_picked_in_the_prompt(tmp_path: Path) -> None:
    with StrictApi([say("I see."), say("And what it wrote.")]) as api:
        async with at_work(api, tmp_path) as (person, file):
            (file.parent / "my notes.md").write_text("remember the sum\n")
            (file.parent / ".env").write_text("SECRET=1\n")
            (file.parent / ".gitignore").write_text("*.log\n")
            (file.parent / "old.log").write_text("x\n")
            os.mkfifo(file.parent / "pipe.md")
            await person.write("read @")
            await person.until_seen("sum.py", "my notes.md")
            assert not any(name in person.sees() for name in (".env", "old.log", "pipe.md"))
            await person.write("note")
            await person.until_seen("▌ my notes.md")
            await person.press("enter", "enter")
            await person.until_seen("I see.")
            assert "remember the sum" in str(api.bodies[-1]["messages"][-1])

            await person.write("!make")
            await person.until_seen("No check is declared under [checks], in .copydesk.toml")
            await person.press("enter")
            await person.until_seen("There is no check make, and ! is no shell.")


async def test_check_is_agreed_to_run_and_told_when_it_was_detected(tmp_path: Path) -> None:
    (tmp_path / "calc").mkdir()
    (tmp_path / "calc" / "Makefile").write_text("test:\n\t@echo 3 passed\n")
    with StrictApi([say("Good.")]) as api:
        async with at_work(api, tmp_path) as (person, _):
            await person.until(lambda: person.app.session is not None and person.app.session.tools.checks != ())
            await ask(person, "!make-test")
            await person.until_on(ConfirmScreen)
            await person.press("y")
            await person.until_on(DeskScreen)
            await person.until_seen("make-test passed with exit code 0", "3 passed")
            await ask(person, "well?")
            await person.until_seen("Good.")
            told = str(api.bodies[-1]["messages"][0])
            assert "The person ran a check. make-test passed" in told
            assert told.index("3 passed") < told.index("well?")
