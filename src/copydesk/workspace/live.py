"""Owns which sessions of a workspace are live: a file for each beside the store, locked as long as a process is in it.

The journal's lock would not do: a tool server has none, nor has a session that leaves no record.
"""

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from copydesk.workspace.private import make_private
from copydesk.workspace.store import PrivateStore

_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


def keep_live(store: PrivateStore, session: str) -> None:
    """Keep a session from being dropped from the store as long as this process uses it; waits while it is dropped.

    Nothing has to be ended: front ends end in many ways. Where the state cannot be written nothing is kept, and there
    is nothing to lose.
    """
    lock = _join(_file(store, session))
    if lock is not None:
        weakref.finalize(store, os.close, lock)


def is_live(store: PrivateStore, session: str) -> bool:
    """Tell whether a process is in a session; True too where nothing can tell."""
    try:
        lock = os.open(_file(store, session), _FLAGS)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _is_alone(lock)
    finally:
        os.close(lock)


@contextmanager
def ended_session(store: PrivateStore, session: str) -> Iterator[bool]:
    """Keep processes out of a session; False where one is in it, or nothing can tell. Needs the store's lock."""
    file = _file(store, session)
    try:
        make_private(file.parent)
        lock = os.open(file, _FLAGS | os.O_CREAT, 0o600)
    except OSError:
        yield False
        return
    try:
        is_ended = _is_alone(lock)
        yield is_ended
        if is_ended:
            # Who waits for the lock sees that the file has lost its name, and makes a new one.
            with suppress(OSError):
                file.unlink()
    finally:
        os.close(lock)


def sweep_ended(store: PrivateStore) -> None:
    """Remove the files of sessions that nobody is in any more. Needs the store's lock."""
    for file in sorted(_folder(store).glob("*")):
        with ended_session(store, file.name):
            pass


def _folder(store: PrivateStore) -> Path:
    # Beside the store, which is made with its first step only.
    return store.directory.with_name("live")


def _file(store: PrivateStore, session: str) -> Path:
    return _folder(store) / session


def _join(file: Path) -> int | None:
    """Open and lock the file of a session; None where that cannot be."""
    with suppress(OSError):
        make_private(file.parent)
        while True:
            lock = os.open(file, _FLAGS | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH)
            except OSError:
                os.close(lock)
                raise
            if os.fstat(lock).st_nlink:
                return lock
            os.close(lock)
    return None


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
