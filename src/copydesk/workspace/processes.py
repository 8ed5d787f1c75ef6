"""Owns the run of a declared command: a process group of its own, a time limit, output bounded in memory.

It runs nothing but what it is given, in the environment that it is given, with nothing to read. When the command ends,
or is stopped, what is left of its group is ended too; only a process that leaves the group for a session of its own
is not followed.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import IO

from copydesk.domain.display import show

HEAD_BYTES = 2_000
TAIL_BYTES = 6_000
"""How much of an output is kept: of its beginning, and of its end, where failures are told."""
_CHUNK = 65_536
_FULL_PIPE = 1_048_576
"""Bytes that a pipe can hold at most."""
_INTERVAL = 0.05
"""Seconds between two looks at the clock and at whether the run is still wanted."""
_LINGER = 0.5
"""Seconds for output on its way when the command has ended: what it started may hold the pipe open for ever."""
_INTERRUPTED = "It was interrupted."
_LAST_WAIT = 1.0
"""Seconds for a killed command to go; only one that waits inside the kernel takes longer."""


@dataclass(frozen=True, slots=True)
class Output:
    """The beginning and the end of what a command wrote on both streams."""

    head: bytes = b""
    left_out: int = 0
    """Bytes between the two that were not kept."""
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    exit_code: int | None
    """None where it could not be started or was stopped; 128 and the signal's number where a signal ended it."""
    seconds: float
    output: Output = field(default_factory=Output)
    reason: str = ""
    """A sentence where it did not end by itself."""


@dataclass(frozen=True, slots=True)
class Processes:
    """Runs commands in one directory."""

    directory: str
    environment: Mapping[str, str]
    """All that a command sees."""
    clock: Callable[[], float]
    """Gives seconds, and never goes back."""
    elapsed: Callable[[], float]
    """The same for what is said of how long it took; it stands still in a replay."""
    grace: float = 2.0
    """Seconds between the request to end (SIGTERM) and the end (SIGKILL)."""

    def run(self, command: tuple[str, ...] | str, seconds: float, stop: Event) -> Ended:
        """Run a command to its end (blocking); it is stopped after so many seconds, or soon after `stop` is set.

        A string is given to `/bin/sh -c`. Whatever becomes of the command is said in the answer.
        """
        arguments = ("/bin/sh", "-c", command) if isinstance(command, str) else command
        if stop.is_set():
            return Ended(None, 0.0, reason=_INTERRUPTED)
        begun = self.elapsed()
        try:
            process = self._start(arguments)
        except OSError as error:
            return Ended(None, 0.0, reason=_not_started(arguments[0], error))
        assert process.stdout is not None
        with process.stdout as stream:
            pipe = _Pipe(stream)
            try:
                stopped = self._await_end(process, pipe, seconds, stop)
            finally:
                self._end_group(process, pipe)
        code, reason = (None, stopped) if stopped else _of_its_own(process.returncode)
        return Ended(code, self.elapsed() - begun, pipe.output(), reason)

    def _start(self, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            arguments,
            bufsize=0,
            cwd=self.directory,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _await_end(self, process: "subprocess.Popen[bytes]", pipe: "_Pipe", seconds: float, stop: Event) -> str:
        """Wait for the command and its output; gives a sentence where it is to be stopped instead."""
        deadline = self.clock() + seconds
        while process.poll() is None:
            if stop.is_set():
                return _INTERRUPTED
            if self.clock() >= deadline:
                return f"It did not end within {seconds:g} seconds and was stopped."
            pipe.wait()
        last = self.clock() + _LINGER
        while pipe.is_open and self.clock() < last:
            pipe.wait()
        return ""

    def _end_group(self, process: "subprocess.Popen[bytes]", pipe: "_Pipe") -> None:
        """End what is left of the group, the command included; what it writes on its way out is kept."""
        if _signal_group(process, signal.SIGTERM):
            last = self.clock() + self.grace
            while _signal_group(process, 0) and self.clock() < last:
                pipe.wait()
            _signal_group(process, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WAIT)
        pipe.drain()


class _Pipe:
    """Reads what a command writes; keeps no more of it than the beginning and the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.is_open = True
        """False once nobody can write to it any more."""
        self._descriptor = stream.fileno()
        os.set_blocking(self._descriptor, False)
        self._readable = select.poll()
        self._readable.register(self._descriptor, select.POLLIN)
        self._nap = 0.001
        self._head, self._tail, self._left_out = bytearray(), bytearray(), 0

    def wait(self) -> None:
        """Take what there is to read, waiting a moment for it; only wait where nothing can come any more."""
        if not self.is_open:
            time.sleep(self._nap)
            self._nap = min(2 * self._nap, _INTERVAL)
        elif self._readable.poll(1000 * _INTERVAL):
            self._read()

    def drain(self) -> None:
        """Take what is in the pipe without waiting, and not for ever where somebody goes on writing."""
        for _ in range(_FULL_PIPE // _CHUNK):
            self._read()

    def output(self) -> Output:
        """What was kept; no more will come."""
        cut = max(0, len(self._tail) - TAIL_BYTES)
        return Output(bytes(self._head), self._left_out + cut, bytes(self._tail[cut:]))

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK) if self.is_open else b""
        except BlockingIOError:
            return
        self.is_open = bool(data)
        room = HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if (surplus := len(self._tail) - TAIL_BYTES) > _CHUNK:
            del self._tail[:surplus]
            self._left_out += surplus


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> bool:
    """Send a signal to a command's group, 0 for none at all; False where nobody is left in it."""
    # A command that has ended stays in its group until it is asked for.
    process.poll()
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _of_its_own(status: int) -> tuple[int, str]:
    """The exit code as a shell would give it, and a sentence where a signal ended the command."""
    if status >= 0:
        return status, ""
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return 128 - status, f"It was ended by {name}."


def _not_started(program: str, error: OSError) -> str:
    reason = error.strerror or "the system gave no reason"
    return f"{show(program)} could not be started: {reason}."
