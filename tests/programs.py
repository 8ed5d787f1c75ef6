"""Owns starting the real program in tests: its environment, its workspace, what it printed."""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.strict_api import StrictApi

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["anthropic", "httpx2", "copydesk.launch.run", "copydesk.launch.demo"])


@dataclass(frozen=True)
class Ran:
    """A process that has ended."""

    code: int
    out: str
    talk: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def command(*arguments: str) -> list[str]:
    """The command line of the program with the interpreter that runs the tests."""
    return [sys.executable, "-m", "copydesk", *arguments]


def surroundings(api: StrictApi | None = None, **extra: str) -> dict[str, str]:
    """The environment of a test's process: its own home, and the stand-in's address and key."""
    environment = {**os.environ, **extra}
    if api is not None:
        environment |= {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url}
    return environment


@dataclass(frozen=True)
class Warm:
    """The program at work in a process that was forked from one with the SDK loaded."""

    process: ForkServerProcess
    streams: Path
    """The folder in which its standard streams are files."""

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process.pid
        os.kill(self.process.pid, number)

    def end(self) -> Ran:
        """Wait for its end; the code of one that was killed is the signal's number below zero."""
        self.process.join(50)
        if self.process.exitcode is None:
            raise TimeoutError("copydesk did not end")
        written = [(self.streams / name).read_bytes().decode("utf-8", "surrogateescape") for name in ("out", "talk")]
        return Ran(self.process.exitcode, *written)


@contextmanager
def warm_start(
    *arguments: str,
    api: StrictApi | None = None,
    cwd: Path | None = None,
    given: bytes | None = None,
    tracer: Sequence[str] = (),
    **extra: str,
) -> Iterator[Warm]:
    """Start the program in a process that is forked from one with the SDK loaded: a tenth of the time.

    For what a run does; what it loads, and what its streams are, only a cold start shows. A tracer is a command of
    strace, which follows the program from its first step.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        for name, data in {"in": given or b"", "out": b"", "talk": b""}.items():
            (streams / name).write_bytes(data)
        call = (list(arguments), surroundings(api, **extra), str(cwd or Path.cwd()), folder, list(tracer))
        process = WARM.Process(target=_run_main, args=call)
        process.start()
        try:
            yield Warm(process, streams)
        finally:
            process.kill()
            process.join()


def warm_copydesk(
    *arguments: str, api: StrictApi | None = None, cwd: Path | None = None, given: bytes | None = None, **extra: str
) -> Ran:
    """Run the program to its end, started warm."""
    with warm_start(*arguments, api=api, cwd=cwd, given=given, **extra) as program:
        return program.end()


def _run_main(arguments: list[str], environment: dict[str, str], cwd: str, folder: str, tracer: list[str]) -> None:
    """Become the program: its streams, its environment, its directory, its exit code."""
    if tracer:
        _be_traced(tracer)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for number, (name, flags) in enumerate({"in": os.O_RDONLY, "out": os.O_WRONLY, "talk": os.O_WRONLY}.items()):
        os.dup2(os.open(f"{folder}/{name}", flags), number)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")
    )
    from copydesk.cli import main

    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _be_traced(tracer: list[str]) -> None:
    """Let a tracer follow this process, and wait until it does."""
    set_tracer, anyone = 0x59616D61, -1
    ctypes.CDLL(None).prctl(set_tracer, ctypes.c_ulong(anyone))
    command = [*tracer, "-p", str(os.getpid())]
    _TRACERS.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text():
        time.sleep(0.001)


_TRACERS: list[subprocess.Popen[bytes]] = []
"""Kept to the end of the process: they are its children, which nobody waits for."""


def copydesk(
    *arguments: str, api: StrictApi | None = None, cwd: Path | None = None, given: bytes | None = None, **extra: str
) -> Ran:
    """Run the program to its end."""
    stdin: Mapping[str, Any] = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
    done = subprocess.run(
        command(*arguments),
        env=surroundings(api, **extra),
        cwd=cwd,
        capture_output=True,
        timeout=50,
        check=False,
        **stdin,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
