"""Owns when the History of a workspace is looked after: at the end of a session, now and then, and never for long.

The clock enters here. Nothing that fails here is an error of the session: it is said, and tried again another time.
"""

import time
from dataclasses import replace

from copydesk.assembly.place import Place
from copydesk.changes.history import History
from copydesk.changes.retention import tidy
from copydesk.config import Config
from copydesk.domain.errors import GitError, HistoryError
from copydesk.domain.retention import DAY, Retention
from copydesk.workspace.git import UserRepository
from copydesk.workspace.store import PrivateStore

_DEADLINE = 20.0
"""Seconds after which packing is given up."""
_PURGE_DEADLINE = 600.0
_PAUSE = 600.0
"""Seconds between two times at least, so that what cannot be done does not hold up every exit."""
_MOST_LOOSE, _MOST_PACKS = 2_000, 50


def keep_up(place: Place, config: Config) -> tuple[str, ...]:
    """Pack the History and let go of what is past its time, if it is time to (blocking, 20 seconds at the most).

    Gives sentences for the person. To be called when a session has ended; where another process is at work, the end of
    a later one will do as well.
    """
    now = time.time()
    try:
        if not _is_due(place.applier.history.store, now):
            return ()
        tidied = tidy(_history(place, _DEADLINE), config.history or Retention(), now)
    except (HistoryError, GitError) as error:
        return (f"The history was not tidied up this time: {error}",)
    return tidied.sentences if tidied else ()


def history_to_purge(place: Place) -> History:
    """The History for a purge, which may take as long as it needs."""
    return _history(place, _PURGE_DEADLINE)


def exporting_repository(place: Place) -> UserRepository:
    """The user's repository, given as long as a copy of all sessions may take."""
    return UserRepository(place.root.path, replace(place.git, deadline=_PURGE_DEADLINE))


def _history(place: Place, deadline: float) -> History:
    store = place.applier.history.store.directory
    return History(PrivateStore(store, replace(place.git, deadline=deadline)))


def _is_due(store: PrivateStore, now: float) -> bool:
    if not (store.directory / "config").exists():
        return False
    # A clock that was set back must not put it off for ever.
    passed = abs(now - store.tidied_at())
    if passed < _PAUSE:
        return False
    loose, packs = store.parts()
    is_due = passed > DAY or loose > _MOST_LOOSE or packs > _MOST_PACKS
    return is_due and not store.is_locked()
