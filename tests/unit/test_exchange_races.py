"""Owns the law of the one write while another program writes too, as fast as it can."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from copydesk.domain.errors import WorkspaceError
from copydesk.domain.proposals import FileImage
from copydesk.workspace import exchange as module
from copydesk.workspace.exchange import exchange, temporary_name
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.paths import Opener, Root, open_by_openat2, open_by_walk

TEMPORARY = temporary_name("0123456789abcdef")
OLD, NEW = FileImage(b"old"), FileImage(b"new")

SWAPPER = """
    import os, sys, time
    sys.path.insert(0, sys.argv[1])
    from copydesk.workspace.syscalls import exchange_names
    base = os.open(".", os.O_RDONLY)
    print("ready", flush=True)
    while True:
        exchange_names(base, "folder", "door")
        time.sleep(0.00005)
"""
"""Swaps a folder and a link that leads outside, some thousand times a second."""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "root"
    base.mkdir()
    (base / "file").write_bytes(OLD.data)
    return base


@pytest.mark.parametrize("opener", [open_by_openat2, open_by_walk])
def test_invariant_4_nothing_is_written_outside_when_a_folder_and_a_link_are_swapped(
    base: Path, opener: Opener
) -> None:
    for folder in (base.parent / "outside/inner", base / "folder/inner"):
        folder.mkdir(parents=True)
        (folder / "kept").write_bytes(OLD.data)
    (base / "door").symlink_to("../outside")
    before = (base.parent / "outside/inner/kept").stat()
    with running(SWAPPER, base), Root.open(base, opener) as root:
        create_and_replace(root, "folder/inner")
    assert [path.name for path in (base.parent / "outside/inner").iterdir()] == ["kept"]
    assert (base.parent / "outside/inner/kept").stat().st_ino == before.st_ino


def create_and_replace(root: Root, folder: str) -> None:
    """Go on until both have been done and refused often enough, however the system shares out its time."""
    done = [0, 0, 0]
    for number in itertools.count():
        created = is_written(root, f"{folder}/{number}", None, NEW)
        replaced = is_written(root, f"{folder}/kept", OLD, OLD)
        done = [done[0] + created, done[1] + replaced, done[2] + (not created)]
        if min(done) >= 20:
            break


def is_written(root: Root, path: str, expected: FileImage | None, new: FileImage | None) -> bool:
    try:
        exchange(root, path, expected, new, TEMPORARY)
    except WorkspaceError:
        return False
    return True


OUTSIDER = """
    import contextlib, itertools, os, sys, time
    print("ready", flush=True)
    for number in itertools.count():
        mine = b"version %d;" % number
        with open("outsider", "wb") as file:
            file.write(mine)
        os.replace("outsider", "file")
        for _ in range(200):
            with contextlib.suppress(FileNotFoundError), open("file", "rb") as file:
                if file.read().startswith(mine):
                    break
            time.sleep(0.001)
        else:
            sys.exit(f"version {number} was lost")
        time.sleep(0.001 * 2 ** (number % 8))
"""
"""Saves one version after another, and each time looks for it, with or without what others add to it.

Its pauses are short and long, so that an exchange meets it in between and another does not, on a slow disk too.
"""


@pytest.mark.parametrize("deletes_first", [False, True])
def test_invariant_8_no_version_of_somebody_else_is_lost_when_both_write(base: Path, deletes_first: bool) -> None:
    written = refused = 0
    with running(OUTSIDER, base) as outsider, Root.open(base) as root:
        while min(written, refused) < 10:
            assert outsider.poll() is None, outsider.stderr and outsider.stderr.read()
            current: FileImage | None = DiskFiles(root).read("file")
            assert current is not None
            more = FileImage(current.data[:100] + b".")
            if deletes_first and is_written(root, "file", current, None):
                current = None
            if is_written(root, "file", current, more):
                written += 1
            else:
                refused += 1


@contextmanager
def running(script: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python script beside the block, in the given folder; it ends with the block."""
    source = Path(module.__file__).parents[2]
    command = [sys.executable, "-c", textwrap.dedent(script), str(source)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.kill()
