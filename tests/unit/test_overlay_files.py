"""Owns the law of the overlay's `Files`: what the overlay has is shown, everything else is as on disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from copydesk.domain.errors import FileTooLarge, NotRegularFile, WorkspaceError
from copydesk.domain.proposals import FileImage
from copydesk.workspace.files import CHUNK, DiskFiles, Entry
from copydesk.workspace.overlay import OverlayFiles
from copydesk.workspace.paths import Root

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
FILES = ["a", "d/b", "d/e/c", "f/g/h", "f.txt"]
FOLDERS = [".", "d", "d/e", "f", "f/g"]

MakeFiles = Callable[[dict[str, bytes | None]], OverlayFiles]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/file").write_bytes(b"on disk")
    (tmp_path / "link").symlink_to("d/file")
    return tmp_path


@pytest.fixture
def overlaid(folder: Path) -> Iterator[MakeFiles]:
    """Files of the folder under an overlay of bytes by path."""
    with Root.open(folder) as root:

        def make(given: dict[str, bytes | None]) -> OverlayFiles:
            images = {path: None if data is None else FileImage(data, 0o640) for path, data in given.items()}
            return OverlayFiles(DiskFiles(root), lambda: images)

        yield make


def streamed(files: OverlayFiles, path: str) -> tuple[int, list[bytes]]:
    with files.stream(path) as stream:
        return stream.size, list(stream.chunks)


def test_overlay_is_read_when_it_has_the_path(overlaid: MakeFiles) -> None:
    files = overlaid({"d/file": b"proposed", "new": b"made"})
    assert files.read("d/file") == FileImage(b"proposed", 0o640)
    assert streamed(files, "d/file") == (8, [b"proposed"])
    assert files.read("new") == FileImage(b"made", 0o640)
    assert files.overlaid() == ("d/file", "new")
    assert (files.kind("d/file"), files.kind("new")) == ("file", "file")


def test_disk_is_read_when_the_overlay_has_other_paths(overlaid: MakeFiles) -> None:
    files = overlaid({"d/other": b"proposed"})
    image = files.read("d/file")
    assert image is not None
    assert image.data == b"on disk"
    assert streamed(files, "d/file") == (7, [b"on disk"])
    assert files.entries(".") == [Entry("d", "directory", 0), Entry("link", "link", 0)]
    assert files.entries("d") == [Entry("file", "file", 7), Entry("other", "file", 8)]


def test_file_vanishes_and_its_directory_stays_when_it_is_deleted(overlaid: MakeFiles) -> None:
    files = overlaid({"d/file": None})
    assert files.read("d/file") is None
    assert files.kind("d/file") is None
    with pytest.raises(FileNotFoundError), files.stream("d/file"):
        pass
    assert files.entries("d") == []
    assert files.kind("d") == "directory"
    with pytest.raises(WorkspaceError, match="d/file does not exist"):
        files.entries("d/file")


def test_directories_are_there_when_only_the_overlay_has_files_in_them(overlaid: MakeFiles) -> None:
    files = overlaid({"n/o/p": b"1", "n/q": b"22"})
    assert (files.kind("n"), files.kind("n/o"), files.kind("n/x")) == ("directory", "directory", None)
    assert files.entries("n") == [Entry("o", "directory", 0), Entry("q", "file", 2)]
    assert files.entries("n/o") == [Entry("p", "file", 1)]
    assert Entry("n", "directory", 0) in files.entries(".")
    for path in ("n", "n/o"):
        with pytest.raises(NotRegularFile, match=f"{path} is not a regular file"):
            files.read(path)
        with pytest.raises(NotRegularFile), files.stream(path):
            pass


def test_no_directory_is_there_when_the_overlay_deletes_all_that_would_be_in_it(overlaid: MakeFiles) -> None:
    files = overlaid({"n/o": None})
    assert files.kind("n") is None
    assert files.entries(".") == [Entry("d", "directory", 0), Entry("link", "link", 0)]
    with pytest.raises(WorkspaceError, match="n does not exist"):
        files.entries("n")


def test_limit_holds_when_the_file_is_in_the_overlay(overlaid: MakeFiles) -> None:
    files = overlaid({"new": b"12345"})
    assert files.read("new", 5) is not None
    with pytest.raises(FileTooLarge, match="new has 5 bytes"):
        files.read("new", 4)
    with pytest.raises(FileTooLarge):
        files.read("d/file", 4)


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
def test_pieces_are_the_whole_when_a_large_file_is_streamed(overlaid: MakeFiles, size: int) -> None:
    data = b"x" * size
    length, pieces = streamed(overlaid({"new": data}), "new")
    assert length == size
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= CHUNK for piece in pieces)


def test_nothing_is_below_a_file_when_the_overlay_has_it(overlaid: MakeFiles) -> None:
    files = overlaid({"new": b"x"})
    for look in (files.read, files.kind, files.entries):
        with pytest.raises(NotRegularFile, match="new is not a directory"):
            look("new/inner")
    with pytest.raises(NotRegularFile, match="new is not a directory"):
        files.entries("new")


def test_overlay_is_shown_when_the_disk_became_something_else_there(overlaid: MakeFiles, folder: Path) -> None:
    files = overlaid({"made/file": b"x", "other": b"y", "gone": None})
    (folder / "made").write_bytes(b"a file in the way")
    (folder / "other/inner").mkdir(parents=True)
    (folder / "gone").mkdir()
    assert files.entries("made") == [Entry("file", "file", 1)]
    shown = {entry.name: entry.kind for entry in files.entries(".")}
    assert shown == {"d": "directory", "link": "link", "made": "directory", "other": "file"}
    assert [files.kind(name) for name in ("made", "other", "gone")] == ["directory", "file", None]


def test_names_do_not_count_as_a_directory_when_they_only_begin_alike(overlaid: MakeFiles) -> None:
    files = overlaid({"dd/x": b"1"})
    assert files.kind("d/file") == "file"
    assert files.entries("d") == [Entry("file", "file", 7)]
    assert files.kind("dd") == "directory"


def test_overlay_is_seen_at_once_when_it_changes(folder: Path) -> None:
    images: list[dict[str, FileImage | None]] = [{}]
    with Root.open(folder) as root:
        files = OverlayFiles(DiskFiles(root), lambda: images[-1])
        assert files.kind("new") is None
        images.append({"new": FileImage(b"x")})
        assert files.kind("new") == "file"


class OverlayMachine(RuleBasedStateMachine):
    """Somebody edits the disk, a model the overlay; the oracle is two dictionaries and a set of directories."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="copydesk-overlay-"))
        self.root = Root.open(self.folder)
        self.disk: dict[str, bytes] = {}
        self.folders = {"."}
        self.overlay: dict[str, FileImage | None] = {}
        self.files = OverlayFiles(DiskFiles(self.root), lambda: dict(self.overlay))

    def teardown(self) -> None:
        self.root.close()
        shutil.rmtree(self.folder)

    @rule(path=st.sampled_from(FILES), data=st.binary(max_size=4))
    def write_to_disk(self, path: str, data: bytes) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        self.disk[path] = data
        self.folders.update(folders_of(path))

    @rule(path=st.sampled_from(FILES))
    def delete_from_disk(self, path: str) -> None:
        if path in self.disk:
            (self.folder / path).unlink()
            del self.disk[path]

    @rule(path=st.sampled_from(FILES), data=st.none() | st.binary(max_size=4))
    def propose(self, path: str, data: bytes | None) -> None:
        self.overlay[path] = None if data is None else FileImage(data)

    @rule(path=st.sampled_from(FILES))
    def decide(self, path: str) -> None:
        self.overlay.pop(path, None)

    def shown(self) -> dict[str, bytes]:
        overlaid = {path: image.data if image else None for path, image in self.overlay.items()}
        return {path: data for path, data in {**self.disk, **overlaid}.items() if data is not None}

    @invariant()
    def files_are_as_the_oracle_has_them(self) -> None:
        shown = self.shown()
        folders = self.folders | {
            folder for path, image in self.overlay.items() if image for folder in folders_of(path)
        }
        for path in FILES:
            image = self.files.read(path)
            assert (image and image.data) == shown.get(path)
            assert self.files.kind(path) == ("file" if path in shown else None)
        for path in FOLDERS:
            assert self.files.kind(path) == ("directory" if path in folders else None)
            if path in folders:
                assert self.files.entries(path) == expected_entries(path, shown, folders)
        assert set(self.files.overlaid()) == set(self.overlay)


def folders_of(path: str) -> set[str]:
    return {str(parent) for parent in PurePosixPath(path).parents}


def expected_entries(folder: str, shown: dict[str, bytes], folders: set[str]) -> list[Entry]:
    inside = [Entry(PurePosixPath(path).name, "file", len(data)) for path, data in shown.items() if is_in(path, folder)]
    inside += [Entry(PurePosixPath(path).name, "directory", 0) for path in folders if is_in(path, folder)]
    return sorted(inside, key=lambda entry: entry.name)


def is_in(path: str, folder: str) -> bool:
    return path != "." and str(PurePosixPath(path).parent) == folder


test_overlay_is_as_the_oracle_has_it_when_disk_and_overlay_change = pytest.mark.timeout(3600 if CAMPAIGN else 60)(
    OverlayMachine.TestCase
)
test_overlay_is_as_the_oracle_has_it_when_disk_and_overlay_change.settings = settings(
    max_examples=CAMPAIGN or 40, stateful_step_count=20
)
