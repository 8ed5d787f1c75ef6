"""Proves, from the bytes that a real terminal gets, that no text of somebody else's is anything but text there."""

from __future__ import annotations

import os
import random
import re
import sys
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color

from copydesk.domain.display import is_unsafe, show, show_lines
from copydesk.frontends.tui.terminal.guard import Guard
from tests.tui.payloads import PAYLOADS
from tests.tui.raw_terminal import raw_terminal
from tests.tui.shown_texts import SHOWN, SIZE, mark

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "500"))
OURS = re.compile(
    r"\x1b\[(?:[0-9;]*m|[0-9]+;[0-9]+H|\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"
    r"|\?20(?:26|48)\$p|[<>][0-9]*u)|\x1b\]22;[a-z-]+\x07"
)
"""What Textual itself says: colours, places, modes, the shape of the pointer, and two questions about modes."""

NOT_SHOWN = {
    "commands behind /": set(PAYLOADS),
    "help": set(PAYLOADS),
    "failure": set(PAYLOADS),
    "earlier prompts": {"surrogate", "nothing"},
    "turns": {"private", "surrogate", "nothing"},
}
"""Where nothing of somebody else's has a place, though it could, and what a line of a list has no room for."""
TOLD_OTHERWISE = {"turns", "earlier prompts", "prompts that wait", "widgets that only the guard protects"}
"""Where the prompt is made one line, or nothing but the guard replaces what would act."""


@pytest.mark.timeout(90)
def test_terminal_gets_text_only_when_every_payload_is_in_every_widget(tmp_path: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    program = [sys.executable, "-m", "tests.tui.shown_texts", str(tmp_path)]
    with raw_terminal(program, environment, SIZE) as desk:
        for name in SHOWN:
            desk.until(mark(name))
        assert desk.ended() == 0, [record.read_text() for record in (tmp_path / "mishaps").glob("*")]
        got = desk.output.decode("utf-8")
    for name in SHOWN:
        drawn, _, got = got.partition(mark(name))
        text = text_only(drawn)
        arrived = {kind for kind in PAYLOADS if shown_form(name, kind) in text}
        assert arrived >= PAYLOADS.keys() - NOT_SHOWN.get(name, set()), name
    text_only(got)


def shown_form(name: str, kind: str) -> str:
    """What is to be seen of a payload: its own name alone where it is told otherwise there."""
    return f"‹{kind}›" if name in TOLD_OTHERWISE else f"‹{kind}›{show(PAYLOADS[kind])}"


def text_only(got: str) -> str:
    """The text in the bytes of the screen, of which none is anything else."""
    # The terminal itself makes each line feed between two drawn lines into both.
    text = OURS.sub("", got).replace("\r\n", "")
    raw = next((place for place, character in enumerate(text) if is_unsafe(character)), None)
    assert raw is None, f"U+{ord(text[raw]):04X} in {text[max(raw - 80, 0) : raw + 40]!r}"
    return text


def test_text_is_safe_when_it_is_made_of_anything() -> None:
    chance = random.Random(CAMPAIGN)
    pieces = [
        *PAYLOADS.values(),
        "\x1b",
        "\x9b",
        "\n",
        "\r\n",
        "\t",
        "[",
        "m",
        "漢",
        "e\u0301",
        "👩",
        "\u202e",
        "a b",
        "́",
    ]
    guard, ground = Guard(), Color(0, 0, 0)
    for _ in range(CAMPAIGN):
        drawn = "".join(chance.choice(pieces) if chance.random() < 0.8 else anything(chance) for _ in range(8))
        assert not any(map(is_unsafe, show(drawn))), ascii(drawn)
        assert not any(character != "\n" and is_unsafe(character) for character in show_lines(drawn)), ascii(drawn)
        guarded = guard.apply([Segment(drawn)], ground)
        assert not any(is_unsafe(character) for segment in guarded for character in segment.text), ascii(drawn)


def anything(chance: random.Random) -> str:
    """One character of all that there are, lone surrogates too."""
    return chr(chance.randrange(0x110000))
