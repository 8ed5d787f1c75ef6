"""Owns how sessions leave the History: those whose time is past, and those that a person wants gone.

A session goes with everything that it alone holds: its steps, and what waits in it for a review. Its ref goes first,
then what no ref reaches any more, so that a process which is killed leaves each session whole or gone. Never touches
the workspace, nor a session that a process is in.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from copydesk.changes.gathered import read_overlay
from copydesk.changes.history import History
from copydesk.domain.errors import HistoryError
from copydesk.domain.retention import KeptSession, Retention, plan
from copydesk.workspace.live import ended_session, is_live, sweep_ended
from copydesk.workspace.store import PrivateStore

_SESSIONS, _OVERLAYS = "refs/sessions", "refs/overlays"
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Tidied:
    """What became of the History when it was looked after."""

    dropped: tuple[KeptSession, ...]
    """Oldest first."""
    size: int
    """Bytes that it takes on disk now."""
    retention: Retention

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the person should know."""
        return tuple(self._said())

    def _said(self) -> Iterator[str]:
        allowed, taken = mebibytes(self.retention.size), mebibytes(self.size)
        if self.dropped:
            yield f"The oldest sessions left the history ({len(self.dropped)}); they cannot be taken back any more."
        if self.size > self.retention.size:
            yield (
                f"The history of this workspace takes {taken} and may take {allowed}: what is left is too new, in use, "
                "or waits for a review. `copydesk history --purge` makes room."
            )
        elif self.size >= self.retention.alarm:
            yield f"The history of this workspace takes {taken} of {allowed}; beyond that its oldest sessions go."


def kept_sessions(history: History) -> list[KeptSession]:
    """Say what the History holds of each session (blocking, two git processes), oldest first."""
    store = history.store
    steps = history.steps()
    overlays = store.refs(_OVERLAYS)
    if not (steps or overlays):
        return []
    owners = {tip: session for session, tip in overlays.items()} | {step.commit: step.meta.session for step in steps}
    used = {session: store.changed_at(f"{_OVERLAYS}/{session}") for session in overlays}
    for step in steps:
        used[step.meta.session] = max(step.at, used.get(step.meta.session, 0.0))
    sizes = _sizes(store, owners)
    waiting = _waiting(store, overlays)
    kept = (
        KeptSession(session, at, sizes.get(session, 0), is_live(store, session), session in waiting)
        for session, at in used.items()
    )
    return sorted(kept, key=lambda one: (one.used_at, one.session))


def tidy(history: History, retention: Retention, now: float) -> Tidied | None:
    """Let go of what is past its time or too much, and pack the rest (blocking); `now` in seconds since the epoch.

    None where a step was interrupted: it is to be settled first. HistoryError or GitError where it fails; each
    session is then whole or gone.
    """
    with history.locked():
        if history.may_be_interrupted():
            return None
        history.store.mark_tidied()
        history.store.clear_leftovers()
        kept = kept_sessions(history)
        dropped = _carry_out(history.store, kept, plan(kept, retention, now))
        return Tidied(dropped, history.store.disk_size(), retention)


def to_purge(history: History, path: str | None = None) -> list[KeptSession]:
    """Say which sessions a purge would drop, live ones that it would have to leave included (blocking).

    All of them, or those with a step or a waiting edit in a file or below a folder; `path` is relative to the root.
    """
    kept = kept_sessions(history)
    if path is None:
        return kept
    touching = {step.meta.session for step in history.steps() if _touches((file.path for file in step.files), path)}
    overlays = _overlaid(history.store, history.store.refs(_OVERLAYS))
    touching |= {session for session, paths in overlays.items() if paths is None or _touches(paths, path)}
    return [one for one in kept if one.session in touching]


def purge(history: History, sessions: Collection[str]) -> tuple[KeptSession, ...]:
    """Drop sessions and every byte that they alone hold (blocking); gives those that are gone: never a live one.

    HistoryError where a step was interrupted, where there is too little room, or where something outlived it.
    """
    with history.locked():
        if history.may_be_interrupted():
            raise HistoryError("A change was interrupted here and is not settled yet; start copydesk once, then purge.")
        store = history.store
        store.clear_leftovers()
        tips, kept = store.refs(_SESSIONS), kept_sessions(history)
        dropped = _carry_out(store, kept, [one for one in kept if one.session in sessions])
        gone = [tips[one.session] for one in dropped if one.session in tips]
        if gone and any(store.disk_sizes(gone)):
            raise HistoryError(f"Something in {store.directory} still names what was purged; look at its refs.")
    return dropped


def _carry_out(
    store: PrivateStore, kept: Sequence[KeptSession], leaving: Collection[KeptSession]
) -> tuple[KeptSession, ...]:
    """Drop those of the leaving that are not live now, and pack what stays. Needs the lock."""
    sweep_ended(store)
    needed = 2 * sum(one.size for one in kept if one not in leaving)
    if store.free_space() < needed:
        raise HistoryError(
            f"There is too little room to pack the history: {store.directory} needs {mebibytes(needed)} free. "
            "Nothing was dropped."
        )
    dropped = tuple(one for one in leaving if _drop(store, one.session))
    store.pack()
    return dropped


def _drop(store: PrivateStore, session: str) -> bool:
    """Remove what names a session, unless somebody is in it; nobody comes into it meanwhile."""
    with ended_session(store, session) as is_ended:
        if is_ended:
            store.drop(f"{_OVERLAYS}/{session}")
            store.drop(f"{_SESSIONS}/{session}")
    return is_ended


def _sizes(store: PrivateStore, owners: dict[str, str]) -> dict[str, int]:
    """Session → bytes on disk of what it holds and nothing newer does; `owners` gives the session of each commit."""
    globs = (f"--glob={_SESSIONS}/*", f"--glob={_OVERLAYS}/*")
    listed = store.run(("rev-list", "--objects", "--in-commit-order", *globs)).decode("ascii", "replace")
    names = [line.partition(" ")[0] for line in listed.splitlines()]
    sizes: dict[str, int] = {}
    owner = ""
    for name, size in zip(names, store.disk_sizes(names), strict=True):
        owner = owners.get(name, owner)
        sizes[owner] = sizes.get(owner, 0) + size
    return sizes


def _waiting(store: PrivateStore, overlays: dict[str, str]) -> set[str]:
    """The sessions in which edits wait for a review, or of which that cannot be told."""
    return {session for session, paths in _overlaid(store, overlays).items() if paths is None or paths}


def _overlaid(store: PrivateStore, overlays: dict[str, str]) -> dict[str, list[str] | None]:
    """Session → the paths of the edits that wait in it; None where that cannot be read."""
    documents = store.cat([f"{tip}:overlay.json" for tip in overlays.values()]) if overlays else []
    found: dict[str, list[str] | None] = dict.fromkeys(overlays)
    for session, document in zip(overlays, documents, strict=True):
        with suppress(HistoryError):
            found[session] = [path for gathered in read_overlay(document or b"") for path in gathered.paths]
    return found


def _touches(paths: Iterable[str], path: str) -> bool:
    folder = "" if path in ("", ".") else f"{path.rstrip('/')}/"
    return any(one == path or one.startswith(folder) for one in paths)


def mebibytes(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / _MEBIBYTE:,.1f} MiB"
