"""Owns files that are otherwise than on disk, as a test has it."""

from __future__ import annotations

from copydesk.domain.proposals import FileImage
from copydesk.workspace.files import DiskFiles, Entry, Kind
from copydesk.workspace.paths import Root


class OverlaidFiles(DiskFiles):
    """Files that are otherwise than on disk: what is given, or absent where None is given."""

    def __init__(self, root: Root, overlay: dict[str, bytes | None]) -> None:
        super().__init__(root)
        self._overlay = overlay

    def overlaid(self) -> tuple[str, ...]:
        return tuple(self._overlay)

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        if path not in self._overlay:
            return super().read(path, limit)
        data = self._overlay[path]
        return None if data is None else FileImage(data, 0o644)

    def kind(self, path: str) -> Kind | None:
        if path in self._overlay:
            return None if self._overlay[path] is None else "file"
        return super().kind(path)

    def entries(self, path: str) -> list[Entry]:
        prefix = "" if path == "." else f"{path}/"
        names = {entry.name: entry for entry in super().entries(path)}
        for name, data in self._overlay.items():
            if name.startswith(prefix) and "/" not in name[len(prefix) :]:
                names.pop(name[len(prefix) :], None)
                if data is not None:
                    names[name[len(prefix) :]] = Entry(name[len(prefix) :], "file", len(data))
        return [names[name] for name in sorted(names)]
