"""Owns the proof of what the administrator is exempt from: a refusal of the file system loses nothing and is told.

Each case runs in a process that gave up its rights, in a folder of its own outside of pytest's, which only root enters.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copydesk.domain.errors import CopydeskError, HistoryError, WorkspaceError
from tests.desk import Desk
from tests.programs import WARM

NOBODY = 65_534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can give up rights")
Case = Callable[[Path], None]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the user without rights; it and what is above can be entered by all."""
    made = Path(tempfile.mkdtemp(prefix="copydesk-nobody-"))
    (made / "workspace").mkdir()
    made.chmod(0o755)
    for place in (made, made / "workspace"):
        os.chown(place, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


def refused(expected: type[CopydeskError], words: str | None, change: Callable[[], object]) -> None:
    with pytest.raises(expected, match=words):
        change()


def read_only_folder(folder: Path) -> None:
    desk = Desk(folder)
    desk.write("locked/file", b"old")
    desk.write("open", b"old")
    (desk.base / "locked").chmod(0o555)
    both = [desk.change("open", b"new"), desk.change("locked/file", b"new")]
    refused(WorkspaceError, "locked/file could not be written: Permission denied", lambda: desk.apply(both))
    refused(WorkspaceError, "Permission denied", lambda: desk.edit("locked/made", b"new"))
    assert desk.contents() == {"locked/file": b"old", "open": b"old"}
    assert desk.names() == {"locked", "locked/file", "open"}
    (desk.base / "locked").chmod(0o755)
    desk.apply(both)
    assert desk.contents() == {"locked/file": b"new", "open": b"new"}


def folder_that_is_locked_before_going_back(folder: Path) -> None:
    desk = Desk(folder)
    desk.write("locked/file", b"old")
    desk.write("open", b"old")
    step = desk.apply([desk.change("open", b"new"), desk.change("locked/file", None), desk.change("locked/b", b"b")])
    (desk.base / "locked").chmod(0o555)
    refused(CopydeskError, "Permission denied", lambda: desk.go_back(step))
    assert desk.contents() == {"locked/b": b"b", "open": b"new"}
    (desk.base / "locked").chmod(0o755)
    assert Desk(folder).applier.recover() is None
    desk.go_back(step)
    assert desk.contents() == {"locked/file": b"old", "open": b"old"}
    (desk.base / "locked").chmod(0o555)
    refused(CopydeskError, "Permission denied", desk.redo)
    assert desk.contents() == {"locked/file": b"old", "open": b"old"}
    (desk.base / "locked").chmod(0o755)
    desk.redo()
    assert desk.contents() == {"locked/b": b"b", "open": b"new"}


def file_that_nobody_may_write(folder: Path) -> None:
    desk = Desk(folder)
    desk.write("file", b"old")
    (desk.base / "file").chmod(0o444)
    step = desk.edit("file", b"new")
    assert (desk.contents(), mode(desk, "file")) == ({"file": b"new"}, 0o444)
    desk.go_back(step)
    assert (desk.contents(), mode(desk, "file")) == ({"file": b"old"}, 0o444)


def file_that_nobody_may_read(folder: Path) -> None:
    desk = Desk(folder)
    desk.write("file", b"old")
    desk.write("open", b"old")
    both = [desk.change("open", b"new"), desk.change("file", b"new")]
    (desk.base / "file").chmod(0)
    refused(WorkspaceError, "file cannot be used: Permission denied", lambda: desk.apply(both))
    (desk.base / "file").chmod(0o644)
    assert desk.contents() == {"file": b"old", "open": b"old"}


def file_that_becomes_unreadable_before_going_back(folder: Path) -> None:
    desk = Desk(folder)
    step = desk.edit("file", b"new")
    (desk.base / "file").chmod(0)
    refused(CopydeskError, None, lambda: desk.go_back(step))
    (desk.base / "file").chmod(0o644)
    assert desk.contents() == {"file": b"new"}


def file_in_a_sticky_folder(folder: Path) -> None:
    desk = Desk(folder)
    refused(WorkspaceError, "Operation not permitted", lambda: desk.edit("sticky/file", b"new"))
    assert desk.contents() == {"sticky/file": b"old"}
    assert desk.names() == {"sticky", "sticky/file"}


def file_of_somebody_else(folder: Path) -> None:
    desk = Desk(folder)
    step = desk.edit("foreign", None)
    assert step.files[0].before
    assert step.files[0].before.attributes
    assert step.files[0].before.attributes.owner == 0
    desk.go_back(step)
    assert desk.contents() == {"foreign": b"old"}
    assert (desk.base / "foreign").stat().st_uid == NOBODY
    desk.edit("foreign", b"new")
    assert desk.contents() == {"foreign": b"new"}


def repository_that_is_read_only(folder: Path) -> None:
    desk = Desk(folder)
    desk.write(".git/config", b"[core]\n")
    (desk.base / ".git/config").chmod(0o444)
    (desk.base / ".git").chmod(0o555)
    step = desk.edit("file", b"new")
    desk.go_back(step)
    desk.redo()
    (desk.base / ".git").chmod(0o755)
    assert desk.contents() == {".git/config": b"[core]\n", "file": b"new"}


def store_that_cannot_be_made(folder: Path) -> None:
    desk = Desk(folder)
    folder.chmod(0o555)
    refused(HistoryError, "The history cannot be kept in .*Permission denied", lambda: desk.edit("file", b"new"))
    folder.chmod(0o755)
    assert desk.names() == set()


def store_that_becomes_read_only(folder: Path) -> None:
    desk = Desk(folder)
    step = desk.edit("file", b"old")
    for place in ("refs/sessions", "objects/pack", "."):
        (desk.store / place).chmod(0o555)
        refused(CopydeskError, None, lambda: desk.edit("file", b"new"))
        refused(CopydeskError, None, lambda: desk.go_back(step))
        assert desk.contents() == {"file": b"old"}
        (desk.store / place).chmod(0o755)
        Desk(folder).applier.recover()
    desk.edit("file", b"new")
    assert desk.contents() == {"file": b"new"}


CASES: tuple[Case, ...] = (
    read_only_folder,
    folder_that_is_locked_before_going_back,
    file_that_nobody_may_write,
    file_that_nobody_may_read,
    file_that_becomes_unreadable_before_going_back,
    file_in_a_sticky_folder,
    file_of_somebody_else,
    repository_that_is_read_only,
    store_that_cannot_be_made,
    store_that_becomes_read_only,
)


def mode(desk: Desk, name: str) -> int:
    return (desk.base / name).stat().st_mode & 0o7777


def run_as_nobody(case: Case, folder: Path) -> None:
    """Load all that is loaded late, which only root may read, then give up every right and run a case."""
    with tempfile.TemporaryDirectory() as other:
        desk = Desk(Path(other))
        desk.go_back(desk.edit("file", b"x"))
        desk.redo()
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    try:
        case(folder)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_invariant_8_nothing_is_lost_when_the_system_refuses(folder: Path, case: Case) -> None:
    if case is file_in_a_sticky_folder:
        (folder / "workspace/sticky").mkdir()
        (folder / "workspace/sticky").chmod(0o1777)
        (folder / "workspace/sticky/file").write_bytes(b"old")
    if case is file_of_somebody_else:
        (folder / "workspace/foreign").write_bytes(b"old")
    process = WARM.Process(target=run_as_nobody, args=(case, folder))
    process.start()
    process.join(50)
    assert process.exitcode == 0
