"""Owns the proof that a kill at any moment leaves every file wholly before or wholly after.

The system calls of one operation are listed by tracing it once; then, in a fresh workspace each, the process is
killed on entry to each of them. Nothing changes between two calls, so this is also the kill after each.
COPYDESK_CAMPAIGN=1 tries them all; without it an even sample is tried.
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

from copydesk.changes import timeline
from copydesk.changes.history import History
from copydesk.domain.errors import GitError
from copydesk.workspace.git import STORE_DEADLINE, GitRunner
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk
from tests.integration.apply_once import BEFORE, BEGIN, END, OPERATIONS, apply, prepare

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
ROOT = Path(__file__).parents[2]
CALLS = (
    "%file,?write,?pwrite64,?fsync,?fdatasync,?ftruncate,?fchmod,?fchown,?fsetxattr,?flock,?close,?fork,?vfork,"
    "?clone,?clone3,?wait4"
)
SAMPLE = 10
"""Points tried for each operation, and for git, outside the campaign."""

Point = tuple[str, int]
"""A system call, and which one of that name in the process."""


def strace_works() -> bool:
    command = shutil.which("strace")
    return bool(command) and subprocess.run([str(command), "-o", "/dev/null", "true"], check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace"),
    pytest.mark.timeout(3600 if CAMPAIGN else 120),
]


def run_traced(options: Sequence[str], folder: Path, operation: str) -> int:
    command = ["strace", "-qq", *options, sys.executable, "-m", "tests.integration.apply_once", str(folder), operation]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=60).returncode


def traced_points(log: Path) -> list[Point]:
    """The calls between the two marks, counted from the start of the process."""
    counts, points, inside = Counter[str](), list[Point](), False
    for line in log.read_text("utf-8", "replace").splitlines():
        found = re.match(r"(\w+)\(", line)
        if not found:
            continue
        counts[found[1]] += 1
        inside = (inside or BEGIN in line) and END not in line
        if inside:
            points.append((found[1], counts[found[1]]))
    return points


def sample(points: list[Point]) -> list[Point]:
    if CAMPAIGN or len(points) <= SAMPLE:
        return points
    return [points[round(index * (len(points) - 1) / (SAMPLE - 1))] for index in range(SAMPLE)]


def check_whole(folder: Path, operation: str) -> str:
    """Recover as a new process does, and hold the disk against both sides; gives the side."""
    desk = Desk(folder)
    desk.applier.recover()
    after = {path: data for path, data in {**BEFORE, **OPERATIONS[operation]}.items() if data is not None}
    contents = desk.contents()
    assert contents in (BEFORE, after)
    applied = contents == after
    folders = {str(parent) for path in contents for parent in Path(path).parents if parent != Path()}
    assert desk.names() == {*contents, *folders}, "something is left over"
    rows = timeline.rows(desk.history.steps())
    assert [row.state for row in rows[:-2]] in ([["applied"]] if applied else [[], ["not applied"]])
    check_usable(desk)
    return "after" if applied else "before"


def check_usable(desk: Desk) -> None:
    """The next edit and its rollback work, and git finds the store sound."""
    contents = desk.contents()
    step = desk.edit("changed", b"the next edit")
    assert desk.contents()["changed"] == b"the next edit"
    desk.go_back(step)
    assert desk.contents() == contents
    git = ["git", f"--git-dir={desk.store}", "fsck", "--strict", "--no-dangling", "--no-progress"]
    assert subprocess.run(git, check=True, capture_output=True, timeout=60).stdout == b""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_invariant_8_files_are_whole_when_the_process_is_killed(tmp_path: Path, operation: str) -> None:
    log = tmp_path / "log"
    traced = tmp_path / "traced"
    traced.mkdir()
    prepare(traced)
    assert run_traced(["-e", f"trace={CALLS}", "-o", str(log)], traced, operation) == 0
    points = traced_points(log)
    assert len(points) > 40
    sides = Counter[str]()
    for number, (call, count) in enumerate(sample(points)):
        folder = tmp_path / str(number)
        folder.mkdir()
        prepare(folder)
        inject = f"inject={call}:signal=SIGKILL:when={count}"
        status = run_traced(["-e", f"trace={call}", "-e", inject, "-o", "/dev/null"], folder, operation)
        side = check_whole(folder, operation)
        # How often a process waits or looks for a module is not the same in every run.
        assert (status, side) == (0, "after") or status == -9, f"{call} {count} ended with {status}"
        sides[side if status else "not killed"] += 1
        shutil.rmtree(folder)
    assert {"before", "after"} <= set(sides)
    assert sides["not killed"] * 5 <= sides.total()


def wrapped_git(folder: Path, options: str) -> str:
    """A git whose `fast-import` runs under strace."""
    wrapper = folder / "git"
    real, strace = shutil.which("git"), shutil.which("strace")
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = fast-import ] && exec {strace} -qq {options} {real} "$@"\nexec {real} "$@"\n'
    )
    wrapper.chmod(0o755)
    return str(wrapper)


def test_invariant_8_files_are_whole_when_git_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    desk = prepare(tmp_path)
    desk.applier.history = History(PrivateStore(desk.store, GitRunner(wrapped_git(tmp_path, f"-o {log}"), 60)))
    apply(desk, "several")
    calls = re.findall(r"^(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE)
    points = [(call, calls[: index + 1].count(call)) for index, call in enumerate(calls)]
    for number, (call, count) in enumerate(sample(points[1:-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = prepare(folder)
        options = f"-o /dev/null -e inject={call}:signal=SIGKILL:when={count}"
        runner = GitRunner(wrapped_git(folder, options), STORE_DEADLINE)
        desk.applier.history = History(PrivateStore(desk.store, runner))
        with pytest.raises(GitError):
            apply(desk, "several")
        assert check_whole(folder, "several") == "before"
        shutil.rmtree(folder)
