"""Owns plain copies of a workspace: what git tracks or does not ignore, with what waits for a decision laid over it.

A copy lies outside the workspace and holds no `.git`; its files share their blocks with the originals where the file
system can. It never writes to the workspace: what is linked into a copy is linked because the person named it.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Event

from copydesk.domain.errors import WorkspaceError
from copydesk.domain.proposals import DEFAULT_FILE_MODE, FileImage
from copydesk.workspace.private import make_private

_CLONE = 0x40049409
"""The request FICLONE of Linux: share the blocks of another file."""
_CHUNK = 1 << 24
_COPY = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@contextmanager
def plain_copy(
    root: Path, paths: Iterable[str], laid: Mapping[str, FileImage | None], folder: Path, stop: Event
) -> Iterator[Path]:
    """Copy these files of a workspace into a new directory in `folder`, lay images over them (None for no file), and
    remove it all at the end (blocking).

    What is gone, or is no regular file or link, is left out. OSError where the copy cannot be written; WorkspaceError
    where `stop` is set meanwhile.
    """
    make_private(folder)
    _sweep(folder)
    copy = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=folder.resolve()))
    try:
        for path in paths:
            if stop.is_set():
                raise WorkspaceError("The copy of the workspace was interrupted.")
            if path not in laid:
                _copied(root / path, copy / path)
        for path, image in laid.items():
            if image is not None:
                _write(copy, path, image)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def link_into(copy: Path, root: Path, names: Collection[str]) -> None:
    """Link what a check needs beside the files, such as a virtual environment; what the copy has itself stays."""
    for name in names:
        target = copy / name
        if os.path.lexists(root / name) and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(root / name)


def _copied(source: Path, target: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        found = source.lstat()
        if stat.S_ISLNK(found.st_mode):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.readlink())
        elif stat.S_ISREG(found.st_mode):
            _copy_file(source, target)


def _copy_file(source: Path, target: Path) -> None:
    """Copy one file with its mode and times; its blocks are shared where the file system can."""
    reading = os.open(source, _READ)
    try:
        found = os.fstat(reading)
        if not stat.S_ISREG(found.st_mode):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        writing = os.open(target, _COPY, 0o600)
        try:
            _fill(reading, writing)
            os.fchmod(writing, stat.S_IMODE(found.st_mode) | stat.S_IWUSR)
        finally:
            os.close(writing)
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    finally:
        os.close(reading)


def _fill(reading: int, writing: int) -> None:
    with suppress(OSError):
        fcntl.ioctl(writing, _CLONE, reading)
        return
    while os.sendfile(writing, reading, None, _CHUNK):
        pass


def _write(copy: Path, path: str, image: FileImage) -> None:
    """Write an image into the copy; a directory of the workspace may have become a link since it was proposed."""
    target = copy / path
    if target.parent.resolve() != target.parent:
        raise WorkspaceError(f"{path} is reached through a symbolic link now, so it cannot be copied.")
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = DEFAULT_FILE_MODE if image.mode is None else stat.S_IMODE(image.mode) | stat.S_IWUSR
    with os.fdopen(os.open(target, _COPY, mode), "wb") as stream:
        stream.write(image.data)
        if image.mode is not None:
            os.fchmod(stream.fileno(), mode)


def _sweep(folder: Path) -> None:
    """Remove the copies of processes that were killed."""
    for left in folder.iterdir():
        process = left.name.partition("-")[0]
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
