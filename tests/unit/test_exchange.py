"""Owns the law of the one write: a compare-and-swap that loses nothing, whatever comes between."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from copydesk.domain.errors import NotRegularFile, PathRefused, StaleFile, WorkspaceError
from copydesk.domain.proposals import FileAttributes, FileImage
from copydesk.workspace import exchange as module
from copydesk.workspace.exchange import Exchanged, exchange, is_temporary, remove_directories, sweep, temporary_name
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.paths import Root
from copydesk.workspace.syscalls import exchange_names

TEMPORARY = temporary_name("0123456789abcdef")
OLD, NEW = b"old \xff\r\nbytes", b"new bytes\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator may do this")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "root"
    base.mkdir()
    (base / "file").write_bytes(OLD)
    return base


@pytest.fixture
def root(base: Path) -> Iterator[Root]:
    with Root.open(base) as root:
        yield root


def replace(root: Root, name: str = "file", new: FileImage | None = None) -> Exchanged:
    return exchange(root, name, DiskFiles(root).read(name), new or FileImage(NEW), TEMPORARY)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_file_is_created_with_its_directories_when_nothing_is_there(root: Root, base: Path) -> None:
    assert exchange(root, "a/b/new", None, FileImage(NEW), TEMPORARY) == Exchanged("create", ("a", "a/b"))
    assert (base / "a/b/new").read_bytes() == NEW
    assert names(base / "a/b") == {"new"}


def test_only_missing_directories_are_made_when_some_exist(root: Root, base: Path) -> None:
    (base / "a").mkdir()
    assert exchange(root, "a/b/new", None, FileImage(b""), TEMPORARY).created_directories == ("a/b",)


@pytest.mark.parametrize(("given", "mask", "found"), [(None, 0o027, 0o640), (0o755, 0o027, 0o755), (0o4711, 0, 0o711)])
def test_mode_is_the_images_or_the_default_when_a_file_is_created(
    root: Root, base: Path, given: int | None, mask: int, found: int
) -> None:
    kept = os.umask(mask)
    try:
        exchange(root, "new", None, FileImage(NEW, given), TEMPORARY)
    finally:
        os.umask(kept)
    assert stat.S_IMODE((base / "new").stat().st_mode) == found


def test_file_is_replaced_when_it_holds_what_was_read(root: Root, base: Path) -> None:
    assert replace(root) == Exchanged("exchange")
    assert (base / "file").read_bytes() == NEW
    assert names(base) == {"file"}


def test_file_is_deleted_when_it_holds_what_was_read(root: Root, base: Path) -> None:
    assert exchange(root, "file", FileImage(OLD), None, TEMPORARY) == Exchanged("delete")
    assert names(base) == set()


def test_invariant_7_mode_and_attributes_are_kept_when_bytes_are_replaced(root: Root, base: Path) -> None:
    (base / "file").chmod(0o4751)
    os.setxattr(base / "file", "user.note", b"mine")
    replace(root)
    assert stat.S_IMODE((base / "file").stat().st_mode) == 0o751
    assert os.getxattr(base / "file", "user.note") == b"mine"


def test_invariant_7_mode_of_the_disk_is_kept_when_it_changed_after_reading(root: Root, base: Path) -> None:
    (base / "file").chmod(0o600)
    exchange(root, "file", FileImage(OLD, 0o644), FileImage(NEW, 0o644), TEMPORARY)
    assert stat.S_IMODE((base / "file").stat().st_mode) == 0o600


def test_mode_is_changed_when_the_images_differ_in_it(root: Root, base: Path) -> None:
    exchange(root, "file", FileImage(OLD, 0o644), FileImage(OLD, 0o755), TEMPORARY)
    assert stat.S_IMODE((base / "file").stat().st_mode) == 0o755


@as_root
def test_invariant_7_owner_is_kept_when_bytes_are_replaced(root: Root, base: Path) -> None:
    os.chown(base / "file", 1234, 2345)
    replace(root)
    assert ((base / "file").stat().st_uid, (base / "file").stat().st_gid) == (1234, 2345)


def test_invariant_7_link_stays_when_its_target_is_replaced(root: Root, base: Path) -> None:
    (base / "folder").mkdir()
    (base / "folder/link").symlink_to("../file")
    replace(root, "folder/link")
    assert (base / "folder/link").readlink() == Path("../file")
    assert (base / "file").read_bytes() == NEW


def test_invariant_4_outside_file_is_untouched_when_a_hard_link_to_it_is_replaced(root: Root, base: Path) -> None:
    outside = base.parent / "outside"
    outside.write_bytes(OLD)
    (base / "hard").hardlink_to(outside)
    replace(root, "hard")
    assert outside.read_bytes() == OLD


@pytest.mark.parametrize("new", [FileImage(NEW), None], ids=["replace", "delete"])
def test_invariant_2_nothing_is_written_when_the_bytes_changed(root: Root, base: Path, new: FileImage | None) -> None:
    status = (base / "file").stat()
    with pytest.raises(StaleFile, match="file changed on disk"):
        exchange(root, "file", FileImage(b"other"), new, TEMPORARY)
    assert (base / "file").read_bytes() == OLD
    assert (base / "file").stat().st_ctime_ns == status.st_ctime_ns
    assert names(base) == {"file"}


@pytest.mark.parametrize("new", [FileImage(NEW), None], ids=["replace", "delete"])
@pytest.mark.parametrize("path", ["gone", "gone/deeper"])
def test_invariant_2_nothing_is_written_when_the_file_is_gone(
    root: Root, base: Path, new: FileImage | None, path: str
) -> None:
    with pytest.raises(StaleFile):
        exchange(root, path, FileImage(OLD), new, TEMPORARY)
    assert names(base) == {"file"}


@pytest.mark.parametrize("path", ["file", "folder"])
def test_invariant_2_nothing_is_created_when_the_name_is_taken(root: Root, base: Path, path: str) -> None:
    (base / "folder").mkdir()
    with pytest.raises(StaleFile):
        exchange(root, path, None, FileImage(NEW), TEMPORARY)
    assert (base / "file").read_bytes() == OLD
    assert names(base) == {"file", "folder"}


def test_directories_are_taken_back_when_the_file_cannot_be_made(root: Root, base: Path) -> None:
    (base / "a").mkdir()
    with pytest.raises(WorkspaceError, match="File name too long"):
        exchange(root, f"a/b/c/{'x' * 250}", None, FileImage(NEW), temporary_name("0" * 250))
    assert names(base / "a") == set()


def test_file_in_the_way_is_named_when_a_directory_is_needed(root: Root) -> None:
    with pytest.raises(NotRegularFile, match="file is not a directory"):
        exchange(root, "file/below", None, FileImage(NEW), TEMPORARY)


def test_irregular_file_is_refused_when_it_would_be_replaced(root: Root, base: Path) -> None:
    os.mkfifo(base / "fifo")
    with pytest.raises(NotRegularFile):
        exchange(root, "fifo", FileImage(b""), FileImage(NEW), TEMPORARY)
    assert names(base) == {"file", "fifo"}


@pytest.mark.parametrize("target", ["../outside", "/nonexistent/outside", ".git/config"])
def test_invariant_4_dangling_link_is_not_written_through_when_it_leaves(root: Root, base: Path, target: str) -> None:
    (base / ".git").mkdir()
    (base / "link").symlink_to(target)
    with pytest.raises(PathRefused):
        exchange(root, "link", None, FileImage(NEW), TEMPORARY)
    assert names(base.parent) == {"root"}
    assert names(base / ".git") == set()


def test_planted_link_is_not_followed_when_it_has_the_temporary_name(root: Root, base: Path) -> None:
    victim = base.parent / "victim"
    victim.write_bytes(b"safe")
    (base / TEMPORARY).symlink_to(victim)
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        replace(root)
    assert victim.read_bytes() == b"safe"
    assert (base / "file").read_bytes() == OLD
    assert (base / TEMPORARY).is_symlink()


@pytest.mark.parametrize("path", ["file", "a/new"])
def test_invariant_8_file_is_as_before_when_the_disk_takes_no_more(root: Root, base: Path, path: str) -> None:
    before = FileImage(OLD) if path == "file" else None
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(WorkspaceError, match="File too large; nothing was changed"):
            exchange(root, path, before, FileImage(b"x" * 10_000), TEMPORARY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert names(base) == {"file"}
    assert (base / "file").read_bytes() == OLD


@as_root
def test_invariant_8_file_is_as_before_when_the_disk_is_full(base: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(base)], check=True)
    try:
        (base / "file").write_bytes(OLD)
        with Root.open(base) as root, pytest.raises(WorkspaceError, match="No space left on device"):
            replace(root, new=FileImage(b"x" * 100_000))
        assert (base / "file").read_bytes() == OLD
        assert names(base) == {"file"}
    finally:
        subprocess.run(["umount", str(base)], check=True)


@as_root
def test_file_is_replaced_when_it_is_on_a_file_system_without_attributes(base: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "none", str(base)], check=True)
    try:
        (base / "file").write_bytes(OLD)
        with Root.open(base) as root:
            assert replace(root).how == "exchange"
        assert (base / "file").read_bytes() == NEW
    finally:
        subprocess.run(["umount", str(base)], check=True)


def test_directories_are_removed_only_when_they_are_empty(root: Root, base: Path) -> None:
    made = exchange(root, "a/b/c/new", None, FileImage(NEW), TEMPORARY).created_directories
    (base / "a/b/c/new").unlink()
    (base / "a/users").touch()
    remove_directories(root, made)
    assert names(base / "a") == {"users"}


def test_leftover_is_removed_when_its_bytes_are_kept_elsewhere(root: Root, base: Path) -> None:
    (base / TEMPORARY).write_bytes(NEW)
    assert not sweep(root, TEMPORARY, lambda data: data == NEW)
    assert not sweep(root, TEMPORARY, lambda data: False)
    assert names(base) == {"file"}


def test_invariant_8_leftover_is_rescued_when_nobody_else_has_its_bytes(root: Root, base: Path) -> None:
    (base / TEMPORARY).write_bytes(b"precious")
    assert sweep(root, TEMPORARY, lambda data: False)
    assert (base / f"{TEMPORARY}.rescued").read_bytes() == b"precious"


def test_invariant_8_what_was_rescued_before_stays_when_there_is_more_to_rescue(root: Root, base: Path) -> None:
    (base / TEMPORARY).write_bytes(b"precious")
    (base / f"{TEMPORARY}.rescued").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        sweep(root, TEMPORARY, lambda data: False)
    assert (base / TEMPORARY).read_bytes() == b"precious"
    assert (base / f"{TEMPORARY}.rescued").read_bytes() == b"first"


def test_attributes_are_given_when_a_file_is_created_from_an_image_that_has_them(root: Root, base: Path) -> None:
    attributes = FileAttributes(os.geteuid(), os.getegid(), (("user.note", b"mine"), ("nonsense", b"x")))
    exchange(root, "new", None, FileImage(NEW, 0o6640, attributes=attributes), TEMPORARY)
    assert os.getxattr(base / "new", "user.note") == b"mine"
    assert stat.S_IMODE((base / "new").stat().st_mode) == 0o640


def test_directories_get_the_modes_that_are_known_when_they_are_made(root: Root, base: Path) -> None:
    exchange(root, "a/b/new", None, FileImage(NEW), TEMPORARY, {"a": 0o1777, "a/b/c": 0o700})
    assert stat.S_IMODE((base / "a").stat().st_mode) == 0o1777
    assert stat.S_IMODE((base / "a/b").stat().st_mode) == 0o755


def test_name_is_temporary_when_an_exchange_could_have_made_it() -> None:
    assert is_temporary(TEMPORARY)
    assert is_temporary(f"{TEMPORARY}.old")
    assert not any(map(is_temporary, ["file.tmp", ".copydesk", f"{TEMPORARY}.rescued", f"x{TEMPORARY}"]))


def test_file_is_replaced_when_the_system_has_no_atomic_exchange(root: Root, base: Path) -> None:
    (base / TEMPORARY).write_bytes(NEW)
    with root.place("file") as place:
        assert module._replace_by_link(place, FileImage(OLD), TEMPORARY) == "link"
    assert (base / "file").read_bytes() == NEW
    assert names(base) == {"file"}


def test_invariant_2_nothing_is_written_when_bytes_changed_and_there_is_no_atomic_exchange(
    root: Root, base: Path
) -> None:
    (base / TEMPORARY).write_bytes(NEW)
    with root.place("file") as place, pytest.raises(StaleFile):
        module._replace_by_link(place, FileImage(b"other"), TEMPORARY)
    assert (base / "file").read_bytes() == OLD
    assert names(base) == {"file", TEMPORARY}


def test_taken_name_is_kept_when_a_rename_goes_by_link(root: Root, base: Path) -> None:
    (base / "other").write_bytes(NEW)
    with root.place("file") as place:
        with pytest.raises(FileExistsError):
            module._rename_by_link(place, "file", "other")
        module._rename_by_link(place, "file", "third")
    assert names(base) == {"other", "third"}
    assert (base / "third").read_bytes() == OLD


def test_invariant_8_old_bytes_stay_when_an_exchange_is_broken_off(root: Root, base: Path) -> None:
    with root.place("file") as place, suppress(KeyboardInterrupt), module._temporary_file(place, TEMPORARY, 0o600):
        exchange_names(place.parent, TEMPORARY, "file")
        raise KeyboardInterrupt
    assert (base / TEMPORARY).read_bytes() == OLD


def test_invariant_8_file_is_back_when_it_changed_just_before_it_was_deleted(root: Root, base: Path) -> None:
    with root.place("file") as place, pytest.raises(StaleFile):
        module._take_away(place, FileImage(b"other"), TEMPORARY)
    assert (base / "file").read_bytes() == OLD
    assert names(base) == {"file"}


def test_latest_version_keeps_the_name_when_two_others_wrote_during_an_exchange(root: Root, base: Path) -> None:
    (base / "file").write_bytes(b"latest")
    (base / TEMPORARY).write_bytes(b"earlier")
    with root.place("file") as place, pytest.raises(WorkspaceError, match="changed twice"):
        module._exchange_back(place, FileImage(NEW), TEMPORARY)
    assert (base / "file").read_bytes() == b"latest"
    assert (base / f"{TEMPORARY}.rescued").read_bytes() == b"earlier"
