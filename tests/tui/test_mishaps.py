"""Proves that no failure inside the screen, and no lost terminal, takes the terminal or the session along."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

from tests.tui.raw_terminal import RawTerminal, raw_terminal

PROGRAM = [sys.executable, "-m", "tests.tui.sit_alone"]
SHIFT_TAB, F9, F10, F11, F12 = "\x1b[Z", "\x1b[20~", "\x1b[21~", "\x1b[23~", "\x1b[24~"
SAID = "copydesk failed here (Planted); recorded as mishaps/"


def records(folder: Path) -> list[Path]:
    return sorted((folder / "mishaps").glob("*.log"))


def asked_of_the_session(folder: Path) -> dict[str, int]:
    asked: dict[str, int] = json.loads((folder / "session.json").read_text())
    return asked


def test_screen_goes_on_when_a_part_of_it_fails_and_ends_well_when_it_cannot(tmp_path: Path) -> None:
    with raw_terminal([*PROGRAM, str(tmp_path)], {**os.environ, "TERM": "xterm-256color"}) as desk:
        desk.until("followed")
        desk.type("hello\r")
        desk.until(SAID)
        desk.type(SHIFT_TAB)
        desk.wait(lambda: len(records(tmp_path)) == 2, "the record of an action")
        desk.type(F9)
        desk.until("This part cannot be drawn.")
        desk.type(F10)
        desk.until("This part cannot be drawn.")
        desk.type(F11)
        desk.wait(lambda: len(records(tmp_path)) == 4, "the record of a handler")
        desk.type("still here")
        desk.until("still")
        desk.type(F12)
        assert desk.ended() == 1
        assert desk.echoes()
        last_words = desk.output.decode().rpartition("\x1b")[2]
    assert "copydesk: Something inside it failed (Planted)" in last_words
    assert "copydesk --resume s" in last_words
    assert b"Traceback" not in desk.output
    assert asked_of_the_session(tmp_path) == {"cancelled": 0, "closed": True, "decided": 0}
    assert len(records(tmp_path)) == 5
    for record in records(tmp_path):
        assert "Traceback" in record.read_text()
        assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_turn_is_broken_off_and_the_session_closed_when_the_terminal_is_lost(tmp_path: Path) -> None:
    with raw_terminal([*PROGRAM, str(tmp_path), "waits"], {**os.environ, "TERM": "xterm-256color"}) as desk:
        desk.until("ValueError", "accept")
        press_what_a_terminal_answers(desk)
        desk.hang_up()
        assert desk.ended() == 143
    assert asked_of_the_session(tmp_path) == {"cancelled": 1, "closed": True, "decided": 0}


def test_everything_is_drawn_again_when_that_is_asked_for(tmp_path: Path) -> None:
    with raw_terminal([*PROGRAM, str(tmp_path), "sits"], {**os.environ, "TERM": "xterm-256color"}) as desk:
        desk.until("followed")
        desk.type("\x0c")
        desk.until("webshop", "followed", "keys")


def press_what_a_terminal_answers(desk: RawTerminal) -> None:
    """Answers with the keys of an approval in them, in one piece and in two."""
    desk.read(0.5)
    desk.type("\x1bP1$ra;x\x1b\\\x1b]52;c;aaaa\x07\x1b_Ga;x\x1b\\\x1b[?64;1;2c")
    desk.type("\x1b]lxa")
    desk.type("axa\x1b\\")
    desk.type("n")
    desk.read(0.3)
