"""Owns a session that is live for a while, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from copydesk.workspace.live import keep_live
from copydesk.workspace.store import PrivateStore


@contextmanager
def live_session(store: PrivateStore, session: str) -> Iterator[None]:
    """Be in a session as a process is that has opened the store for itself."""
    own = PrivateStore(store.directory)
    keep_live(own, session)
    yield
    del own
