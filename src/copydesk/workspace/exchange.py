"""Owns the one way in which a file of the workspace is replaced, created or deleted: a compare-and-swap of bytes.

Only `changes/applier.py` may call `exchange`. It never writes into an existing file, never follows a link, and never
lets bytes go that it did not expect: they are put back, or kept beside the file where even that is impossible.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from copydesk.domain.errors import StaleFile, WorkspaceError
from copydesk.domain.proposals import DEFAULT_FILE_MODE, FileImage, digest
from copydesk.workspace.files import holds, opened, read_image
from copydesk.workspace.paths import Place, Root
from copydesk.workspace.syscalls import exchange_names, rename_without_replacing

How = Literal["exchange", "link", "create", "delete"]
_TEMPORARY = re.compile(r"\.copydesk-[0-9a-f]{16}\.tmp(\.old)?")
_PRIVATE_MODE = 0o600
_LEFT_BEHIND = ("security.capability",)
"""Attributes that give a program rights; like set-user-id they do not survive a change of its bytes."""
_NO_RENAME = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What an exchange did."""

    how: How
    """`link` is the way of systems without an atomic exchange; it has a window of microseconds."""
    created_directories: tuple[str, ...] = ()
    """Directories made for a new file, outermost first, relative to the root."""


def temporary_name(token: str) -> str:
    """Name a temporary file after 16 random hexadecimal digits."""
    return f".copydesk-{token}.tmp"


def is_temporary(name: str) -> bool:
    """Tell whether a bare name is one that `exchange` uses while it works."""
    return _TEMPORARY.fullmatch(name) is not None


def exchange(root: Root, path: str, expected: FileImage | None, new: FileImage | None, temporary: str) -> Exchanged:
    """Put `new` where `expected` is; None stands for no file.

    `temporary` is the bare name of a file that does not exist, made in the folder of the path's real target. Bytes
    decide, not times: `StaleFile` where the disk holds others, and then nothing has changed. The mode of an existing
    file is kept where the two images agree on it, and so are owner and extended attributes; set-user-id is dropped.
    Any other failure is a `WorkspaceError`, after which the file is as it was and the temporary file gone.
    """
    real = root.real_path(path)
    creating = expected is None and new is not None
    created = _make_parents(root, real) if creating else ()
    try:
        with _sentences(real), root.place(real) as place:
            how = _swap(place, expected, new, temporary)
    except BaseException:
        remove_directories(root, created)
        raise
    return Exchanged(how, created)


def remove_directories(root: Root, created: tuple[str, ...]) -> None:
    """Remove directories that an exchange made, innermost first, as far as they are empty."""
    for path in reversed(created):
        with suppress(OSError, WorkspaceError), root.place(path) as place:
            os.rmdir(place.name, dir_fd=place.parent)


def sweep(root: Root, path: str, is_kept_elsewhere: Callable[[bytes], bool]) -> str | None:
    """Clear away a temporary file that a crash left, given by its path; gives the digest of its bytes, None if none.

    Bytes that nobody else keeps are not deleted: the file is renamed to end in `.rescued`.
    """
    real = root.real_path(path)
    try:
        with root.place(real) as place:
            data = read_image(place, place.name).data
            if is_kept_elsewhere(data):
                os.unlink(place.name, dir_fd=place.parent)
            else:
                os.rename(place.name, f"{place.name}.rescued", src_dir_fd=place.parent, dst_dir_fd=place.parent)
            return digest(data)
    except FileNotFoundError:
        return None


@contextmanager
def _sentences(path: str) -> Iterator[None]:
    """Turn what the kernel says into errors; a file that is gone has changed like any other."""
    try:
        yield
    except FileNotFoundError as error:
        raise StaleFile(path) from error
    except OSError as error:
        raise WorkspaceError(f"{path} could not be written: {error.strerror}; nothing was changed.") from error


def _swap(place: Place, expected: FileImage | None, new: FileImage | None, temporary: str) -> How:
    if new is None:
        return _delete(place, expected, temporary)
    if expected is None:
        return _create(place, new, temporary)
    return _replace(place, expected, new, temporary)


def _create(place: Place, new: FileImage, temporary: str) -> How:
    with _temporary_file(place, temporary, DEFAULT_FILE_MODE) as descriptor:
        _write(descriptor, new.data)
        if new.mode is not None:
            os.fchmod(descriptor, _plain(new.mode))
        os.fsync(descriptor)
        try:
            _rename_exclusively(place, temporary, place.name)
        except FileExistsError as error:
            raise StaleFile(place.path) from error
    _sync(place)
    return "create"


def _replace(place: Place, expected: FileImage, new: FileImage, temporary: str) -> How:
    with _temporary_file(place, temporary, _PRIVATE_MODE) as descriptor:
        _write(descriptor, new.data)
        with _current(place, expected) as current:
            _copy_attributes(current, descriptor, expected, new)
        os.fsync(descriptor)
        how = _exchange(place, expected, new, temporary)
    _sync(place)
    return how


def _exchange(place: Place, expected: FileImage, new: FileImage, temporary: str) -> How:
    try:
        exchange_names(place.parent, temporary, place.name)
    except OSError as error:
        if error.errno not in _NO_RENAME:
            raise
        return _replace_by_link(place, expected, temporary)
    if not _holds(place, temporary, expected.data):
        _exchange_back(place, new, temporary)
    _discard(place, temporary)
    return "exchange"


def _exchange_back(place: Place, new: FileImage, temporary: str) -> None:
    """Somebody wrote between the last look and the exchange: give their file its name again.

    Should they have written once more in that instant, it is that version which comes out now; the latest one keeps
    the name, and the one before it is kept beside it.
    """
    placed: bytes | None = new.data
    while True:
        held = _content(place, temporary)
        exchange_names(place.parent, temporary, place.name)
        if _content(place, temporary) == placed:
            break
        placed = held
    if placed != new.data:
        _rescue(place, temporary)
    raise StaleFile(place.path)


def _replace_by_link(place: Place, expected: FileImage, temporary: str) -> How:
    """Keep the current file under a second name while the new one takes its place, and look at it afterwards."""
    kept = f"{temporary}.old"
    os.link(place.name, kept, src_dir_fd=place.parent, dst_dir_fd=place.parent, follow_symlinks=False)
    try:
        if not _holds(place, place.name, expected.data):
            raise StaleFile(place.path)
        os.rename(temporary, place.name, src_dir_fd=place.parent, dst_dir_fd=place.parent)
    except BaseException:
        _discard(place, kept)
        raise
    if not _holds(place, kept, expected.data):
        os.rename(kept, place.name, src_dir_fd=place.parent, dst_dir_fd=place.parent)
        raise StaleFile(place.path)
    _discard(place, kept)
    return "link"


def _delete(place: Place, expected: FileImage | None, temporary: str) -> How:
    if expected is None:
        raise ValueError("an exchange of nothing for nothing")
    with _current(place, expected):
        _take_away(place, expected, temporary)
    _discard(place, temporary)
    _sync(place)
    return "delete"


def _take_away(place: Place, expected: FileImage, temporary: str) -> None:
    """Rename a file out of the way, or back where it is not the one that was read."""
    _rename_exclusively(place, place.name, temporary)
    if _holds(place, temporary, expected.data):
        return
    try:
        _rename_exclusively(place, temporary, place.name)
    except FileExistsError:
        _rescue(place, temporary)
    raise StaleFile(place.path)


def _rescue(place: Place, temporary: str) -> None:
    """Two others wrote in the same instant: one version has the name, the other is kept and named."""
    kept = f"{temporary}.rescued"
    os.rename(temporary, kept, src_dir_fd=place.parent, dst_dir_fd=place.parent)
    raise WorkspaceError(f"{place.path} was changed twice at once; the other version is beside it in {kept}.")


@contextmanager
def _temporary_file(place: Place, name: str, mode: int) -> Iterator[int]:
    """Make a new file; at the end its name is removed if it still is that file, never what an exchange put there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, mode, dir_fd=place.parent)
    try:
        yield descriptor
    finally:
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), os.lstat(name, dir_fd=place.parent)):
                os.unlink(name, dir_fd=place.parent)
        os.close(descriptor)


@contextmanager
def _current(place: Place, expected: FileImage) -> Iterator[int]:
    """Open the file as it is, if it holds the expected bytes."""
    with opened(place, place.name) as descriptor:
        if not holds(descriptor, expected.data):
            raise StaleFile(place.path)
        yield descriptor


def _holds(place: Place, name: str, data: bytes) -> bool:
    """Whether what has a name can be read and holds these bytes."""
    try:
        with opened(place, name) as descriptor:
            return holds(descriptor, data)
    except (OSError, WorkspaceError):
        return False


def _content(place: Place, name: str) -> bytes | None:
    """Read what has a name; None for what cannot be read."""
    try:
        return read_image(place, name).data
    except (OSError, WorkspaceError):
        return None


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _copy_attributes(source: int, target: int, expected: FileImage, new: FileImage) -> None:
    """Make the new file look like the old one; the owner first, because changing it clears mode bits."""
    status = os.fstat(source)
    _copy_owner(status, target)
    _copy_extended(source, target)
    changes_mode = new.mode is not None and new.mode != expected.mode
    os.fchmod(target, _plain(new.mode if changes_mode and new.mode is not None else status.st_mode))


def _copy_owner(status: os.stat_result, target: int) -> None:
    """Only the administrator can give files away; where that fails, the group alone may work."""
    created = os.fstat(target)
    if (created.st_uid, created.st_gid) == (status.st_uid, status.st_gid):
        return
    try:
        os.fchown(target, status.st_uid, status.st_gid)
    except PermissionError:
        with suppress(PermissionError):
            os.fchown(target, -1, status.st_gid)


def _copy_extended(source: int, target: int) -> None:
    """Copy extended attributes and access lists as far as the system lets this process."""
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):
        for name in os.listxattr(source):
            if name not in _LEFT_BEHIND:
                with suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))


def _plain(mode: int) -> int:
    return stat.S_IMODE(mode) & ~(stat.S_ISUID | stat.S_ISGID)


def _rename_exclusively(place: Place, source: str, target: str) -> None:
    try:
        rename_without_replacing(place.parent, source, target)
    except OSError as error:
        if error.errno not in _NO_RENAME:
            raise
        _rename_by_link(place, source, target)


def _rename_by_link(place: Place, source: str, target: str) -> None:
    """Give a file a second name, which fails if it is taken, and then remove the first."""
    os.link(source, target, src_dir_fd=place.parent, dst_dir_fd=place.parent, follow_symlinks=False)
    os.unlink(source, dir_fd=place.parent)


def _discard(place: Place, name: str) -> None:
    """Remove old bytes that were verified; the change is done, so a failure only leaves a file to `sweep`."""
    with suppress(OSError):
        os.unlink(name, dir_fd=place.parent)


def _sync(place: Place) -> None:
    """Make the new name durable; the change itself is done, so a system that cannot is not an error."""
    with suppress(OSError):
        os.fsync(place.parent)


def _make_parents(root: Root, real: str) -> tuple[str, ...]:
    """Make the missing directories of a path; gives those made, outermost first."""
    made: list[str] = []
    parts = real.split("/")[:-1]
    try:
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            with root.place(path) as place, _sentences(real), suppress(FileExistsError):
                os.mkdir(place.name, dir_fd=place.parent)
                made.append(path)
                _sync(place)
    except BaseException:
        remove_directories(root, tuple(made))
        raise
    return tuple(made)
