"""Proves the accessible mode in a real terminal: text that is only appended to, and words that do what they say."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.programs import command, surroundings
from tests.strict_api import Hold, StrictApi, call, held, say
from tests.tui.raw_terminal import RawTerminal

pytestmark = pytest.mark.timeout(120)
HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x9b2J\u202eevil [red]x[/]"
BEFORE = "".join(f"line {number}\n" for number in range(1, 31))
TWO_HUNKS = BEFORE.replace("line 3\n", "line three\n").replace("line 27\n", "line twenty-seven\n")
CHANGE = {"command": "str_replace", "path": "list.txt", "old_str": BEFORE, "new_str": TWO_HUNKS}
AGAIN = {"command": "str_replace", "path": "list.txt", "old_str": "line 10\n", "new_str": "line ten\n"}
SECRET = {"command": "view", "path": ".env"}


def plain(root: Path, api: StrictApi, *arguments: str, **extra: str) -> RawTerminal:
    environment = surroundings(api, TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8", **extra)
    model = "claude-opus-4-8"
    return RawTerminal(command("--root", str(root), "--model", model, *arguments), environment, (80, 24))


def told(api: StrictApi) -> str:
    """What the model was told of its last call."""
    last = api.bodies[-1]["messages"][-1]["content"]
    return "".join(str(block["content"]) for block in last if block["type"] == "tool_result")


def test_words_decide_and_the_session_is_kept_when_nothing_is_drawn(tmp_path: Path) -> None:
    root = tmp_path / "calc"
    root.mkdir()
    file = root / "list.txt"
    file.write_text(BEFORE)
    (root / ".env").write_text("TOKEN=1\n")
    hold = Hold()
    script = [
        call(CHANGE, text=f"I write numbers out. {HOSTILE}"),
        call(AGAIN),
        say("As you wish."),
        call(SECRET),
        say("Without it, then."),
        held(say("A long answer\nthat would go on and on and on."), hold, 8),
        call(AGAIN),
    ]
    with StrictApi(script) as api:
        desk = plain(root, api, "--accessible")
        try:
            decide_in_part(desk, file, api)
            reject_with_a_reason(desk, file, api)
            confirm_what_is_protected(desk, api)
            interrupt(desk, hold)
            roll_back(desk, file)
            hang_up(desk, file)
        finally:
            desk.stop()
        assert b"\x1b" not in desk.output
        assert not {0x9B, 0x07} & {ord(c) for c in desk.output.decode()}
        assert "␛]52;c;aGk=␇␛[2J‹U+009B›2J‹U+202E›evil [red]x[/]" in desk.output.decode()
        go_on(root, api)
    assert (api.refusals, api.failures) == ([], [])


def decide_in_part(desk: RawTerminal, file: Path, api: StrictApi) -> None:
    desk.until("Control C interrupts.", "Mode ask")
    desk.answer("write numbers out")
    desk.until("This waits for your decision: edit list.txt", "Hunk 1 of 2", "- line 3", "+ line three", "Hunk 2 of 2")
    desk.until("help tells all words.")
    desk.answer("\x1b[Aaccept")
    desk.until("control characters")
    desk.answer("what is this")
    desk.until("Something waits for your decision.")
    desk.answer("accept 1")
    desk.until("So far: 1 accept. Open: 2.")
    desk.answer("comment question 27 why twenty-seven?")
    desk.until("Kept for Claude, question")
    assert file.read_text() == BEFORE
    desk.answer("finish")
    desk.until("applies 1 hunk. 1 hunk of which nothing was said will be rejected.", "yes or no")
    desk.answer("yes")
    desk.until("partly")
    assert file.read_text() == BEFORE.replace("line 3\n", "line three\n")
    desk.wait(lambda: len(api.bodies) == 2, "the second request")
    assert "why twenty-seven?" in told(api)


def reject_with_a_reason(desk: RawTerminal, file: Path, api: StrictApi) -> None:
    desk.until("+ line ten", "help tells all words.")
    desk.answer("reject keep the ten")
    desk.until("rejected", "As you wish.", "Ready.")
    assert "line ten" not in file.read_text()
    assert "keep the ten" in told(api)


def confirm_what_is_protected(desk: RawTerminal, api: StrictApi) -> None:
    desk.answer("look into the secrets")
    desk.until("view .env", "help tells all words.")
    desk.answer("accept")
    desk.until("Protected", "yes or no")
    desk.answer("")
    desk.until("Nothing was decided.")
    desk.answer("reject no secrets")
    desk.until("Without it, then.", "Ready.")
    assert "TOKEN=1" not in str(api.bodies)


def interrupt(desk: RawTerminal, hold: Hold) -> None:
    desk.answer("tell me more")
    assert hold.reached.wait(30)
    desk.type("\x03")
    desk.until("Interrupting.", "The turn is interrupted.")
    hold.release()


def roll_back(desk: RawTerminal, file: Path) -> None:
    desk.answer("/history")
    desk.until("edit list.txt", "never touched")
    desk.answer("/rollback last")
    desk.until("would change 1 file", "- line three", "Is that to be done?")
    desk.answer("no")
    desk.until("Nothing was moved.")
    assert file.read_text() != BEFORE
    desk.answer("/rollback last")
    desk.until("Is that to be done?")
    desk.answer("yes")
    desk.until("Rolled back: list.txt.")
    assert file.read_text() == BEFORE


def hang_up(desk: RawTerminal, file: Path) -> None:
    desk.answer("once more")
    desk.until("+ line ten", "help tells all words.")
    desk.hang_up()
    assert desk.ended() == 143
    assert file.read_text() == BEFORE


def go_on(root: Path, api: StrictApi) -> None:
    desk = plain(root, api, "--continue", ACCESSIBLE="1")
    try:
        desk.until("Control C interrupts.", "Mode ask")
        desk.answer("/transcript")
        desk.until("Working on “write numbers out”", "partly", "Working on “once more”", "interrupted before deciding")
        go_to_others(desk)
        desk.process.send_signal(signal.SIGTERM)
        assert desk.ended() == 143
    finally:
        desk.stop()


def go_to_others(desk: RawTerminal) -> None:
    desk.answer("/new claude-haiku-4-5")
    desk.until("claude-haiku-4-5", "This is session ")
    desk.answer("/sessions numbers")
    desk.until("write numbers out", "/resume ID")
    identity = next(line.split()[0] for line in desk.output.decode().splitlines() if line.endswith("write numbers out"))
    desk.answer(f"/resume {identity}")
    desk.until(f"This is session {identity} now.")
    desk.answer("/settings mode")
    desk.until("mode: ask, set by default")
    desk.answer("/turns")
    desk.until("Turn 1: write numbers out")
