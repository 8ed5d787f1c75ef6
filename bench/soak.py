"""Owns the soak: two hours of a session at speed, and what the interface still holds after each 200 turns of it.

A turn of two hours' work takes some seconds of a person and a model; here its events come as fast as they are drawn.
"""

import json
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
    said: Mapping[str, float]
    """Of it, MiB, by what holds it: the conversation, which grows with what is said and done."""
    blocks: int
    """Pieces of memory that are in use; unlike what is resident, not what is free between them."""
    counts: str

    @property
    def rest(self) -> float:
        """MiB of neither."""
        return self.resident - sum(self.said.values())

    def __str__(self) -> str:
        said = ", ".join(f"{size:.2f} {name}" for name, size in self.said.items())
        return (
            f"{self.resident:.1f} MiB: {said}, {self.rest:.1f} the rest; {self.counts}, {self.blocks:,} blocks in use"
        )


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
    line = json.loads(counts.read_text(encoding="ascii").splitlines()[-1])
    said = {name: size / MEBIBYTE for name, size in line["held"].items()}
    system = f"{terminal.descriptors} files, {terminal.threads} threads"
    return Held(terminal.resident, said, line["blocks"], f"{line['tasks']} tasks, {line['timers']} timers, {system}")


def _grown(held: Mapping[int, Held]) -> str:
    """What came to it since the warm-up, and what of that is neither said nor done by anybody."""
    first = min((turn for turn in held if turn >= WARM_TURNS), default=min(held))
    last = max(held)
    turns = max(last - first, 1)
    per_turn = {name: (held[last].said[name] - size) * 1024 / turns for name, size in held[first].said.items()}
    said = ", ".join(f"{size:.2f} KiB {name}" for name, size in per_turn.items())
    return (
        f"grown since turn {first}: {held[last].resident - held[first].resident:.1f} MiB; a turn takes {said}; "
        f"the rest {(held[last].rest - held[first].rest) * 1000 / turns:.1f} MiB in 1,000 turns, "
        f"{(held[last].blocks - held[first].blocks) / turns:.0f} blocks a turn"
    )
