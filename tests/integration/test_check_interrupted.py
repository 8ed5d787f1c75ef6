"""Proves that a run which is stopped stops the check that it waits for: nobody waits such a program out."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.programs import warm_start
from tests.strict_api import StrictApi, call

CHECK = "echo $$ > pid; exec sleep 50"


def written_number(file: Path) -> int:
    """Wait for a whole line in a file."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not (file.exists() and file.read_text().endswith("\n")):
        time.sleep(0.01)
    return int(file.read_text())


@pytest.mark.parametrize(
    ("limit", "number", "code"), [("3", 0, 3), ("50", signal.SIGINT, 130), ("50", signal.SIGTERM, 143)]
)
def test_check_ends_with_the_run_when_that_is_stopped(tmp_path: Path, limit: str, number: int, code: int) -> None:
    workspace = tmp_path / "calc"
    workspace.mkdir()
    settings = tmp_path / "config.toml"
    settings.write_text(f'[checks]\nslow = "{CHECK}"\n')
    options = ("--config", str(settings), "--root", str(workspace), "--max-time", limit)
    with (
        StrictApi([call({"name": "slow"}, name="run_check")]) as api,
        warm_start("run", *options, "check it", api=api) as program,
    ):
        pid = written_number(workspace / "pid")
        if number:
            program.send_signal(number)
        ran = program.end()

    assert ran.code == code, ran.talk
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
