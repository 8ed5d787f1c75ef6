"""Proves that the person's own editor gets the terminal and its text comes back, and what is said where it cannot."""

import os
import secrets
import shutil
from pathlib import Path

import pytest

from copydesk.frontends.editors import EditorCommand, at_line
from copydesk.frontends.tui.facts import Facts
from tests.programs import command, surroundings
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession
from tests.tui.terminal import terminal


@pytest.mark.parametrize(
    ("editor", "arguments"),
    [("vim", ("+3", "a.py")), ("/usr/bin/hx", ("a.py:3",)), ("code", ("--goto", "a.py:3"))],
)
def test_line_is_named_as_the_editor_takes_it_when_a_file_is_opened(editor: str, arguments: tuple[str, ...]) -> None:
    assert at_line((editor,), "a.py", 3) == arguments


async def test_prompt_stays_and_it_is_said_when_the_screen_cannot_stand_aside() -> None:
    facts = Facts("webshop", "m", "t", "ask", "0", editor=EditorCommand("vim"))
    async with seated(FakeSession(), facts) as person:
        await person.write("draft")
        await person.press("ctrl+g")
        await person.until_seen("An editor cannot be opened here")
        assert person.app.desk.composer.text == "draft"


async def test_it_is_said_when_there_is_no_editor() -> None:
    facts = Facts("webshop", "m", "t", "ask", "0", editor=EditorCommand("", environment={"PATH": "/nowhere"}))
    async with seated(FakeSession(), facts) as person:
        await person.press("ctrl+g")
        await person.until_seen("No editor is known")


async def test_it_is_said_when_the_file_to_open_is_gone(tmp_path: Path) -> None:
    facts = Facts("webshop", "m", "t", "ask", "0", editor=EditorCommand("vim", str(tmp_path)))
    async with seated(FakeSession(), facts) as person:
        await person.app.run_action("open_file('gone.py', 3)")
        await person.until_seen("gone.py is not a file any more.")


EDITOR = """#!/bin/sh
echo THE EDITOR HAS THE TERMINAL
read answer
[ "$answer" = no ] && exit 1
printf '%s and %s\\n' "$(cat "$1")" "$answer" > "$1"
"""


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux for a real terminal")
def test_prompt_comes_back_as_it_was_saved_when_the_editor_ends(tmp_path: Path) -> None:
    editor = tmp_path / "my editor"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    (tmp_path / "work").mkdir()
    environment = surroundings(None, TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8")
    program = command("--root", str(tmp_path / "work"))
    with terminal(
        f"copydesk-{secrets.token_hex(4)}", program, (80, 24), {**environment, "VISUAL": f"'{editor}'"}
    ) as desk:
        desk.shows("ASK", "No credentials")
        desk.type("one")
        desk.press("C-g")
        desk.shows("THE EDITOR HAS THE TERMINAL")
        desk.type("two")
        desk.press("Enter")
        desk.shows("ASK", "› one and two", gone="THE EDITOR")
        desk.press("C-g")
        desk.shows("THE EDITOR HAS THE TERMINAL")
        desk.type("no")
        desk.press("Enter")
        desk.shows("› one and two", "ended with exit code 1")
