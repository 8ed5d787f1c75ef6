"""Owns the whole cost of a headless run, against a bare script that makes the same requests with the SDK.

One edit, twenty edits, and one edit in a repository of 50,000 files: what is more than the floor may not depend on
the size of the repository.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import Cost, Pair, run_process
from tests.strict_api import StrictApi, call, say

MODEL = "claude-opus-4-8"
BARE = Path(__file__).with_name("bare_sdk.py")
FILES, PER_FOLDER = 50_000, 500
WHO = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid", "-c", "commit.gpgSign=false")


@dataclass(frozen=True)
class Job:
    """What a run is made to do, in which workspace."""

    name: str
    edits: int
    files: int = 1

    def script(self) -> list[Any]:
        """A view, the edits one a request, and a last word."""
        edits = ({"command": "str_replace", "path": "a.py", "old_str": f"x = {n}\n", "new_str": f"x = {n + 1}\n"}
                 for n in range(self.edits))  # fmt: skip
        return [call({"command": "view", "path": "a.py"}), *map(call, edits), say("Done.")]


JOBS = (Job("one edit", 1), Job("20 edits", 20), Job("one edit, 50,000 files", 1, FILES))


@contextmanager
def workspace_of(job: Job) -> Iterator[Path]:
    """A repository with so many files, all committed."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
    workspace = folder / "w"
    workspace.mkdir()
    for number in range(job.files - 1):
        file = workspace / f"d{number // PER_FOLDER}" / f"f{number}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"number = {number}\n")
    (workspace / "a.py").write_text("x = 0\n")
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "one")):
        subprocess.run(["git", *WHO, *words], cwd=workspace, check=True)
    yield workspace
    shutil.rmtree(folder)


def pairs() -> Iterator[Pair]:
    """Each job by the program and by the bare script."""
    for job in JOBS:
        with workspace_of(job) as workspace:
            own = [sys.executable, "-m", "copydesk", "run", "--model", MODEL, "count x up"]
            bare = [sys.executable, str(BARE), MODEL]
            yield Pair(
                f"run, {job.name}", "bare SDK script", partial(carried_out, own, job, workspace),
                partial(carried_out, bare, job, workspace),
            )  # fmt: skip


def notes(runs: int) -> Iterator[str]:
    """How many bytes go up, request by request."""
    for job in JOBS[:2]:
        with workspace_of(job) as workspace, StrictApi(job.script()) as api:
            command = [sys.executable, "-m", "copydesk", "run", "--model", MODEL, "count x up"]
            run_process(command, _environment(api, workspace), str(workspace))
            sizes = [len(json.dumps(body)) for body in api.bodies]
            yield f"run, {job.name}: {len(sizes)} requests, {sum(sizes):,} bytes in all, {sizes[0]:,} in the first"


def carried_out(command: list[str], job: Job, workspace: Path) -> Cost:
    """Do a job once, with the file as it was before."""
    (workspace / "a.py").write_text("x = 0\n")
    with StrictApi(job.script()) as api:
        cost = run_process(command, _environment(api, workspace), str(workspace))
    assert (workspace / "a.py").read_text() == f"x = {job.edits}\n"
    return cost


def _environment(api: StrictApi, workspace: Path) -> Mapping[str, str]:
    state = {"COPYDESK_STATE_DIR": str(workspace.with_name("state"))}
    return {**os.environ, **state, "ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url}
