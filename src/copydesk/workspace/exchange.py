"""Owns the one way in which a file of the workspace is replaced, created or deleted: a compare-and-swap of bytes.

Only `changes/applier.py` may call `exchange`. It never writes into an existing file, never follows a link, and never
lets bytes go that it did not expect: they are put back, or kept beside the file where even that is impossible.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from copydesk.domain.errors import NotRegularFile, PathRefused, StaleFile, WorkspaceError
from copydesk.domain.proposals import DEFAULT_FILE_MODE, FileAttributes, FileImage
from copydesk.workspace.files import attributes_of, holds, opened, read_image
from copydesk.workspace.paths import Place, Root
from copydesk.workspace.syscalls import exchange_names, rename_without_replacing

How = Literal["exchange", "link", "create", "delete"]
_TEMPORARY = re.compile(r"\.copydesk-[0-9a-f]{16}\.tmp(\.old)?")
_PRIVATE_MODE = 0o600
_ANY_MODE = 0o777
"""Permission bits of a new directory before the process's umask is applied."""
_LEFT_BEHIND = ("security.capability",)
"""Attributes that give a program rights; like set-user-id they do not survive a change of its bytes."""
_NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR)
"""What the system says of a directory that is not there or holds something."""
_NO_RENAME = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What an exchange did."""

    how: How
    """`link` is the way of systems without an atomic exchange; it has a window of microseconds."""
    created_directories: tuple[str, ...] = ()
    """Directories made for a new file, outermost first, relative to the root."""
    is_cleared: bool = True
    """False where a temporary file with the old bytes could not be removed: it is left to `sweep`."""


def temporary_name(token: str) -> str:
    """Name a temporary file after 16 random hexadecimal digits."""
    return f".copydesk-{token}.tmp"


def is_temporary(name: str) -> bool:
    """Tell whether a bare name is one that `exchange` uses while it works."""
    return _TEMPORARY.fullmatch(name) is not None


def exchange(
    root: Root,
    path: str,
    expected: FileImage | None,
    new: FileImage | None,
    temporary: str,
    modes: Mapping[str, int] | None = None,
) -> Exchanged:
    """Put `new` where `expected` is; None stands for no file.

    `temporary` is the bare name of a file that does not exist, made in the folder of the path's real target. Bytes
    decide, not times: `StaleFile` where the disk holds others, and then nothing has changed. The mode of an existing
    file is kept where the two images agree on it, and so are owner and extended attributes; set-user-id is dropped.
    A file that is made gets those of its image, and a missing directory the permission bits that `modes` has for it.
    Any other failure is a `WorkspaceError`, after which the file is as it was and the temporary file gone, as far as
    the disk still obeys.
    """
    with _sentences(path):
        real = root.real_path(path)
        creating = expected is None and new is not None
        created = _make_parents(root, real, modes or {}) if creating else ()
        try:
            with root.place(real) as place:
                how = _swap(place, expected, new, temporary)
                return Exchanged(how, created, not _is_there(place, temporary, f"{temporary}.old"))
        except BaseException:
            remove_directories(root, created)
            raise


def remove_directories(root: Root, paths: tuple[str, ...]) -> bool:
    """Remove directories, given outermost first, as far as they are empty; tells whether no empty one is left."""
    is_done = True
    for path in reversed(paths):
        try:
            with root.place(path) as place:
                os.rmdir(place.name, dir_fd=place.parent)
        except (NotRegularFile, PathRefused):
            # It is no directory any more, or is reached through none.
            continue
        except OSError as error:
            is_done = is_done and error.errno in _NOT_EMPTY
        except WorkspaceError:
            is_done = False
    return is_done


def sweep(root: Root, path: str, is_kept_elsewhere: Callable[[bytes], bool]) -> bool:
    """Clear away a temporary file that was left, given by its path; tells whether its bytes had to be kept.

    Bytes that nobody else keeps are not deleted: the file is renamed to end in `.rescued`. OSError or WorkspaceError
    where it stays as it is.
    """
    real = root.real_path(path)
    try:
        with root.place(real) as place:
            if is_kept_elsewhere(read_image(place, place.name).data):
                os.unlink(place.name, dir_fd=place.parent)
                return False
            _rename_exclusively(place, place.name, f"{place.name}.rescued")
            return True
    except FileNotFoundError:
        return False


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
    with _temporary_file(place, temporary, DEFAULT_FILE_MODE if new.mode is None else _PRIVATE_MODE) as descriptor:
        _write(descriptor, new.data)
        if new.attributes:
            _give_attributes(descriptor, new.attributes)
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
    the name, and the one before it is kept beside it. A disk on which it cannot be read any more ends this with their
    file in its place.
    """
    placed: bytes | None = new.data
    while True:
        held = None
        with suppress(OSError, WorkspaceError):
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
    _rename_exclusively(place, temporary, kept)
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
    """Read what has a name; None for what is no regular file."""
    try:
        return read_image(place, name).data
    except NotRegularFile:
        return None


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _copy_attributes(source: int, target: int, expected: FileImage, new: FileImage) -> None:
    """Make the new file look like the old one; the mode last, because changing the owner clears bits of it."""
    _give_attributes(target, attributes_of(source))
    changes_mode = new.mode is not None and new.mode != expected.mode
    mode = new.mode if changes_mode and new.mode is not None else os.fstat(source).st_mode
    os.fchmod(target, _plain(mode))


def _give_attributes(target: int, attributes: FileAttributes) -> None:
    """Give a file its owner, extended attributes and access lists, as far as the system lets this process."""
    _give_owner(target, attributes)
    for name, value in attributes.extended:
        if name not in _LEFT_BEHIND:
            with suppress(OSError):
                os.setxattr(target, name, value)


def _give_owner(target: int, attributes: FileAttributes) -> None:
    """Only the administrator can give files away; where that fails, the group alone may work."""
    created = os.fstat(target)
    if (created.st_uid, created.st_gid) == (attributes.owner, attributes.group):
        return
    try:
        os.fchown(target, attributes.owner, attributes.group)
    except OSError:
        with suppress(OSError):
            os.fchown(target, -1, attributes.group)


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
    """Give a file a second name, which fails if it is taken, and then remove the first; or neither."""
    os.link(source, target, src_dir_fd=place.parent, dst_dir_fd=place.parent, follow_symlinks=False)
    try:
        os.unlink(source, dir_fd=place.parent)
    except OSError:
        os.unlink(target, dir_fd=place.parent)
        raise


def _is_there(place: Place, *names: str) -> bool:
    """Whether one of these names is taken, or cannot be looked at."""
    for name in names:
        try:
            os.stat(name, dir_fd=place.parent, follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError:
            return True
        return True
    return False


def _discard(place: Place, name: str) -> None:
    """Remove old bytes that were verified; the change is done, so a failure only leaves a file to `sweep`."""
    with suppress(OSError):
        os.unlink(name, dir_fd=place.parent)


def _sync(place: Place) -> None:
    """Make the new name durable; the change itself is done, so a system that cannot is not an error."""
    with suppress(OSError):
        os.fsync(place.parent)


def _make_parents(root: Root, real: str, modes: Mapping[str, int]) -> tuple[str, ...]:
    """Make the missing directories of a path; gives those made, outermost first."""
    made: list[str] = []
    parts = real.split("/")[:-1]
    try:
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            with root.place(path) as place, suppress(FileExistsError):
                os.mkdir(place.name, modes.get(path, _ANY_MODE) & _ANY_MODE, dir_fd=place.parent)
                made.append(path)
                _sync(place)
            if path in made and path in modes:
                _set_mode(root, path, modes[path])
    except BaseException:
        remove_directories(root, tuple(made))
        raise
    return tuple(made)


def _set_mode(root: Root, path: str, mode: int) -> None:
    descriptor = root.open_directory(path)
    try:
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
