"""Owns reading: the `Files` port and `DiskFiles`, which reads regular files and lists directories beneath a root.

Never writes, never blocks on a FIFO or device, and never shows what is inside or named `.git`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from copydesk.domain.errors import FileTooLarge, NotRegularFile, StaleFile, WorkspaceError
from copydesk.workspace.gitdirs import is_git_name
from copydesk.workspace.paths import Place, Root, refusal

if TYPE_CHECKING:
    from copydesk.domain.images import FileAttributes, FileImage

CHUNK = 262_144
"""Bytes read at a time from a file that is streamed."""
Kind = Literal["file", "directory", "link", "other"]


class Entry(NamedTuple):
    """One name in a directory; links are not followed."""

    name: str
    kind: Kind
    size: int
    """Bytes of a regular file; 0 for everything else."""


class FileStream(NamedTuple):
    """A file's bytes in order, read as they are asked for."""

    size: int
    """Bytes of the file when it was opened."""
    chunks: Iterator[bytes]


class Files(Protocol):
    """What the editor reads from; paths are names that the root understands."""

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        """Give a regular file, None where nothing is; `WorkspaceError` for everything else.

        `FileTooLarge` for more than `limit` bytes.
        """
        ...

    def stream(self, path: str) -> AbstractContextManager[FileStream]:
        """Open a regular file to be read in pieces; `FileNotFoundError` where nothing is."""
        ...

    def overlaid(self) -> tuple[str, ...]:
        """Paths whose content here is not what the disk holds; a program that reads the disk would see another."""
        ...

    def entries(self, path: str) -> list[Entry]:
        """List a directory, sorted by name; `WorkspaceError` where it is none."""
        ...

    def kind(self, path: str) -> Kind | None:
        """Say what a path leads to (links are followed, so never "link"), None where nothing is."""
        ...


class DiskFiles:
    """The files on disk, links inside the root followed."""

    def __init__(self, root: Root) -> None:
        self.root = root

    def real_path(self, path: str) -> str:
        """Give the path without links, relative to the root: what policies and histories speak of."""
        return self.root.real_path(path)

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        """Read a whole regular file with its permission bits, None where nothing is; `FileTooLarge` beyond `limit`."""
        try:
            with self.root.place(self.real_path(path)) as place:
                return read_image(place, place.name, limit)
        except FileNotFoundError:
            return None

    def verified(self, path: str, expected: FileImage | None) -> FileImage | None:
        """Give what is expected with its mode and attributes of now; `StaleFile` where the file has other bytes."""
        try:
            with self.root.place(self.real_path(path)) as place, opened(place, place.name) as descriptor:
                if expected and holds(descriptor, expected.data):
                    status = os.fstat(descriptor)
                    return expected.found_with(stat.S_IMODE(status.st_mode), attributes_of(descriptor))
        except FileNotFoundError:
            if expected is None:
                return None
        except NotRegularFile as error:
            raise StaleFile(path) from error
        raise StaleFile(path)

    def directory_modes(self, path: str) -> tuple[tuple[str, int], ...]:
        """Give the directories that lead to a real path with their permission bits, outermost first."""
        parts = path.split("/")[:-1]
        folders = ("/".join(parts[: end + 1]) for end in range(len(parts)))
        return tuple((folder, self._directory_mode(folder)) for folder in folders)

    def _directory_mode(self, folder: str) -> int:
        descriptor = self.root.open_directory(folder)
        try:
            return stat.S_IMODE(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)

    @contextmanager
    def stream(self, path: str) -> Iterator[FileStream]:
        """Open a regular file to be read in pieces."""
        with self.root.place(self.real_path(path)) as place:
            descriptor = open_regular(place, place.name)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield FileStream(os.fstat(descriptor).st_size, iter(lambda: file.read(CHUNK), b""))

    def overlaid(self) -> tuple[str, ...]:
        """The disk is what the disk holds."""
        return ()

    def entries(self, path: str) -> list[Entry]:
        """List a directory sorted by name, without `.git`; `WorkspaceError` where it is none or missing."""
        real = self.real_path(path)
        try:
            descriptor = self.root.open_directory(real)
        except FileNotFoundError as error:
            raise WorkspaceError(f"{path} does not exist.") from error
        try:
            with os.scandir(descriptor) as found:
                return sorted((_entry(item) for item in found if not is_git_name(item.name)), key=lambda e: e.name)
        finally:
            os.close(descriptor)

    def kind(self, path: str) -> Kind | None:
        """Say what a path leads to, None where nothing is."""
        real = self.real_path(path)
        if real == ".":
            return "directory"
        try:
            with self.root.place(real) as place:
                return _kind(os.stat(place.name, dir_fd=place.parent, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return None


def read_image(place: Place, name: str, limit: int | None = None) -> FileImage:
    """Read a regular file of an open directory; `FileNotFoundError`, `NotRegularFile` or `WorkspaceError`."""
    descriptor = open_regular(place, name)
    from copydesk.domain.images import FileImage

    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if limit is not None and status.st_size > limit:
            raise FileTooLarge(place.path, status.st_size, limit)
        return FileImage(file.read(), stat.S_IMODE(status.st_mode), status.st_nlink)


@contextmanager
def opened(place: Place, name: str) -> Iterator[int]:
    """Have a regular file of an open directory open for reading; fails as `open_regular` does."""
    descriptor = open_regular(place, name)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def holds(descriptor: int, data: bytes) -> bool:
    """Compare a file that was just opened with bytes, piece by piece: it may have become larger than memory."""
    if os.fstat(descriptor).st_size != len(data):
        return False
    position, piece = 0, memoryview(bytearray(CHUNK))
    while length := os.readv(descriptor, [piece]):
        # Fresh memory for every piece would cost more than reading and comparing it.
        if not data.startswith(piece[:length], position):
            return False
        position += length
    return position == len(data)


def attributes_of(descriptor: int) -> FileAttributes:
    """Read what an open file has beside its bytes and mode, as far as the system shows it."""
    from copydesk.domain.images import FileAttributes

    status, extended = os.fstat(descriptor), []
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(descriptor):
                with suppress(OSError):
                    extended.append((name, os.getxattr(descriptor, name)))
    return FileAttributes(status.st_uid, status.st_gid, tuple(extended))


def open_regular(place: Place, name: str) -> int:
    """Open a regular file for reading without following a link or waiting for a FIFO's writer."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=place.parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unopenable(place, name, error) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise NotRegularFile(f"{place.path} is not a regular file.")


def _unopenable(place: Place, name: str, error: OSError) -> WorkspaceError:
    """Sockets and some devices fail to open with codes that say little; their type says more."""
    mode = os.stat(name, dir_fd=place.parent, follow_symlinks=False).st_mode
    if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return refusal(place.path, error)
    return NotRegularFile(f"{place.path} is not a regular file.")


def _entry(item: os.DirEntry[str]) -> Entry:
    try:
        status = item.stat(follow_symlinks=False)
    except FileNotFoundError:
        return Entry(item.name, "other", 0)
    kind = _kind(status.st_mode)
    return Entry(item.name, kind, status.st_size if kind == "file" else 0)


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"
