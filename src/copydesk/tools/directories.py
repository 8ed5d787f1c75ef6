"""Owns how a directory is walked for a view: two levels deep, sorted, without what nobody wants listed."""

from copydesk.domain.errors import WorkspaceError
from copydesk.editor.operations import Listing
from copydesk.workspace.files import Entry, Files

DEPTH = 2
GENERATED = frozenset({"node_modules", "__pycache__"})
"""Directories that programs fill; they are only counted."""


def list_directory(files: Files, path: str) -> Listing:
    """List a directory (blocking); raises WorkspaceError where it cannot be read, unreadable ones in it stay empty."""
    found: list[str] = []
    left_out = _walk(files, path, files.entries(path), found)
    return Listing(tuple(found), left_out)


def _walk(files: Files, path: str, entries: list[Entry], found: list[str], depth: int = 1) -> int:
    """Append what is listed to `found`; the number of entries that are not."""
    listed = sorted((entry for entry in entries if not _is_left_out(entry)), key=lambda entry: entry.name)
    left_out = len(entries) - len(listed)
    for entry in listed:
        below = entry.name if path == "." else f"{path}/{entry.name}"
        is_directory = entry.kind == "directory"
        found.append(below + "/" if is_directory else below)
        if is_directory and depth < DEPTH:
            left_out += _walk(files, below, _readable_entries(files, below), found, depth + 1)
    return left_out


def _is_left_out(entry: Entry) -> bool:
    return entry.name.startswith(".") or entry.name in GENERATED


def _readable_entries(files: Files, path: str) -> list[Entry]:
    try:
        return files.entries(path)
    except (WorkspaceError, OSError):
        return []
