"""Proves that what a terminal answers presses no key, and that every key still does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.frontends.tui.terminal.terminal_answers import TerminalAnswers

ANSWERS = {
    "device": "\x1b[?64;1;2c",
    "second device": "\x1b[>1;10;0c",
    "status": "\x1b[0n",
    "setting": "\x1bP1$ry;q\x1b\\",
    "setting in 8 bits": "\x901$ra\x9c",
    "clipboard": "\x1b]52;c;YWNjZXB0\x07",
    "colour": "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "title": "\x1b]lyes\x1b\\",
    "picture": "\x1b_Gi=1;OK\x1b\\",
    "private message": "\x1b^a\x1b\\",
    "size": "\x1b[8;24;80t",
    "version": "\x1bP>|xterm(380)\x1b\\",
    "keyboard": "\x1b[?1u",
    "capability": "\x1bP1+r544e=787465726d\x1b\\",
    "checksum": "\x1bP1!~ABCD\x1b\\",
}
KEYS = [
    *("a", "é漢", "\r", "\x1b", "\x1ba", "\x1bP", "\x1b]", "\x1b[", "\x1b[A", "\x1b[1;5C", "\x1b[3~", "\x1bOP"),
    *("\x1b[Z", "\x1b[97;5u", "\x1b[[A", "\x1b[7$", "\x1b[<0;3;4M", "\x1b[I", "\x1b[?2026;2$y", "\x1b[48;24;80;0;0t"),
    "\x1b[200~y \x1bPq\x1b\\ \x1b[c\x1b[201~",
]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_answer_presses_nothing_when_it_comes_whole_or_in_two(answer: str) -> None:
    assert TerminalAnswers().feed(f"x{answer}y") == "xy"
    for cut in range(3, len(answer)):
        answers = TerminalAnswers()
        if answer[:cut].endswith("\x1b") or len(answer) - cut > 3:
            assert answers.feed(answer[:cut]) + answers.feed(answer[cut:]) == "", cut
            assert answers.feed("y") == "y", cut


@pytest.mark.parametrize("key", KEYS)
def test_key_passes_when_a_person_presses_it(key: str) -> None:
    answers = TerminalAnswers()
    assert answers.feed(key) == key
    assert answers.feed("b") == "b"


def test_paste_passes_as_it_is_when_it_comes_in_pieces() -> None:
    answers = TerminalAnswers()
    pieces = ["\x1b[200~\x9b6n", *"\x1b]52;c;aa\x07 \x9b6n\x1b[201~"]
    assert "".join(answers.feed(piece) for piece in pieces) == "".join(pieces)
    assert answers.feed("\x1b[0n") == ""


def test_typing_goes_on_when_an_answer_never_ends() -> None:
    answers = TerminalAnswers()
    assert answers.feed("\x1b]52;c;never ended") == ""
    assert answers.feed("y") == "y"


@given(st.lists(st.text(st.characters(exclude_characters="\x1b\x90\x98\x9b\x9d\x9e\x9f"))))
def test_text_passes_when_no_escape_is_in_it(pieces: list[str]) -> None:
    answers = TerminalAnswers()
    assert [answers.feed(piece) for piece in pieces] == pieces
