"""Owns how the kept sessions of a workspace are joined: their journals, what waits for a review, and who is in them."""

from collections.abc import Mapping, Sequence
from functools import partial

from copydesk.assembly.place import Place
from copydesk.changes.waiting import waiting_paths
from copydesk.domain.errors import GitError, HistoryError, JournalError
from copydesk.engine.journal import is_held
from copydesk.engine.shelf import SessionShelf
from copydesk.workspace.live import is_live
from copydesk.workspace.store import PrivateStore


def shelf_of(place: Place) -> SessionShelf:
    """The kept sessions of a workspace; nothing is read yet."""
    store = place.applier.history.store
    return SessionShelf(place.state.sessions, partial(_waiting, store), partial(_is_in_use, place))


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
