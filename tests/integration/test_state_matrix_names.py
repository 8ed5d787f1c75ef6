"""Proves that going back hits the name that is on disk where the disk takes two spellings for one name.

Such a disk is not at hand everywhere, so the look-up of names is what is replaced: a name finds what has it but for
case. Everything else is the real thing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copydesk.domain.errors import RollbackConflict
from copydesk.workspace.paths import Place, Root, open_by_walk
from tests.desk import Desk


class FoldingRoot(Root):
    """A root on a disk that keeps the case of names and does not tell them apart by it."""

    def place(self, path: str) -> Place:
        place = super().place(path)
        return Place(place.parent, spelled(place.parent, place.name), place.path)


def spelled(directory: int, name: str) -> str:
    """The name as it is on disk; one that is not there as it was given."""
    alike = [found for found in os.listdir(directory) if found.casefold() == name.casefold()]
    return alike[0] if alike else name


def open_folding(descriptor: int, path: str, flags: int) -> int:
    current = os.dup(descriptor)
    *parents, last = path.split("/")
    for part in parents:
        inner = open_by_walk(current, spelled(current, part), os.O_RDONLY | os.O_DIRECTORY)
        os.close(current)
        current = inner
    try:
        return open_by_walk(current, spelled(current, last), flags)
    finally:
        os.close(current)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.files.root.close()
    desk.files.root = FoldingRoot.open(desk.base, open_folding)
    desk.write("Readme", b"read\n")
    desk.write("Deep/File", b"file\n")
    (desk.base / "Readme").chmod(0o640)
    return desk


def test_fake_disk_finds_a_name_whatever_its_case(desk: Desk) -> None:
    found = [desk.files.read(path) for path in ("README", "deep/file", "Deep/FILE", "other")]
    assert [image.data if image else None for image in found] == [b"read\n", b"file\n", b"file\n", None]


def test_file_on_disk_comes_back_when_it_was_edited_in_another_spelling(desk: Desk) -> None:
    before, names = dict(desk.contents()), desk.names()
    changes = [desk.change(path, b"edited\n") for path in ("README", "deep/file", "DEEP/new")]
    first = desk.apply(changes)
    assert desk.names() == names | {"Deep/new"}
    after = dict(desk.contents())

    desk.write("yours", b"yours\n")
    assert desk.go_back(first)
    assert desk.contents() == before | {"yours": b"yours\n"}
    assert desk.redo()
    assert desk.contents() == after | {"yours": b"yours\n"}
    desk.write("Readme", b"theirs\n")
    with pytest.raises(RollbackConflict):
        desk.go_back(first)
    assert desk.contents() == after | {"yours": b"yours\n", "Readme": b"theirs\n"}
    desk.write("Readme", b"edited\n")
    assert desk.go_back(first)
    assert desk.contents() == before | {"yours": b"yours\n"}
    assert (desk.base / "Readme").stat().st_mode & 0o777 == 0o640


def test_nothing_is_lost_when_one_file_was_edited_in_two_spellings(desk: Desk) -> None:
    first = desk.edit("README", b"once\n")
    second = desk.edit("readme", b"twice\n")
    with pytest.raises(RollbackConflict):
        desk.go_back(first)
    assert desk.contents() == {"Readme": b"twice\n", "Deep/File": b"file\n"}
    assert desk.go_back(second)
    assert desk.contents() == {"Readme": b"once\n", "Deep/File": b"file\n"}


def test_file_comes_back_whole_in_the_spelling_asked_by_when_it_was_deleted_in_another(desk: Desk) -> None:
    step = desk.edit("README", None)
    assert desk.go_back(step)
    assert desk.contents() == {"README": b"read\n", "Deep/File": b"file\n"}


def test_directory_comes_back_by_a_redo_when_the_steps_left_it_empty(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    step = desk.edit("made/file", b"made\n")
    desk.edit("made/file", None)
    desk.edit("other", b"other\n")
    after = desk.names()
    assert desk.go_back(step)
    assert desk.redo()
    assert desk.names() == after
