"""Owns what a streamed answer costs: Markdown at full speed and at 200 tokens a second, with keys typed meanwhile.

The real program on a terminal; the stand-in for the model runs apart and is not counted.
"""

import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.stand_in import stand_in
from bench.terminal import Drawn, Terminal, opened

TOKEN_CHARACTERS = 4
EVENT_TOKENS = 4
"""Tokens that arrive together."""
SIZES = (5_000, 10_000, 20_000, 40_000)
GOAL_TOKENS = 20_000
RATE = 200
"""Tokens a second of the slow answer."""
SLOW_TOKENS = 4_000
"""Enough for 20 seconds."""
KEY_SECONDS, SLOW_KEY_SECONDS = 0.1, 1.0
"""Between two keys that are typed meanwhile, at full speed and while a slow answer comes."""
HURRIED_KEYS, HURRIED_KEY_SECONDS = 60, 0.02
"""An answer at full speed is over before many keys were typed: so many are typed at one program, at several answers."""
SIZE = (120, 40)
MODEL = "claude-opus-4-8"
PROMPT, END, KEYS = "›".encode(), "zzend{}zz", b"QXJZWKQXJZWK"
"""Letters that the answer has not."""
MOST_ANSWERS = 40
"""At one program."""
EMPTY_PROMPT = b"\x15"
"""Takes back what was typed, so that it does not come with the next prompt."""
GOALS = (
    "  goals: 20,000 tokens at full speed <= 1.7 s cpu, 200 tokens/s <= 15 % of a core, growing with the size only; "
    "95 of 100 keys in <= 50 ms"
)


@dataclass
class Streamed:
    """One answer as it was drawn."""

    tokens: int
    processor: float
    seconds: float
    frames: int
    size: int
    waits: list[float]
    """Seconds until each key that was typed meanwhile showed."""
    resident: float

    def __str__(self) -> str:
        return (
            f"{self.tokens:,} tokens: {self.processor:.2f} s cpu in {self.seconds:.1f} s "
            f"({self.processor / self.seconds:.0%} of a core), {self.processor / self.tokens * 1e6:.0f} µs a token, "
            f"{self.frames} frames of {self.size / max(self.frames, 1):,.0f} bytes, {self.resident:.0f} MiB; "
            f"{_felt(self.waits)}"
        )


def _felt(waits: Sequence[float]) -> str:
    if len(waits) < 2:
        return "no key typed"
    worst, middle = statistics.quantiles(waits, n=20)[-1], statistics.median(waits)
    return f"{len(waits)} keys: {middle * 1000:.0f} ms, 95 of 100 in {worst * 1000:.0f} ms"


def notes(runs: int) -> Iterator[str]:
    """The sizes at full speed, each the middle of so many runs, then many keys, then one slow answer."""
    for tokens in SIZES:
        drawn = sorted((streamed(tokens, 0.0) for _ in range(runs)), key=lambda each: each.processor)
        every_wait = [wait for each in drawn for wait in each.waits]
        yield f"full speed, {replace(drawn[runs // 2], waits=every_wait)}"
    yield f"keys at full speed, {hurried(GOAL_TOKENS)}"
    yield f"{RATE} tokens/s, {streamed(SLOW_TOKENS, EVENT_TOKENS / RATE)}"
    yield GOALS


def streamed(tokens: int, pause: float) -> Streamed:
    """Have an answer drawn, with so many seconds between two events, in a program that has just loaded everything."""
    with _desk(tokens, pause) as terminal:
        return _watched(terminal, tokens, SLOW_KEY_SECONDS if pause else KEY_SECONDS)


def hurried(tokens: int) -> str:
    """Type many keys while answers come at full speed, one after the other; the longest waits are of interest."""
    waits: list[float] = []
    with _desk(tokens, 0.0) as terminal:
        answers = 0
        while len(waits) < HURRIED_KEYS:
            terminal.press(EMPTY_PROMPT)
            terminal.settle()
            waits += _watched(terminal, tokens, HURRIED_KEY_SECONDS, answers).waits
            answers += 1
    return f"{answers} answers of {tokens:,} tokens: {_felt(waits)}, the longest {max(waits) * 1000:.0f} ms"


@contextmanager
def _desk(tokens: int, pause: float) -> Iterator[Terminal]:
    """The program on a terminal, at rest, with a model that gives this answer."""
    with stand_in([_answer(tokens, pause, number) for number in range(MOST_ANSWERS)]) as address:
        folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
        environment = {**os.environ, **address, "TERM": "xterm-256color", "COPYDESK_STATE_DIR": str(folder / "state")}
        command = [sys.executable, "-m", "copydesk", "--root", str(folder), "--model", MODEL]
        with opened(command, environment, SIZE) as terminal:
            terminal.until(PROMPT)
            terminal.settle(2.0)
            yield terminal


def _watched(terminal: Terminal, tokens: int, between: float, number: int = 0) -> Streamed:
    """Send the prompt, type until the end of the answer shows, and wait for rest."""
    end = END.format(number).encode()
    before, started = terminal.processor, time.monotonic()
    terminal.press(b"go\r")
    keys, waits, total = itertools.cycle(KEYS), [], Drawn(0, 0, 0, 0)
    while not terminal.saw(end):
        drawn = terminal.read_for(between, until=end)
        total = replace(total, frames=total.frames + drawn.frames, size=total.size + drawn.size)
        if not terminal.saw(end):
            key = bytes([next(keys)])
            waits.append(terminal.echo(key, key))
    ended = time.monotonic()
    terminal.settle()
    return Streamed(
        tokens, terminal.processor - before, ended - started, total.frames, total.size, waits, terminal.resident
    )


def _answer(tokens: int, pause: float, number: int) -> dict[str, Any]:
    said = {"say": markdown(tokens, number), "delta_characters": EVENT_TOKENS * TOKEN_CHARACTERS}
    return said | ({"per_event": pause} if pause else {})


def markdown(tokens: int, answer: int = 0) -> str:
    """About so many tokens of what models write: headings, prose, lists, code and tables, and a word for the end."""
    parts: list[str] = []
    size = 0
    for number in itertools.count(1):
        if size >= tokens * TOKEN_CHARACTERS:
            break
        parts.append(_section(number))
        size += len(parts[-1])
    return f"{''.join(parts)}\n{END.format(answer)}\n"


def _section(number: int) -> str:
    return (
        f"## part {number}: how a shelf is counted\n\n"
        "the **counter** walks along the *shelf* once and keeps what it saw in `seen_items()`, so that a second "
        "walk costs nothing; see [the notes](docs/notes.md) for what happens when two people count at a time.\n\n"
        f"1. take the next item and look it up ({number}).\n"
        "2. where it is unknown, ask for its name and go on.\n"
        "   - keep the first name that is given\n"
        "   - never ask for the same item twice\n\n"
        "```python\n"
        f"def count_{number}(self, shelf: list[str]) -> int | None:\n"
        '    """count what stands on a shelf, each item once."""\n'
        "    for item in shelf:\n"
        "        if item not in self.seen:\n"
        "            self.seen.add(item)\n"
        f"            self.total += {number % 7 + 1}\n"
        "    return self.total\n"
        "```\n\n"
        "| shelf | before | after |\n|---|---:|---:|\n"
        f"| upper | {number * 7 % 113} | {number * 5 % 71} |\n"
        f"| lower | {number * 11 % 97} | {number * 3 % 53} |\n\n"
    )
