"""Owns a bare pseudo-terminal for tests: every byte that a program writes to it, and what is typed into it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

PATIENCE = 30.0
"""Seconds until a text must have come; a machine under load is slow, never wrong."""
READING = 0.35
"""Seconds that an answer leaves for reading; what comes sooner does not count."""


class RawTerminal:
    """The master's side of a terminal in which a program runs, as leader of its own session."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> None:
        self.output = b""
        self._seen = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            command, env=dict(environment), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        self._slave = slave

    def until(self, *texts: str) -> None:
        """Wait for each of these to come, in this order, after what was waited for before."""
        for text in texts:
            self.wait(lambda text=text: text.encode() in self.output[self._seen :], text)  # type: ignore[misc]
            self._seen = self.output.index(text.encode(), self._seen) + len(text.encode())

    def wait(self, condition: Callable[[], bool], told: str) -> None:
        """Read until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            unseen = self.output[self._seen :].decode("utf-8", "replace")
            assert time.monotonic() < deadline, f"waited in vain for {told!r}; since then came:\n{unseen}"
            self.read(0.1)

    def read(self, seconds: float) -> bool:
        """Take in what comes within this time; False where nothing did."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        with suppress(OSError):
            self.output += os.read(self._master, 1 << 16)
        return True

    def type(self, text: str | bytes) -> None:
        """Type this as it is."""
        os.write(self._master, text if isinstance(text, bytes) else text.encode())

    def answer(self, text: str) -> None:
        """Type a line after what was asked has been read."""
        time.sleep(READING)
        self.type(f"{text}\n")

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def echoes(self) -> bool:
        """Whether the terminal is as a shell wants it: what is typed is shown, and comes line by line."""
        wanted = termios.ECHO | termios.ICANON
        flags: int = termios.tcgetattr(self._slave)[3]
        return flags & wanted == wanted

    def hang_up(self) -> None:
        """Take the terminal away from the program."""
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def ended(self) -> int:
        """Wait until the program ends by itself; gives its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the program does not end"
            if self._master < 0 or not self.read(0.05):
                time.sleep(0.02)
        while self._master >= 0 and self.read(0.0):
            pass
        return self.process.returncode

    def stop(self) -> None:
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for descriptor in (self._slave, self._master):
            if descriptor >= 0:
                os.close(descriptor)


@contextmanager
def raw_terminal(
    command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)
) -> Iterator[RawTerminal]:
    """Run a command in a terminal of a size (columns, rows)."""
    opened = RawTerminal(command, environment, size)
    try:
        yield opened
    finally:
        opened.stop()
