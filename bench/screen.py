"""Owns the start of the screen against a bare Textual app: its first paint, its first echoed key, and it at rest."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.measure import Cost, Pair
from bench.terminal import opened

BARE = Path(__file__).with_name("bare_app.py")
PROMPT = "›".encode()
KEY = b"Q"
"""A letter that nothing on either first screen shows."""
IDLE_SECONDS = 12.0


def pairs() -> Iterator[Pair]:
    """With no key in the environment, so that nothing but the screen is started.

    Modules are compiled once, as an installer does it: the runs that warm up leave their bytecode for those that count.
    """
    folder = tempfile.mkdtemp(prefix="copydesk-bench-")
    ours, bare = [sys.executable, "-m", "copydesk", "--root", folder], [sys.executable, str(BARE)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
    environment |= {"TERM": "xterm-256color", "COPYDESK_STATE_DIR": f"{folder}/state"}
    for name, measure in (("first paint", first_paint), ("first key echoed", first_echo), ("at rest", at_rest)):
        floor = partial(measure, bare, environment)
        yield Pair(f"copydesk, {name}", "bare Textual app", partial(measure, ours, environment), floor)


def first_paint(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """From the start until the prompt is drawn."""
    with opened(command, environment) as terminal:
        return terminal.cost(terminal.until(PROMPT) - terminal.started)


def first_echo(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """From the start until a key that was typed at the drawn prompt shows."""
    with opened(command, environment) as terminal:
        terminal.until(PROMPT)
        terminal.press(KEY)
        return terminal.cost(terminal.until(KEY) - terminal.started)


def at_rest(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """What a second of waiting for a key costs; a prompt has the focus in both. Processor time is what counts here.

    The bare app's cursor blinks for ever, ours for ten seconds after a key, most of which are within what is measured.
    """
    with opened(command, environment) as terminal:
        terminal.until(PROMPT)
        terminal.settle()
        drawn = terminal.read_for(IDLE_SECONDS)
        return Cost(1.0, drawn.processor / drawn.seconds, terminal.resident)


def notes(runs: int) -> Iterator[str]:
    """The goals."""
    yield "  goals: first paint <= 1.25 times the bare app's; processor time at rest <= the bare app's"
