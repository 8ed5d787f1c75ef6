"""Owns the whole cost of one headless edit, against a bare script that makes the same requests with the SDK."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Cost, Pair, run_process
from tests.strict_api import StrictApi, call, say

EDIT = {"command": "str_replace", "path": "a.py", "old_str": "x = 1", "new_str": "x = 2"}
MODEL = "claude-opus-4-8"
BARE = Path(__file__).with_name("bare_sdk.py")


def pairs() -> Iterator[Pair]:
    """View, edit, answer: three requests."""

    def measured() -> Cost:
        return with_api([sys.executable, "-m", "copydesk", "run", "--model", MODEL, "set x to 2"])

    def at_least() -> Cost:
        return with_api([sys.executable, str(BARE), MODEL])

    yield Pair("copydesk run, one edit", "bare SDK script", measured, at_least)


def with_api(command: list[str]) -> Cost:
    """Run a command in a fresh workspace against a fresh stand-in for the API."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
    workspace = folder / "w"
    workspace.mkdir()
    (workspace / "a.py").write_text("x = 1\n")
    with StrictApi([call({"command": "view", "path": "a.py"}), call(EDIT), say("Done.")]) as api:
        environment = {
            **os.environ,
            "ANTHROPIC_API_KEY": api.key,
            "ANTHROPIC_BASE_URL": api.url,
            "COPYDESK_STATE_DIR": str(folder / "state"),
        }
        cost = run_process(command, environment, str(workspace))
    assert (workspace / "a.py").read_text() == "x = 2\n"
    shutil.rmtree(folder)
    return cost
