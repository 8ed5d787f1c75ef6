"""Owns the soak: two hours of a session at speed, and what the interface still holds after each 200 turns of it.

A turn of two hours' work takes some seconds of a person and a model; here its events come as fast as they are drawn.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.soak_app import ASKED_TURNS, COUNTED_TURNS
from bench.terminal import Terminal, opened

TURNS = int(os.environ.get("BENCH_TURNS", "2000"))
WARM_TURNS = 400
"""After which nothing should grow but what was said."""
ARMED_SECONDS = 0.4
"""A key decides only on what has been on screen for a moment."""
PROMPT, ACCEPT = "›".encode(), b"a"
OFFERED = b"accept"
GOALS = "  goals: resident size flat after warm-up but for the events kept; tasks, timers, files and threads constant"


def notes(runs: int) -> Iterator[str]:
    """A line for each 200 turns; one soak, however many runs are asked for."""
    counts = Path(tempfile.mkdtemp(prefix="copydesk-bench-")) / "counts"
    command = [sys.executable, "-m", "bench.soak_app", str(counts)]
    with opened(command, {**os.environ, "TERM": "xterm-256color"}, (100, 30)) as terminal:
        terminal.until(PROMPT)
        terminal.settle()
        yield f"soak, at the start: {terminal.resident:.1f} MiB"
        sizes: dict[int, float] = {}
        started = time.monotonic()
        for turn in range(1, TURNS + 1):
            play(terminal, turn)
            if turn % COUNTED_TURNS == 0:
                terminal.settle(0.5)
                sizes[turn] = terminal.resident
                yield f"{_counted(terminal, counts)}, {time.monotonic() - started:.0f} s"
        warm = sizes.get(WARM_TURNS, terminal.resident)
        grown = (terminal.resident - warm) / max(TURNS - WARM_TURNS, 1) * 1000
        yield f"grown since turn {WARM_TURNS}: {terminal.resident - warm:.1f} MiB, {grown:.1f} MiB in 1,000 turns"
        terminal.press(b"\x11")
        code, _ = terminal.wait()
        yield f"left with exit code {code}"
    yield GOALS


def play(terminal: Terminal, turn: int) -> None:
    """Write a prompt, decide where a decision is asked for, and wait for the end of the turn."""
    terminal.press(f"go {turn}\r".encode())
    done = f"turn {turn} done".encode()
    if turn % ASKED_TURNS == 0:
        terminal.until(OFFERED)
        while not terminal.saw(done):
            terminal.read_for(ARMED_SECONDS)
            terminal.press(ACCEPT)
            terminal.read_for(ARMED_SECONDS, until=done)
    terminal.until(done)


def _counted(terminal: Terminal, counts: Path) -> str:
    turn, tasks, timers, objects = counts.read_text(encoding="ascii").splitlines()[-1].split()
    return (
        f"turn {turn}: {terminal.resident:.1f} MiB, {tasks} tasks, {timers} timers, {terminal.descriptors} files, "
        f"{terminal.threads} threads, {int(objects):,} objects"
    )
