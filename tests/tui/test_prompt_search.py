"""Proves that an earlier prompt is found by its words, and taken into the prompt."""

import os
import secrets
import shutil
from pathlib import Path

import pytest

from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.prompt.prompt_search import PromptSearchScreen
from tests.programs import command, surroundings
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession
from tests.tui.terminal import terminal


class Earlier:
    """Prompts of before."""

    def load(self) -> list[str]:
        return ["fix the Cart", "write docs", "fix the cart\nand its tests", "explain it", "write docs"]

    def add(self, prompt: str) -> None:
        pass


@pytest.mark.parametrize("key", ["ctrl+s", "alt+r"])
async def test_prompt_is_found_and_taken_when_words_of_it_are_typed(key: str) -> None:
    async with seated(FakeSession(), prompts=Earlier()) as person:
        await person.write("draft")
        await person.press(key)
        await person.until_on(PromptSearchScreen)
        await person.until_seen("4 prompts", "▌ write docs")
        await person.write("cart fix")
        await person.until_seen("2 prompts of 4", "▌ fix the cart and its tests", "2 lines")
        await person.until_gone("explain it")
        await person.press("up", "enter")
        await person.until_on(DeskScreen)
        assert person.app.desk.composer.text == "fix the Cart"
        await person.press("ctrl+underscore")
        assert person.app.desk.composer.text == "draft"


async def test_draft_stays_when_the_search_is_left() -> None:
    async with seated(FakeSession(), prompts=Earlier()) as person:
        await person.write("draft")
        await person.press("ctrl+s")
        await person.until_on(PromptSearchScreen)
        await person.write("nothing like that")
        await person.until_seen("0 prompts")
        await person.press("escape")
        await person.until_on(DeskScreen)
        assert person.app.desk.composer.text == "draft"


async def test_it_is_said_when_there_is_no_shell_to_suspend_to() -> None:
    async with seated(FakeSession()) as person:
        await person.press("ctrl+z")
        await person.until_seen("There is no shell to go back to")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux for a real terminal")
def test_desk_comes_back_as_it_was_when_the_shell_continues_it(tmp_path: Path) -> None:
    environment = surroundings(None, TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8", PS1="SHELL> ")
    with terminal(f"copydesk-{secrets.token_hex(4)}", ["bash", "--norc", "-i"], (80, 24), environment) as desk:
        desk.shows("SHELL>")
        desk.type(" ".join(command("--root", str(tmp_path))))
        desk.press("Enter")
        desk.shows("ASK", "No credentials")
        desk.type("a draft")
        desk.press("C-z")
        desk.shows("SHELL>", "Stopped", gone="a draft")
        desk.type("fg")
        desk.press("Enter")
        desk.shows("› a draft", "ASK", gone="SHELL>")
        desk.type("!")
        desk.shows("› a draft!")
        desk.press("C-c", "C-d")
        desk.shows("SHELL>", gone="a draft!")
