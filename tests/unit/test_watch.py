"""Owns the law of the watch: what other programs change is told once, in batches, without `.git` and our own noise."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from copydesk.domain.proposals import FileImage
from copydesk.workspace import watch as module
from copydesk.workspace.exchange import exchange, temporary_name
from copydesk.workspace.paths import Root
from copydesk.workspace.watch import watch


class Heard:
    """The batches that a watch has delivered, waited for one at a time."""

    def __init__(self) -> None:
        self.batches: SimpleQueue[frozenset[str]] = SimpleQueue()

    def next(self, seconds: float = 5.0) -> set[str]:
        try:
            return set(self.batches.get(timeout=seconds))
        except Empty:
            return set()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "root/.git/objects").mkdir(parents=True)
    (tmp_path / "root/folder").mkdir()
    (tmp_path / "root/file").write_text("one")
    return tmp_path / "root"


@pytest.fixture
def root(base: Path) -> Iterator[Root]:
    with Root.open(base) as root:
        yield root


@pytest.fixture
def heard(root: Root) -> Iterator[Heard]:
    heard = Heard()
    watching = watch(root, heard.batches.put)
    assert watching.reason == ""
    yield heard
    watching.stop()
    watching.stop()


def test_paths_are_told_together_when_they_change_at_once(heard: Heard, base: Path) -> None:
    (base / "file").write_text("two")
    (base / "folder/new").touch()
    assert heard.next() == {"file", "folder/new"}


def test_both_names_are_told_when_a_file_is_moved(heard: Heard, base: Path) -> None:
    (base / "file").rename(base / "folder/moved")
    assert heard.next() == {"file", "folder/moved"}


def test_path_is_told_when_a_file_is_deleted(heard: Heard, base: Path) -> None:
    (base / "file").unlink()
    assert heard.next() == {"file"}


def test_path_is_told_when_its_directory_is_new(heard: Heard, base: Path) -> None:
    (base / "fresh/deep").mkdir(parents=True)
    (base / "fresh/deep/file").write_text("x")
    assert "fresh/deep/file" in heard.next()


def test_odd_name_is_told_when_it_is_not_unicode(heard: Heard, base: Path) -> None:
    (base / "odd-\udcff").touch()
    assert heard.next() == {"odd-\udcff"}


def test_nothing_is_told_when_files_are_only_read_or_git_changes(heard: Heard, base: Path) -> None:
    (base / ".git/index").write_text("x")
    (base / ".git/objects/aa").write_text("x")
    (base / "file").read_text()
    list(base.iterdir())
    (base / "last").touch()
    assert heard.next() == {"last"}


def test_only_the_file_is_told_when_copydesk_itself_writes_it(heard: Heard, root: Root) -> None:
    exchange(root, "file", FileImage(b"one"), FileImage(b"two"), temporary_name("0" * 16))
    assert heard.next() == {"file"}


def test_batch_is_told_within_a_second_when_changes_do_not_pause(heard: Heard, base: Path) -> None:
    began = time.monotonic()
    for _ in range(25):
        (base / "file").write_text("again")
        time.sleep(0.06)
    assert heard.next(0.0) == {"file"}
    assert time.monotonic() - began < 5


def test_nothing_is_told_when_the_watch_was_stopped(root: Root, base: Path) -> None:
    heard = Heard()
    watching = watch(root, heard.batches.put)
    watching.stop()
    (base / "file").write_text("two")
    assert heard.next(0.4) == set()


def test_watch_can_be_stopped_when_it_calls_back(root: Root, base: Path) -> None:
    heard = Heard()

    def stop(paths: frozenset[str]) -> None:
        watching.stop()
        heard.batches.put(paths)

    watching = watch(root, stop)
    (base / "file").write_text("two")
    assert heard.next() == {"file"}


def test_reason_is_given_when_the_root_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with Root.open(tmp_path / "gone") as root:
        (tmp_path / "gone").rmdir()
        watching = watch(root, print)
    assert watching.reason == "Changes by other programs are not watched: No such file or directory."
    watching.stop()


LIMITED = """
import os, resource, sys
sys.path.insert(0, sys.argv[2])
from copydesk.workspace.paths import Root
from copydesk.workspace.watch import watch
root = Root.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (root.descriptor + 1, root.descriptor + 1))
watching = watch(root, print)
watching.stop()
sys.exit(0 if watching.reason.startswith("Changes by other programs are not watched: ") else "no reason")
"""


def test_reason_is_given_when_the_system_has_no_watch_to_give(base: Path) -> None:
    source = str(Path(module.__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIMITED, str(base), source], capture_output=True, text=True, timeout=20
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_descriptors_are_given_back_when_watches_end(root: Root) -> None:
    watch(root, print).stop()
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        watch(root, print).stop()
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
