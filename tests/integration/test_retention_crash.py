"""Owns the proof that a kill at any moment leaves every session of the History whole or gone.

The system calls of one run are listed by tracing it once; then the process is killed on entry to each of them, or on
entry to each of git's. COPYDESK_CAMPAIGN=1 tries them all; without it an even sample is tried.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from copydesk.changes.history import History
from copydesk.domain.errors import GitError
from copydesk.workspace.git import STORE_DEADLINE, GitRunner
from copydesk.workspace.store import PrivateStore
from tests.integration.test_crash import CAMPAIGN, ROOT, check_usable, sample, strace_works, traced_points
from tests.integration.tidy_once import GOING, carry_out, prepare
from tests.overlay_desk import OverlayDesk

pytestmark = [
    pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace"),
    pytest.mark.timeout(3600 if CAMPAIGN else 120),
]
CALLS = (
    "?access,?faccessat,?faccessat2,?unlink,?unlinkat,?mkdir,?mkdirat,?rename,?renameat,?renameat2,?write,?fsync,?flock,"
    "?utimensat,?fork,?vfork,?clone,?clone3,?wait4"
)
"""Those that change something or let git begin; the others look, and a kill there is one at the next of these."""
STEPS = {"s1": 2, "s2": 3, "s3": 3, "s4": 3}
OURS = {"copydesk.lock", "copydesk.last", "copydesk.tidied", "config", "HEAD", "objects", "refs", "branches", "info"}


def run_traced(options: Sequence[str], folder: Path, operation: str) -> int:
    command = ["strace", "-qq", *options, sys.executable, "-m", "tests.integration.tidy_once", str(folder), operation]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=60).returncode


def check_whole(folder: Path, prepared: OverlayDesk, operation: str) -> str:
    """Look as a new process does, then do again what was killed; gives how many sessions were left."""
    desk = OverlayDesk(folder)
    assert desk.contents() == prepared.contents()
    steps = desk.history.steps()
    desk.history.images([image for step in steps for file in step.files for image in (file.before, file.after)])
    counts = Counter(step.meta.session for step in steps)
    gone = STEPS.keys() - counts
    assert gone <= GOING[operation]
    assert counts == {session: count for session, count in STEPS.items() if session not in gone}
    if operation == "purge":
        assert desk.shown() == {"waiting": b"new\n"}
    carry_out(desk, operation)
    assert {step.meta.session for step in desk.history.steps()} == STEPS.keys() - GOING[operation]
    assert {path.name for path in desk.store.iterdir()} <= OURS
    assert desk.history.store.parts() == (0, 1)
    assert list((folder / "live").iterdir()) == []
    check_usable(desk)
    return str(4 - len(gone))


@pytest.mark.parametrize("operation", GOING)
def test_sessions_are_whole_or_gone_when_the_process_is_killed(tmp_path: Path, operation: str) -> None:
    prepared = prepare(make(tmp_path / "prepared"))
    traced, log = tmp_path / "traced", tmp_path / "log"
    shutil.copytree(tmp_path / "prepared", traced, symlinks=True)
    assert run_traced(["-e", f"trace={CALLS}", "-o", str(log)], traced, operation) == 0
    points = traced_points(log)
    assert len(points) > 40
    left = Counter[str]()
    for number, (call, count) in enumerate(sample(points)):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "prepared", folder, symlinks=True)
        inject = f"inject={call}:signal=SIGKILL:when={count}"
        status = run_traced(["-e", f"trace={call}", "-e", inject, "-o", "/dev/null"], folder, operation)
        sessions = check_whole(folder, prepared, operation)
        # How often a process waits or looks for a module is not the same in every run.
        assert (status, sessions) == (0, "2") or status == -9, f"{call} {count} ended with {status}"
        left[sessions if status else "not killed"] += 1
        shutil.rmtree(folder)
    assert {"2", "4"} <= set(left)
    assert left["not killed"] * 5 <= left.total()


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def packing_under(folder: Path, options: str) -> OverlayDesk:
    """The prepared History, with a git whose `pack-objects` runs under strace."""
    wrapper = folder / "git"
    real, strace = shutil.which("git"), shutil.which("strace")
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = pack-objects ] && exec {strace} -f -qq {options} {real} "$@"\nexec {real} "$@"\n'
    )
    wrapper.chmod(0o755)
    desk = OverlayDesk(folder)
    desk.history = History(PrivateStore(desk.store, GitRunner(str(wrapper), STORE_DEADLINE)))
    return desk


def test_sessions_are_whole_or_gone_when_git_is_killed(tmp_path: Path) -> None:
    prepared = prepare(make(tmp_path / "prepared"))
    traced, log = tmp_path / "traced", tmp_path / "log"
    shutil.copytree(tmp_path / "prepared", traced, symlinks=True)
    carry_out(packing_under(traced, f"-o {log}"), "tidy")
    calls = re.findall(r"^\d+ +(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE)
    points = [(call, calls[: index + 1].count(call)) for index, call in enumerate(calls)]
    killed = 0
    for number, (call, count) in enumerate(sample(points[1:-1])):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "prepared", folder, symlinks=True)
        desk = packing_under(folder, f"-o /dev/null -e inject={call}:signal=SIGKILL:when={count}")
        try:
            carry_out(desk, "tidy")
        except GitError:
            killed += 1
        assert check_whole(folder, prepared, "tidy") == "2"
        shutil.rmtree(folder)
    assert killed > 2
