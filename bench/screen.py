"""Owns the time from the start of the screen until a typed key shows, against a bare Textual app."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Cost, Pair

BARE = Path(__file__).with_name("bare_app.py")
PROMPT = "›".encode()
KEY = b"Q"
"""A letter that nothing on either first screen shows."""
DEADLINE = 30.0


def pairs() -> Iterator[Pair]:
    """With no key in the environment, so that nothing but the screen is started."""
    folder = tempfile.mkdtemp(prefix="copydesk-bench-")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    environment |= {"TERM": "xterm-256color", "COPYDESK_STATE_DIR": f"{folder}/state"}

    def measured() -> Cost:
        return first_echo([sys.executable, "-m", "copydesk", "--root", folder], environment)

    def at_least() -> Cost:
        return first_echo([sys.executable, str(BARE)], environment)

    yield Pair("copydesk, first key echoed", "bare Textual app", measured, at_least)


def first_echo(command: list[str], environment: dict[str, str]) -> Cost:
    """Start a program on a terminal of its own, type one key when its prompt shows, and wait for the key."""
    started = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = read_until(terminal, PROMPT, started)
    os.write(terminal, KEY)
    read_until(terminal, KEY, started, seen[seen.rfind(PROMPT) :])
    took = time.monotonic() - started
    os.kill(process, signal.SIGKILL)
    _, _, usage = os.wait4(process, 0)
    os.close(terminal)
    return Cost(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def read_until(terminal: int, wanted: bytes, started: float, seen: bytes = b"") -> bytes:
    """Read what the program draws until it holds `wanted`."""
    while wanted not in seen:
        left = started + DEADLINE - time.monotonic()
        if not select.select([terminal], [], [], max(left, 0))[0]:
            raise TimeoutError(f"{wanted!r} was not drawn within {DEADLINE:g} seconds")
        seen += os.read(terminal, 1 << 16)
    return seen
