"""Owns the proof that what is told of a change is true when the disk fails, and that nothing is lost by that.

Each system call of an operation that reads or changes a file is made to fail in a process of its own, once or from
there on, on the workspace and on the store alike. Applied is told if and only if the files are written; the next
process clears up and goes on. COPYDESK_CAMPAIGN=1 tries all calls with all errors; without it a sample is tried.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from copydesk.changes.history import History
from copydesk.domain.errors import CopydeskError
from copydesk.workspace.exchange import is_temporary
from copydesk.workspace.git import STORE_DEADLINE, GitRunner
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk
from tests.fakes import FaultyFiles
from tests.integration.apply_once import BEGIN, END, apply, prepare, sides
from tests.integration.test_crash import (
    CAMPAIGN,
    Point,
    check_whole,
    run_traced,
    strace_works,
    traced_points,
    wrapped_git,
)

ERRORS = ("EIO", "ENOSPC", "EACCES", "EROFS")
CHANGING = (
    "write,?fsync,?fchmod,?fchown,?fsetxattr,?symlink,?rename,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat,?flock"
)
READING = "?openat,?openat2,?newfstatat,?readlink,?readlinkat,?read"
SAMPLE = 3
"""Faults tried for each operation outside the campaign; the process that has one takes about half a second."""

needs_strace = pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace")
pytestmark = pytest.mark.timeout(7200 if CAMPAIGN else 180)


def faults(points: list[Point]) -> Iterator[tuple[Point, str, str]]:
    """Each call with an error, and whether it goes on failing."""
    if CAMPAIGN:
        yield from ((point, error, goes_on) for point in points for error in ERRORS for goes_on in ("", "+"))
    else:
        chance = Random(len(points))
        yield from zip(chance.sample(points, SAMPLE), chance.sample(ERRORS, SAMPLE), ("", "", "+"), strict=True)


def told(log: Path) -> str | None:
    """What the operation told; None where it did not come to its end."""
    found = re.search(rf'access\("{END}(.*)", F_OK\)', log.read_text("utf-8", "replace"))
    return found[1] if found else None


def check_outcome(folder: Path, operation: str, sentence: str) -> str:
    """Hold what was told against the disk as it was left; gives the side that the next process has to come to."""
    before, after = sides(operation)
    contents = Desk(folder).contents()
    found = {path: data for path, data in contents.items() if not is_temporary(Path(path).name)}
    if not sentence:
        assert found == after
        return "after"
    partly = re.search(r"former content of (.*), written before it", sentence)
    standing = set(partly[1].split(", ")) if partly else set()
    paths = before.keys() | after.keys()
    assert {path for path in paths if found.get(path) != before.get(path)} == standing, sentence
    assert all(found.get(path) == after.get(path) for path in standing)
    return "before"


@needs_strace
@pytest.mark.parametrize("calls", [CHANGING, READING], ids=["changing", "reading"])
@pytest.mark.parametrize("operation", ["several", "rollback", "redo"])
def test_invariant_8_what_is_told_is_true_when_a_call_fails(tmp_path: Path, operation: str, calls: str) -> None:
    log = tmp_path / "log"
    traced = tmp_path / "traced"
    traced.mkdir()
    prepare(traced, operation)
    assert run_traced(["-e", f"trace={calls},access", "-o", str(log)], traced, operation) == 0
    assert told(log) == ""
    points = [(call, count) for call, count in traced_points(log) if call != "access"]
    sentences = set()
    for number, ((call, count), error, goes_on) in enumerate(faults(points)):
        folder = tmp_path / str(number)
        folder.mkdir()
        prepare(folder, operation)
        inject = f"{call}:error={error}:when={count}{goes_on}"
        sentence = told_with(inject, folder, operation)
        if f'access("{BEGIN}"' not in (folder / "log").read_text("utf-8", "replace"):
            # How often a process waits or looks for a module is not the same in every run.
            continue
        assert sentence is not None, f"{inject} was no refusal"
        side = check_outcome(folder, operation, sentence)
        assert check_whole(folder, operation) == side, inject
        sentences.add(sentence)
        shutil.rmtree(folder)
    assert len(sentences) > 1


def told_with(fault: str, folder: Path, operation: str) -> str | None:
    """Carry out an operation while some calls fail; gives what it told."""
    log = folder / "log"
    calls = fault.partition(":")[0]
    options = ["-s", "9999", "-e", f"trace={calls},access", "-e", f"inject={fault}", "-o", str(log)]
    run_traced(options, folder, operation)
    return told(log)


@needs_strace
@pytest.mark.parametrize("calls", ["unlinkat", "unlink,unlinkat"], ids=["remembered", "not even remembered"])
def test_temporary_file_is_removed_later_when_it_could_not_be_at_once(tmp_path: Path, calls: str) -> None:
    prepare(tmp_path)
    assert told_with(f"{calls}:error=EIO", tmp_path, "several") == ""
    desk = Desk(tmp_path)
    left = {name for name in desk.names() if is_temporary(Path(name).name)}
    assert len(left) == 3
    assert check_outcome(tmp_path, "several", "") == "after"
    desk.edit("changed", b"the next edit")
    assert not left & desk.names()
    assert desk.applier.recover() is None


@needs_strace
def test_change_is_told_as_applied_when_only_the_note_of_its_end_fails(tmp_path: Path) -> None:
    prepare(tmp_path)
    # The first renames move the ref; exchanges are another call.
    assert told_with("rename:error=EIO:when=2+", tmp_path, "several") == ""
    assert check_outcome(tmp_path, "several", "") == "after"
    found = Desk(tmp_path).applier.recover()
    assert found is not None
    assert found.is_applied


@needs_strace
def test_temporary_file_is_kept_when_somebody_wrote_to_it_before_it_could_be_removed(tmp_path: Path) -> None:
    prepare(tmp_path)
    told_with("unlinkat:error=EIO", tmp_path, "modify")
    desk = Desk(tmp_path)
    (left,) = [name for name in desk.names() if is_temporary(Path(name).name)]
    desk.write(left, b"precious")
    found = desk.applier.recover()
    assert found is not None
    assert found.sentences == (f"Bytes that somebody else wrote meanwhile are kept in {left}.rescued.",)
    assert desk.contents()[f"{left}.rescued"] == b"precious"
    assert desk.applier.recover() is None


@needs_strace
def test_invariant_8_nothing_is_written_when_git_cannot_keep_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    desk = prepare(tmp_path)
    traced = wrapped_git(tmp_path, f"-e trace=write,pwrite64,openat,fsync,rename,link,mkdir -o {log}")
    desk.applier.history = History(PrivateStore(desk.store, GitRunner(traced, 60)))
    apply(desk, "several")
    calls = re.findall(r"^(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE)
    points = [(call, calls[: index + 1].count(call)) for index, call in enumerate(calls)]
    for number, ((call, count), error, goes_on) in enumerate(faults(points)):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = prepare(folder)
        options = f"-o /dev/null -e inject={call}:error={error}:when={count}{goes_on}"
        runner = GitRunner(wrapped_git(folder, options), STORE_DEADLINE)
        desk.applier.history = History(PrivateStore(desk.store, runner))
        side = check_outcome(folder, "several", refusal(desk, "several"))
        assert check_whole(folder, "several") == side
        shutil.rmtree(folder)


def refusal(desk: Desk, operation: str) -> str:
    try:
        apply(desk, operation)
    except (CopydeskError, OSError) as error:
        return str(error) or "refused"
    return ""


@pytest.mark.parametrize("operation", ["several", "rollback", "redo"])
def test_invariant_8_what_is_told_is_true_when_a_look_fails(tmp_path: Path, operation: str) -> None:
    looks = 1
    while True:
        folder = tmp_path / str(looks)
        folder.mkdir()
        desk = prepare(folder, operation)
        files = FaultyFiles(desk.files.root, errno.EIO, looks)
        desk.files = desk.applier.files = files
        side = check_outcome(folder, operation, refusal(desk, operation))
        assert check_whole(folder, operation) == side
        if files.looks < looks:
            break
        looks += 1 if CAMPAIGN else 7
    assert looks > 9
