"""Owns what the model has seen of the files, so that only changes made by somebody else are reported."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from copydesk.domain import events
from copydesk.domain.errors import WorkspaceError
from copydesk.domain.proposals import FileImage, digest
from copydesk.workspace.files import Entry, Files, FileStream, Kind


class Attention:
    """A `Files` that remembers the digest of everything read through it or written by us."""

    def __init__(self, files: Files, emit: Callable[[events.Event], None]) -> None:
        self._files = files
        self._emit = emit
        self._seen: dict[str, str] = {}

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        """Read a file and remember what was seen."""
        image = self._files.read(path, limit)
        self._seen[path] = digest(image.data if image else None)
        return image

    @contextmanager
    def stream(self, path: str) -> Iterator[FileStream]:
        """Open a file to be read in pieces, and remember what was seen once it is read to its end."""
        with self._files.stream(path) as stream:
            yield stream._replace(chunks=self._remembered(path, stream.chunks))

    def _remembered(self, path: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        seen = hashlib.sha256()
        for chunk in chunks:
            seen.update(chunk)
            yield chunk
        self._seen[path] = seen.hexdigest()

    def overlaid(self) -> tuple[str, ...]:
        """Paths that the disk holds otherwise."""
        return self._files.overlaid()

    def entries(self, path: str) -> list[Entry]:
        """List a directory."""
        return self._files.entries(path)

    def kind(self, path: str) -> Kind | None:
        """Say what a path leads to."""
        return self._files.kind(path)

    def notice(self, event: events.Event) -> None:
        """Our own writes are not news."""
        if isinstance(event, events.ChangeApplied):
            self._seen[event.path] = event.digest

    async def refresh(self, path: str) -> None:
        """Remember the file as it is now."""
        await asyncio.to_thread(self.read, path)

    async def changed(self, paths: Iterable[str]) -> None:
        """Report those of the paths that no longer hold what was seen."""
        for path in paths:
            before = self._seen.get(path)
            if before is None:
                continue
            try:
                await asyncio.to_thread(self.read, path)
            except (WorkspaceError, OSError):
                self._seen[path] = "unreadable"
            if self._seen[path] != before:
                self._emit(events.FileChangedOutside(path))
