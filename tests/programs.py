"""Owns starting the real program in tests: its environment, its workspace, what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strict_api import StrictApi


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
