"""Owns what is at many paths at once: each directory is read once, and nothing behind a link is there."""

from collections.abc import Mapping

from copydesk.domain.errors import WorkspaceError
from copydesk.workspace.files import Files, Kind


class Tree:
    """The directories of `Files` as they were when first asked about; unreadable ones are empty."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, Mapping[str, Kind]] = {}

    def kind(self, path: str) -> Kind | None:
        """Say what a relative path is, "link" for a link; None where nothing is or a link is on the way."""
        if path == ".":
            return "directory"
        folder, _, name = path.rpartition("/")
        return self._directory(folder or ".").get(name)

    def _directory(self, path: str) -> Mapping[str, Kind]:
        if path not in self._read:
            self._read[path] = self._entries(path) if self._is_reached(path) else {}
        return self._read[path]

    def _is_reached(self, path: str) -> bool:
        """Whether every part of a path is a directory, read from the root on: paths can be thousands deep."""
        outer = "."
        for part in path.split("/") if path != "." else ():
            entries = self._read.get(outer)
            if entries is None:
                entries = self._read[outer] = self._entries(outer)
            if entries.get(part) != "directory":
                return False
            outer = part if outer == "." else f"{outer}/{part}"
        return True

    def _entries(self, path: str) -> Mapping[str, Kind]:
        try:
            return {entry.name: entry.kind for entry in self._files.entries(path)}
        except (WorkspaceError, OSError):
            return {}
