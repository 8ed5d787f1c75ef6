"""Proves that what Mercurial and Subversion really write is applied to the byte, or refused with a sentence.

`fixtures/patches/make.sh` has both tools write these patches anew; here nothing but their output is needed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.changes.arrivals import Arrival
from copydesk.domain.errors import UsageError
from copydesk.launch.review import finder
from tests.tui.test_review_source import place_of

PATCHES = Path(__file__).parents[2] / "fixtures" / "patches"
LINES = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
SPACED, ACCENTED, MOVED, NEW = "with space.txt", "naïve ü.txt", "new name.txt", "neu é.txt"
BEFORE = {
    **dict.fromkeys(("a.txt", SPACED, ACCENTED, "gone.txt", "old.txt"), LINES),
    "noend.txt": b"no end",
    "crlf.txt": b"one\r\ntwo\r\n",
    "b.bin": b"\0\1\2binary",
    "run.sh": b"echo hi\n",
}
AFTER = {
    "a.txt": LINES.replace(b"two", b"TWO").replace(b"six", b"SIX"),
    **dict.fromkeys((SPACED, ACCENTED), LINES.replace(b"three", b"THREE")),
    MOVED: LINES.replace(b"four", b"FOUR"),
    "noend.txt": b"still no end",
    "crlf.txt": b"one\r\nTWO\r\n",
    "b.bin": BEFORE["b.bin"],
    "run.sh": BEFORE["run.sh"],
    NEW: b"new\n",
}
BINARY = {**AFTER, "b.bin": b"\0\1\3binary", "empty.txt": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    for name, data in BEFORE.items():
        (folder / name).write_bytes(data)
    return folder


def arrival_of(name: str, folder: Path) -> Arrival:
    arrival = finder(str(PATCHES / name), place_of(folder))().arrival
    assert arrival is not None
    return arrival


def made_by(arrival: Arrival) -> dict[str, bytes]:
    files = dict(BEFORE)
    for file in arrival.changeset.files:
        files.pop(file.change.path, None)
        if file.change.after is not None:
            files[file.change.path] = file.change.after.data
    return files


@pytest.mark.parametrize(
    ("name", "after", "runs"),
    [
        ("hg.patch", AFTER, []),
        ("hg-export.patch", AFTER, []),
        ("hg-git.patch", BINARY, ["run.sh"]),
        ("hg-export-git.patch", BINARY, ["run.sh"]),
        ("svn.patch", AFTER, []),
        ("svn-git.patch", AFTER, ["a.txt"]),
    ],
)
def test_patch_of_another_tool_makes_what_that_tool_made(
    name: str, after: dict[str, bytes], runs: list[str], folder: Path
) -> None:
    arrival = arrival_of(name, folder)

    assert arrival.changeset.conflicts == ()
    assert made_by(arrival) == after
    runnable = [f.change.path for f in arrival.changeset.files if f.change.after and (f.change.after.mode or 0) & 0o100]
    assert runnable == runs


def test_copy_without_its_origin_is_a_conflict_of_that_file_alone(folder: Path) -> None:
    (conflict,) = arrival_of("svn-copies.patch", folder).changeset.conflicts

    assert (conflict.path, "which is not there" in conflict.reason) == (MOVED, True)


@pytest.mark.parametrize("name", ["hg-binary.patch", "svn-binary.patch"])
def test_binary_file_without_its_bytes_is_refused_with_what_is_missing(name: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="the bytes of a binary file are missing"):
        arrival_of(name, folder)


@pytest.mark.parametrize("above", ["hg.patch", ""])
def test_rest_of_a_patch_is_not_taken_where_a_binary_file_has_no_bytes(above: str, folder: Path) -> None:
    both = folder.parent / "both.patch"
    head = (PATCHES / above).read_bytes() if above else b"# HG changeset patch\n# User nobody\nthree\n\n"
    both.write_bytes(head + (PATCHES / "hg-binary.patch").read_bytes() + (PATCHES / "hg.patch").read_bytes())
    with pytest.raises(UsageError, match="the bytes of a binary file are missing"):
        finder(str(both), place_of(folder))()
