"""Owns the soak: two hours of a session at speed, and what the interface still holds after each 200 turns of it.

A turn of two hours' work takes some seconds of a person and a model; here its events come as fast as they are drawn.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.soak_app import ASKED_TURNS, COUNTED_TURNS
from bench.terminal import Terminal, opened

MEBIBYTE = 1 << 20
TURNS = int(os.environ.get("BENCH_TURNS", "2000"))
WARM_TURNS = 400
"""After which nothing should grow but what was said."""
ARMED_SECONDS = 0.4
"""A key decides only on what has been on screen for a moment."""
PROMPT, ACCEPT = "›".encode(), b"a"
OFFERED = b"accept"
GOALS = "  goals: flat after warm-up but for what was said and done; tasks, timers, files and threads constant"


@dataclass(frozen=True)
class Held:
    """What the program holds after some turns."""

    resident: float
    """MiB."""
    said: float
    """Of it, MiB: the events and the transcript, which are the conversation and grow with it."""
    counts: str

    def __str__(self) -> str:
        rest = self.resident - self.said
        return f"{self.resident:.1f} MiB: {self.said:.1f} said and done, {rest:.1f} the rest; {self.counts}"


def notes(runs: int) -> Iterator[str]:
    """A line for each 200 turns; one soak, however many runs are asked for."""
    counts = Path(tempfile.mkdtemp(prefix="copydesk-bench-")) / "counts"
    command = [sys.executable, "-m", "bench.soak_app", str(counts)]
    with opened(command, {**os.environ, "TERM": "xterm-256color"}, (100, 30)) as terminal:
        terminal.until(PROMPT)
        terminal.settle()
        yield f"soak, at the start: {terminal.resident:.1f} MiB"
        held: dict[int, Held] = {}
        started = time.monotonic()
        for turn in range(1, TURNS + 1):
            play(terminal, turn)
            if turn % COUNTED_TURNS == 0:
                terminal.settle(0.5)
                held[turn] = _held(terminal, counts)
                yield f"turn {turn}: {held[turn]}, {time.monotonic() - started:.0f} s"
        if len(held) > 1:
            yield _grown(held)
        terminal.press(b"\x11")
        code, _ = terminal.wait()
        yield f"left with exit code {code}"
    yield GOALS


def play(terminal: Terminal, turn: int) -> None:
    """Write a prompt, decide where a decision is asked for, and wait for the end of the turn."""
    terminal.press(f"go {turn}\r".encode())
    done = f"turn {turn} done".encode()
    if turn % ASKED_TURNS:
        terminal.until(done)
    else:
        terminal.until(OFFERED)
        # A key too many would be written into the prompt, so the end is looked for in all that is drawn.
        while not drawn_within(terminal, done):
            terminal.press(ACCEPT)


def drawn_within(terminal: Terminal, wanted: bytes) -> bool:
    """Let it draw for as long as it takes until a key may accept; whether that was drawn since the last key."""
    terminal.read_for(ARMED_SECONDS, until=wanted)
    return terminal.saw(wanted)


def _held(terminal: Terminal, counts: Path) -> Held:
    _, tasks, timers, objects, said = map(int, counts.read_text(encoding="ascii").splitlines()[-1].split())
    system = f"{terminal.descriptors} files, {terminal.threads} threads"
    return Held(terminal.resident, said / MEBIBYTE, f"{tasks} tasks, {timers} timers, {system}, {objects:,} objects")


def _grown(held: Mapping[int, Held]) -> str:
    """What came to it since the warm-up, and what of that is neither said nor done by anybody."""
    first = min((turn for turn in held if turn >= WARM_TURNS), default=min(held))
    last = max(held)
    resident, said = held[last].resident - held[first].resident, held[last].said - held[first].said
    thousands = max(last - first, 1) / 1000
    return (
        f"grown since turn {first}: {resident:.1f} MiB, of it {said:.1f} MiB what was said and done "
        f"({said * 1024 / thousands / 1000:.1f} KiB a turn); the rest {(resident - said) / thousands:.1f} MiB "
        "in 1,000 turns"
    )
