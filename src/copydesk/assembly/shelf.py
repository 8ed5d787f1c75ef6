"""Owns how the kept sessions of a workspace are joined: their journals, what waits for a review, who is in them.

One may be written to a new file that the person names, but never into the workspace.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from copydesk.assembly.place import Place
from copydesk.changes.waiting import waiting_paths
from copydesk.domain.errors import GitError, HistoryError, JournalError, UsageError
from copydesk.domain.unified import quoted_path
from copydesk.engine.journal import is_held
from copydesk.engine.shelf import SessionShelf
from copydesk.workspace.live import is_live
from copydesk.workspace.store import PrivateStore


def shelf_of(place: Place) -> SessionShelf:
    """The kept sessions of a workspace; nothing is read yet."""
    store = place.applier.history.store
    return SessionShelf(place.state.sessions, partial(_waiting, store), partial(_is_in_use, place))


def waiting_elsewhere(place: Place, session: str) -> tuple[str, ...]:
    """A sentence for each other session in which edits wait for a review and in which nobody is (blocking)."""
    waiting = _waiting(place.applier.history.store)
    left = [(other, paths) for other, paths in waiting.items() if other != session and not _is_in_use(place, other)]
    return tuple(
        f"Edits of {', '.join(map(quoted_path, paths))} wait for your review in an earlier session: copydesk --resume "
        f"{other} goes on with it, and so does /resume {other} on the screen."
        for other, paths in left
    )


def save_export(place: Place, path: str, text: str) -> str:
    """Write a new private file (blocking), and name it; UsageError where that cannot be, or it lies in the workspace.

    Into the workspace there is one way only, and it leads over the desk.
    """
    target = Path(path).expanduser()
    if not path or not target.is_absolute():
        raise UsageError("Name the file by its whole path, such as ~/session.md.")
    folder = os.path.realpath(target.parent)
    if os.path.commonpath([folder, place.root.path]) == place.root.path:
        raise UsageError(
            "Nothing is written into the workspace but edits; name a file elsewhere, or use "
            "`copydesk sessions export ID > FILE`."
        )
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from error
    return str(target)


def _is_in_use(place: Place, session: str) -> bool:
    """Whether a process is in a session, and not only was before it went to another one."""
    if not is_live(place.applier.history.store, session):
        return False
    try:
        return is_held(place.state.sessions / f"{session}.jsonl")
    except JournalError:
        return True


def _waiting(store: PrivateStore) -> Mapping[str, Sequence[str]]:
    """Session → files of which edits wait there; a list of sessions is shown where that cannot be told."""
    found: dict[str, list[str]] = {}
    try:
        for path, session in waiting_paths(store).items():
            found.setdefault(session, []).append(path)
    except (HistoryError, GitError):
        return {}
    return found
