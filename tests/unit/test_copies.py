"""Owns the law of plain copies: the files that were named, with what waits laid over them, and nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import pytest

from copydesk.domain.errors import WorkspaceError
from copydesk.domain.proposals import FileImage
from copydesk.workspace.copies import link_into, plain_copy


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_bytes(b"one\r\n")
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("src/a.py")
    (root / ".git").mkdir()
    return root


def copy(
    root: Path, laid: Mapping[str, FileImage | None] = {}, *, stop: Event | None = None
) -> AbstractContextManager[Path]:
    paths = ["link", "run.sh", "src/a.py", "src", "gone"]
    return plain_copy(root, paths, laid, root.with_name("copies"), stop or Event())


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_copy_holds_bytes_modes_times_and_links(root: Path) -> None:
    os.utime(root / "run.sh", ns=(1_000, 2_000))
    with copy(root) as there:
        assert tree(there) == {"link": b"one\r\n", "run.sh": b"#!/bin/sh\n", "src/a.py": b"one\r\n"}
        assert (there / "link").readlink() == Path("src/a.py")
        assert ((there / "run.sh").stat().st_mode & 0o777, (there / "run.sh").stat().st_mtime_ns) == (0o755, 2_000)
        (there / "src" / "a.py").write_text("mine\n")

    assert (root / "src" / "a.py").read_bytes() == b"one\r\n"
    assert list(root.with_name("copies").iterdir()) == []


def test_images_are_laid_over_the_files(root: Path) -> None:
    laid = {"src/a.py": None, "run.sh": FileImage(b"#!/bin/bash\n", 0o755), "new/deep.py": FileImage(b"made\n")}
    with copy(root, laid) as there:
        assert tree(there) == {"run.sh": b"#!/bin/bash\n", "new/deep.py": b"made\n"}
        assert os.access(there / "run.sh", os.X_OK)
        assert not (there / "link").exists()


def test_image_never_leaves_the_copy_through_a_link(root: Path) -> None:
    outside = root.with_name("outside")
    outside.mkdir()
    (root / "away").symlink_to(outside)
    with (
        pytest.raises(WorkspaceError),
        plain_copy(root, ["away"], {"away/deep/x": FileImage(b"!")}, root.with_name("copies"), Event()),
    ):
        pass

    assert list(outside.iterdir()) == []


def test_read_only_file_can_be_changed_in_the_copy(root: Path) -> None:
    (root / "run.sh").chmod(0o555)
    with copy(root) as there:
        (there / "run.sh").write_text("changed\n")

    assert (root / "run.sh").read_bytes() == b"#!/bin/sh\n"


def test_interrupted_copy_leaves_nothing(root: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(WorkspaceError), copy(root, stop=stop):
        pass

    assert list(root.with_name("copies").iterdir()) == []


def test_copy_of_a_killed_process_is_removed_with_the_next(root: Path) -> None:
    left = root.with_name("copies") / "999999999-left"
    left.mkdir(parents=True)
    mine = root.with_name("copies") / f"{os.getpid()}-other"
    mine.mkdir()
    with copy(root):
        pass

    assert list(root.with_name("copies").iterdir()) == [mine]


def test_what_a_check_needs_is_linked_where_the_copy_has_none(root: Path) -> None:
    (root / ".venv").mkdir()
    with copy(root) as there:
        link_into(there, root, [".venv", "src", "absent"])

        assert (there / ".venv").readlink() == root / ".venv"
        assert not (there / "src").is_symlink()
        assert not (there / "absent").is_symlink()
