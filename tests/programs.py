"""Owns starting the real program in tests: its environment, its workspace, what it printed."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strict_api import StrictApi

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["anthropic", "httpx2", "copydesk.launch.run", "copydesk.launch.demo"])
WRITE = os.O_WRONLY | os.O_CREAT


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


def warm_copydesk(
    *arguments: str, api: StrictApi | None = None, cwd: Path | None = None, given: bytes | None = None, **extra: str
) -> Ran:
    """Run the program to its end in a process that is forked from one with the SDK loaded: a tenth of the time.

    For what a run does; what it loads, and what its streams are, only a cold start shows.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        (streams / "in").write_bytes(given or b"")
        call = (list(arguments), surroundings(api, **extra), str(cwd or Path.cwd()), folder)
        process = WARM.Process(target=_run_main, args=call)
        process.start()
        process.join(50)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"copydesk {' '.join(arguments)} did not end")
        return Ran(process.exitcode, (streams / "out").read_text("utf-8"), (streams / "talk").read_text("utf-8"))


def _run_main(arguments: list[str], environment: dict[str, str], cwd: str, folder: str) -> None:
    """Become the program: its streams, its environment, its directory, its exit code."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for number, (name, flags) in enumerate({"in": os.O_RDONLY, "out": WRITE, "talk": WRITE}.items()):
        os.dup2(os.open(f"{folder}/{name}", flags, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")
    )
    from copydesk.cli import main

    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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
