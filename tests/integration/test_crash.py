"""Owns the proof that a kill at any moment leaves all files of a step wholly before or wholly after.

The system calls of one operation are listed by tracing it once; then, in a fresh workspace each, the process is
killed on entry to each of them. Nothing changes between two calls, so this is also the kill after each. Processes
that edit, go back and redo without end are killed at random moments besides.
COPYDESK_CAMPAIGN=N tries all calls of every edit, and N random moments; without it an even sample and a few are tried.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from copydesk.changes import timeline
from copydesk.changes.history import History
from copydesk.domain.errors import GitError
from copydesk.workspace.git import STORE_DEADLINE, GitRunner
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk
from tests.integration.apply_once import BEGIN, END, OPERATIONS, RETURNS, apply, prepare, sides, version

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
ROOT = Path(__file__).parents[2]
CALLS = (
    "%file,?write,?pwrite64,?fsync,?fdatasync,?ftruncate,?fchmod,?fchown,?fsetxattr,?flock,?close,?fork,?vfork,"
    "?clone,?clone3,?wait4"
)
SAMPLE = 5
"""Points tried for each operation, and for git, outside the campaign."""
KILLS = CAMPAIGN or 5
LONGEST_WAIT = 0.02
"""Seconds after a step was made: the next one takes about as long."""
LITTER = ("*.lock", "refs/**/*.lock", "fast_import_crash_*", "objects/*/tmp_*", "copydesk.step", "copydesk.sweep*")
"""What nothing may leave in the store for good; but for the lock, which is not removed."""

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


def sample(points: list[Point], size: int = SAMPLE) -> list[Point]:
    """So many of them, evenly from the first to the last; all of them in a campaign."""
    if CAMPAIGN or len(points) <= size:
        return points
    return [points[round(index * (len(points) - 1) / (size - 1))] for index in range(size)]


def recovered_desk(folder: Path) -> Desk:
    """Recover as a new process does, which begins when the killed one's git has ended too."""
    until = time.monotonic() + 5
    while orphans(folder) and time.monotonic() < until:
        time.sleep(0.01)
    desk = Desk(folder)
    desk.applier.recover()
    folders = {str(parent) for path in desk.contents() for parent in Path(path).parents if parent != Path()}
    assert desk.names() == {*desk.contents(), *folders}, "something is left over in the workspace"
    assert {path.name for pattern in LITTER for path in desk.store.glob(pattern)} == {"copydesk.lock"}
    return desk


def orphans(folder: Path) -> list[Path]:
    """The processes that work on the store of a folder, by how they were called, where git looks for it, what is open.

    While a process becomes another program only the last of these is there to be seen.
    """
    return [process for process in Path("/proc").glob("[0-9]*") if os.fsencode(folder) in b"".join(words(process))]


def words(process: Path) -> Iterator[bytes]:
    with suppress(OSError):
        if called := (process / "cmdline").read_bytes():
            yield called
            yield (process / "environ").read_bytes()
        else:
            yield from (os.fsencode(descriptor.readlink()) for descriptor in (process / "fd").iterdir())


def check_whole(folder: Path, operation: str) -> str:
    """Recover, and hold the disk against both sides; gives the side."""
    desk = recovered_desk(folder)
    before, after = sides(operation)
    contents = desk.contents()
    assert contents in (before, after)
    rows = timeline.rows(desk.history.steps())
    earlier = 2 + ("rollback", "redo").index(operation) + 1 if operation in RETURNS else 2
    assert [row.state for row in rows[:-earlier]] in ([["applied"]] if contents == after else [[], ["not applied"]])
    check_usable(desk)
    return "after" if contents == after else "before"


def check_usable(desk: Desk) -> None:
    """The next edit and its rollback work, and git finds the store sound."""
    contents = desk.contents()
    step = desk.edit("changed", b"the next edit")
    assert desk.contents()["changed"] == b"the next edit"
    desk.go_back(step)
    assert desk.contents() == contents
    check_sound(desk.store)


def check_sound(store: Path) -> None:
    git = ["git", f"--git-dir={store}", "fsck", "--strict", "--no-dangling", "--no-progress"]
    assert subprocess.run(git, check=True, capture_output=True, timeout=60).stdout == b""


@pytest.mark.parametrize("operation", [*(OPERATIONS if CAMPAIGN else ("several",)), *RETURNS])
def test_invariant_8_files_are_whole_when_the_process_is_killed(tmp_path: Path, operation: str) -> None:
    log = tmp_path / "log"
    traced = tmp_path / "traced"
    traced.mkdir()
    prepare(traced, operation)
    assert run_traced(["-e", f"trace={CALLS}", "-o", str(log)], traced, operation) == 0
    points = traced_points(log)
    assert len(points) > 40
    sides = Counter[str]()
    for number, (call, count) in enumerate(sample(points)):
        folder = tmp_path / str(number)
        folder.mkdir()
        prepare(folder, operation)
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


def killed_after(folder: Path, steps: int, seconds: float) -> None:
    """Let a process make so many steps, and kill it so much later."""
    command = [sys.executable, "-m", "tests.integration.apply_once", str(folder), "cycle"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        for _ in range(steps):
            assert process.stdout.readline()
        time.sleep(seconds)
        process.kill()
    assert process.returncode == -9


def test_invariant_8_all_files_are_of_one_version_when_processes_are_killed_at_random(tmp_path: Path) -> None:
    random, interrupted, folder = Random(KILLS), 0, tmp_path
    for number in range(KILLS):
        if number % 50 == 0:
            folder = tmp_path / str(number)
            folder.mkdir()
        killed_after(folder, random.randint(1, 3), random.uniform(0, LONGEST_WAIT))
        interrupted += Desk(folder).history.may_be_interrupted()
        desk = recovered_desk(folder)
        contents = desk.contents()
        assert contents == version(int(contents.get("a", b"0").split()[0]))
        numbers = [step.number for step in History(PrivateStore(desk.store)).steps()]
        assert numbers == list(range(1, len(numbers) + 1))
        if number % 25 == 11:
            check_sound(desk.store)
    assert interrupted
