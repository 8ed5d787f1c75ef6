"""Owns reading through an overlay: `OverlayFiles` shows other files in place of some that the disk holds.

Never reads what the overlay hides, and never writes. Paths are real paths relative to the root: links were resolved
by the root before, so a link that leads to an overlaid path shows the overlay too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from copydesk.domain.errors import FileTooLarge, NotRegularFile, WorkspaceError
from copydesk.domain.proposals import FileImage
from copydesk.workspace.files import CHUNK, Entry, Files, FileStream, Kind

Images = Mapping[str, FileImage | None]
"""Path → the file that is shown there, None for no file."""
Names = dict[str, dict[str, Entry | None]]
"""Directory → what an overlay says of names in it, None for each that vanishes. Nothing is said of the others."""


class OverlayFiles:
    """The `Files` beneath, with some of them changed, created or deleted.

    A directory is there where the overlay has a file in it, whatever the disk holds. One whose files the overlay
    deletes stays, as it would on disk.
    """

    def __init__(self, base: Files, images: Callable[[], Images]) -> None:
        self._base = base
        self._images = images
        """Gives the overlay as it is now; a mapping that was given does not change any more."""
        self._known: tuple[Images, Names] = ({}, {})
        """The mapping that was given last, and its names by directory."""

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        """Give a file, None where nothing is; `FileTooLarge` beyond `limit` bytes, else as the files beneath do."""
        images = self._images()
        if path not in images:
            self._refuse_directory(images, path)
            return self._base.read(path, limit)
        image = images[path]
        if image and limit is not None and len(image.data) > limit:
            raise FileTooLarge(path, len(image.data), limit)
        return image

    @contextmanager
    def stream(self, path: str) -> Iterator[FileStream]:
        """Open a file to be read in pieces; `FileNotFoundError` where nothing is."""
        images = self._images()
        if path not in images:
            self._refuse_directory(images, path)
            with self._base.stream(path) as stream:
                yield stream
            return
        image = images[path]
        if image is None:
            raise FileNotFoundError(path)
        yield FileStream(len(image.data), _pieces(image.data))

    def overlaid(self) -> tuple[str, ...]:
        """The paths that are shown otherwise than the disk has them, in the order of the overlay."""
        return tuple(self._images())

    def entries(self, path: str) -> list[Entry]:
        """List a directory sorted by name; `WorkspaceError` where it is none or missing."""
        images = self._images()
        if path in images:
            raise _no_directory(path) if images[path] else WorkspaceError(f"{path} does not exist.")
        _refuse_inside_file(images, path)
        shown = self._names(images).get(path, {})
        is_made = any(shown.values()) and not self._is_directory_beneath(path)
        beneath = () if is_made else self._base.entries(path)
        kept = [entry for entry in beneath if entry.name not in shown]
        return sorted([*kept, *filter(None, shown.values())], key=lambda entry: entry.name)

    def kind(self, path: str) -> Kind | None:
        """Say what a path leads to, None where nothing is."""
        images = self._images()
        if path in images:
            return "file" if images[path] else None
        _refuse_inside_file(images, path)
        return "directory" if self._holds_file(images, path) else self._base.kind(path)

    def _is_directory_beneath(self, path: str) -> bool:
        with suppress(WorkspaceError):
            return self._base.kind(path) == "directory"
        return False

    def _refuse_directory(self, images: Images, path: str) -> None:
        """Refuse a path that cannot be a file, for the files of the overlay around it."""
        _refuse_inside_file(images, path)
        if self._holds_file(images, path):
            raise NotRegularFile(f"{path} is not a regular file.")

    def _holds_file(self, images: Images, folder: str) -> bool:
        return any(self._names(images).get(folder, {}).values())

    def _names(self, images: Images) -> Names:
        known, names = self._known
        if known is not images:
            names = _names_of(images)
            self._known = images, names
        return names


def _names_of(images: Images) -> Names:
    names: Names = {}
    for path, image in images.items():
        entry = Entry(_name(path), "file", len(image.data)) if image else None
        names.setdefault(_folder(path), {})[_name(path)] = entry
    for path, image in images.items():
        while image and (path := _folder(path)) != ".":
            names.setdefault(_folder(path), {})[_name(path)] = Entry(_name(path), "directory", 0)
    return names


def _refuse_inside_file(images: Images, path: str) -> None:
    while (path := _folder(path)) != ".":
        if images.get(path):
            raise _no_directory(path)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _no_directory(path: str) -> NotRegularFile:
    return NotRegularFile(f"{path} is not a directory.")


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
