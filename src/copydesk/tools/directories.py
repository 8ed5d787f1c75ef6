"""Owns how a directory is walked for a view: two levels deep, sorted, without what nobody wants or may see listed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from copydesk.domain.errors import WorkspaceError
from copydesk.editor.operations import Listing
from copydesk.workspace.files import Entry, Files

DEPTH = 2
GENERATED = frozenset({"node_modules", "__pycache__"})
"""Directories that programs fill; they are only counted."""


def list_directory(files: Files, path: str, is_denied: Callable[[str], bool]) -> Listing:
    """List a directory (blocking); raises WorkspaceError where it cannot be read, unreadable ones in it stay empty.

    `is_denied` says whether a path may not be listed; that of a directory ends in `/`.
    """
    walk = _Walk(files, is_denied)
    walk.take("" if path == "." else f"{path}/", files.entries(path))
    return Listing(tuple(walk.found), walk.left_out)


@dataclass(slots=True)
class _Walk:
    """What was found so far, and how much was not listed."""

    files: Files
    is_denied: Callable[[str], bool]
    found: list[str] = field(default_factory=list)
    left_out: int = 0

    def take(self, above: str, entries: list[Entry], depth: int = 1) -> None:
        """Take the entries of a directory, whose path ends in `/` or is empty, and of those in it."""
        for entry in sorted(entries, key=lambda entry: entry.name):
            is_directory = entry.kind == "directory"
            path = f"{above}{entry.name}/" if is_directory else above + entry.name
            if _is_left_out(entry) or self.is_denied(path):
                self.left_out += 1
                continue
            self.found.append(path)
            if is_directory and depth < DEPTH:
                self.take(path, _readable_entries(self.files, path.rstrip("/")), depth + 1)


def _is_left_out(entry: Entry) -> bool:
    return entry.name.startswith(".") or entry.name in GENERATED


def _readable_entries(files: Files, path: str) -> list[Entry]:
    try:
        return files.entries(path)
    except (WorkspaceError, OSError):
        return []
