"""Owns the proof that a disk which really is full loses nothing: the workspace's, the store's, or both in one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from copydesk.domain.errors import CopydeskError
from tests.desk import Desk

SIZE = 1024
"""KiB of the whole disk."""
ROOM = (0, 4, 8, 12, 20, 36, 60, 100)
"""KiB that are left when an operation begins: it fails at another place each time, and at last it does not."""
random = Random(1)


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a small file system; the test is skipped where that is not allowed."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}k", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only the administrator may mount a small disk, and not everywhere")
    try:
        yield
    finally:
        # A workspace is held open until its desk is gone.
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def filled(place: Path, room: int) -> Iterator[None]:
    """Take the room that a disk has left, but for so many KiB."""
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize - room * 1024
    filler = place / "filler"
    filler.write_bytes(bytes(max(free, 0)))
    yield
    filler.unlink()


def content() -> bytes:
    """Something new that takes as much room in the store as on disk."""
    return random.randbytes(15_000)


@pytest.mark.parametrize("where", ["workspace", "store.git", "."])
def test_invariant_8_files_are_whole_when_the_disk_is_full(tmp_path: Path, where: str) -> None:
    disk = tmp_path / where
    with small_disk(disk):
        desk, refusals, done = Desk(tmp_path), 0, 0
        desk.write("a", content())
        desk.write("b", content())
        step = desk.apply([desk.change("a", content()), desk.change("made/c", content())])
        for room in ROOM:
            for operation in ("edit", "go back"):
                before = contents(desk)
                wanted = [desk.change("a", content()), desk.change("b", content()), desk.change("d/e", content())]
                try:
                    with filled(disk, room):
                        moved = desk.go_back(step) if operation == "go back" else desk.apply(wanted)
                except CopydeskError:
                    refusals += 1
                    assert contents(desk) == before
                    (disk / "filler").unlink()
                else:
                    done += 1
                    assert contents(desk) != before
                    assert moved
                    desk.go_back(moved)
                    assert contents(desk) == before
                Desk(tmp_path).applier.recover()
                assert not [name for name in desk.names() if ".copydesk-" in name]
        assert refusals > 3
        assert done > 1
        desk.go_back(step)
        assert set(contents(desk)) == {"a", "b"}


def contents(desk: Desk) -> dict[str, bytes]:
    return {name: data for name, data in desk.contents().items() if name != "filler"}
