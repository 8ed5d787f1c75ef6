"""Proves the whole path in a real terminal: type, watch, accept, reject, interrupt, roll back."""

import os
import secrets
import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.programs import command, surroundings
from tests.strict_api import Hold, StrictApi, call, held, say
from tests.tui.terminal import Terminal, terminal

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux for a real terminal"),
    pytest.mark.timeout(180),
]
READING = 0.5
"""Seconds; a key counts as an approval only after the diff was visible for 300 ms."""
BEFORE = "total = a - b\n"
EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a + b"}
AGAIN = {"command": "str_replace", "path": "sum.py", "old_str": "total", "new_str": "result"}


def ask(desk: Terminal, prompt: str) -> None:
    desk.type(prompt)
    desk.press("Enter")


def lasting(program: Sequence[str]) -> list[str]:
    """A program whose terminal stays for a moment after it: tmux may let go of the last words of one that has ended."""
    return ["sh", "-c", f"{shlex.join(program)}; sleep 1"]


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_a_person_accepts_rejects_interrupts_and_goes_back(size: tuple[int, int], tmp_path: Path) -> None:
    workspace = tmp_path / "calc"
    workspace.mkdir()
    file = workspace / "sum.py"
    file.write_text(BEFORE)
    hold = Hold()
    script = [
        call(EDIT, text="The sign is wrong, so I change it."),
        say("The sign is right now."),
        call(AGAIN, text="I rename it."),
        say("Then it stays total."),
        held(say("A long answer that would go on and on and on and on."), hold, 8),
        say("Here I am again."),
    ]
    with StrictApi(script) as api:
        environment = surroundings(api, TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8")
        program = lasting(command("--root", str(workspace), "--model", "claude-opus-4-8"))
        with terminal(f"copydesk-{secrets.token_hex(4)}", program, size, environment) as desk:
            desk.shows("calc", "ASK", "›")
            desk.press("C-z")
            desk.shows("There is no shell to go back to")
            accept_an_edit(desk, file)
            reject_one_with_a_note(desk, file, api)
            interrupt_a_stream(desk, hold)
            roll_back(desk, file)
            desk.press("C-q")
            desk.shows("The session is kept: copydesk --resume ")
    assert (api.refusals, api.failures) == ([], [])


def test_what_is_typed_before_the_first_paint_stands_in_the_prompt_in_its_order(tmp_path: Path) -> None:
    with StrictApi([]) as api:
        environment = surroundings(api, TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8")
        program = lasting(command("--root", str(tmp_path), "--model", "claude-opus-4-8"))
        with terminal(f"copydesk-{secrets.token_hex(4)}", program, (80, 24), environment) as desk:
            for key in "early":
                desk.type(key)
            desk.shows("› early")
            desk.type(" and late")
            desk.shows("› early and late")


def accept_an_edit(desk: Terminal, file: Path) -> None:
    ask(desk, "fix the sum")
    desk.shows("review", "sum.py", "total = a - b", "total = a + b", "a accept")
    assert file.read_text() == BEFORE
    accept(desk)
    desk.shows("The sign is right now.", "applied")
    assert file.read_text() == "total = a + b\n"


def accept(desk: Terminal) -> None:
    """Press until the key counts: a machine under load draws late, and what was not seen is not approved."""
    time.sleep(READING)
    desk.press("a")
    while "too quick" in desk.shows(""):
        time.sleep(READING)
        desk.press("a")
        time.sleep(READING)


def reject_one_with_a_note(desk: Terminal, file: Path, api: StrictApi) -> None:
    ask(desk, "rename it")
    desk.shows("review", "result = a + b", "x reject")
    time.sleep(READING)
    desk.press("x")
    desk.shows("note")
    desk.type("keep the name")
    desk.press("Enter")
    desk.shows("Then it stays total.", "rejected")
    assert file.read_text() == "total = a + b\n"
    (result,) = [block for block in api.bodies[-1]["messages"][-1]["content"] if block["type"] == "tool_result"]
    assert result["is_error"]
    assert "keep the name" in result["content"]


def interrupt_a_stream(desk: Terminal, hold: Hold) -> None:
    ask(desk, "tell me more")
    assert hold.reached.wait(30)
    desk.shows("A long")
    desk.press("Escape")
    desk.shows("nterrupted")
    hold.release()
    ask(desk, "are you there?")
    desk.shows("Here I am again.")


def roll_back(desk: Terminal, file: Path) -> None:
    desk.press("F3")
    desk.shows("history", "sum.py", "Going back before turn 1")
    desk.press("r")
    desk.shows("y rolls back")
    desk.press("y")
    desk.shows("rollback")
    assert file.read_text() == BEFORE
