"""Owns a program on a terminal of its own: what is typed, what is drawn, and what the system counts for it.

It answers one question of the many that a terminal is asked, whether it draws frames as a whole: so each has an end.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Cost

DEADLINE = 60.0
"""Seconds until what is waited for must be drawn; a machine under load is slow."""
FRAME_ASKED = b"\x1b[?2026$p"
FRAME_ANSWER = b"\x1b[?2026;2$y"
FRAME_END = b"\x1b[?2026l"
QUIET_SHARE = 0.05
"""Of a core: a program that uses less does nothing of its own any more."""


@dataclass(frozen=True)
class Drawn:
    """What was drawn in a while."""

    seconds: float
    processor: float
    frames: int
    size: int
    """Bytes."""


def prefer() -> None:
    """Put this process before or behind others by BENCH_PRIORITY, from -20 to 19, where the system lets it."""
    if priority := os.environ.get("BENCH_PRIORITY"):
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(priority)


class Terminal:
    """A program, its terminal, and everything that it drew since it was last asked."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)
    ) -> None:
        self._asked = True
        self._seen = bytearray()
        self._before = b""
        self._has_ended = False
        prefer()
        self.started = time.monotonic()
        self.process, self._descriptor = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            prefer()
            os.execvpe(command[0], list(command), dict(environment))

    def press(self, keys: bytes) -> None:
        """Type, and forget what was drawn before."""
        self._read(0)
        self._before = bytes(self._seen)
        self._seen.clear()
        os.write(self._descriptor, keys)

    def until(self, *wanted: bytes, seconds: float = DEADLINE) -> float:
        """Read until all of it was drawn since the last key; gives the moment, or raises TimeoutError."""
        end = time.monotonic() + seconds
        while not all(each in self._seen for each in wanted):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{wanted!r} was not drawn within {seconds:g} s: {bytes(self._seen[-2000:])!r}")
            self._read(left)
        return time.monotonic()

    def echo(self, key: bytes, wanted: bytes = b"", seconds: float = DEADLINE) -> float:
        """Press a key; seconds until the frame that shows it has ended."""
        started = time.monotonic()
        self.press(key)
        self.until(wanted or key, seconds=seconds)
        shown = self._seen.index(wanted or key)
        while FRAME_END not in self._seen[shown:]:
            self._read(seconds)
        return time.monotonic() - started

    def saw(self, wanted: bytes) -> bool:
        """Whether it was drawn lately: since the last key, or just before it."""
        return wanted in self._seen or wanted in self._before

    @property
    def seen_bytes(self) -> int:
        """How much was drawn since the last key."""
        return len(self._seen)

    def read_for(self, seconds: float, until: bytes = b"") -> Drawn:
        """Let it draw for so long, or until something shows; gives what it drew."""
        started, processor, end = time.monotonic(), self.processor, time.monotonic() + seconds
        frames = size = 0
        while (left := end - time.monotonic()) > 0 and not (until and until in self._seen):
            # What may be the first part of an end of a frame stays; it is too short to be a whole one.
            del self._seen[: 1 - len(FRAME_END)]
            kept = len(self._seen)
            self._read(left)
            frames, size = frames + self._seen.count(FRAME_END), size + len(self._seen) - kept
        return Drawn(time.monotonic() - started, self.processor - processor, frames, size)

    def settle(self, seconds: float = 1.0, most: float = DEADLINE) -> None:
        """Wait until it has done nothing for a while."""
        end = time.monotonic() + most
        while self.read_for(seconds).processor > QUIET_SHARE * seconds:
            if time.monotonic() > end:
                raise TimeoutError(f"it did not come to rest within {most:g} s")

    @property
    def processor(self) -> float:
        """Seconds of processor time so far, all threads, to the nanosecond; children are not counted."""
        return time.clock_gettime(~self.process << 3 | 2)

    @property
    def resident(self) -> float:
        """Resident size in MiB."""
        return self._status("VmRSS")

    @property
    def peak(self) -> float:
        """The largest resident size so far, in MiB."""
        return self._status("VmHWM")

    @property
    def descriptors(self) -> int:
        """How many files are open."""
        return sum(1 for _ in Path(f"/proc/{self.process}/fd").iterdir())

    @property
    def threads(self) -> int:
        """How many threads there are."""
        return sum(1 for _ in Path(f"/proc/{self.process}/task").iterdir())

    def cost(self, wall: float) -> Cost:
        """What was used so far, with the seconds that were waited for."""
        return Cost(wall, self.processor, self.peak)

    def close(self) -> None:
        """End the program at once, unless it has ended."""
        if self._has_ended:
            return
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self._descriptor)

    def wait(self, seconds: float = DEADLINE) -> tuple[int, bytes]:
        """Wait for its own end; gives the exit code and what it drew last."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._read(end - time.monotonic())
            except OSError:
                break
        _, status = os.waitpid(self.process, 0)
        os.close(self._descriptor)
        self._has_ended = True
        return os.waitstatus_to_exitcode(status), bytes(self._seen)

    def _read(self, seconds: float) -> None:
        if select.select([self._descriptor], [], [], max(seconds, 0))[0]:
            self._seen += os.read(self._descriptor, 1 << 16)
        if self._asked and FRAME_ASKED in self._seen:
            self._asked = False
            os.write(self._descriptor, FRAME_ANSWER)

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process}/status").read_text(encoding="ascii").splitlines()
        value = next(line for line in lines if line.startswith(name))
        return int(value.split()[1]) / 1024


@contextmanager
def opened(
    command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)
) -> Iterator[Terminal]:
    """A program that is ended afterwards, whatever happens."""
    terminal = Terminal(command, environment, size)
    try:
        yield terminal
    finally:
        terminal.close()
