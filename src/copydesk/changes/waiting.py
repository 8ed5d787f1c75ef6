"""Owns which files of a workspace wait for a review, in whatever session: nothing else may move them meanwhile."""

import re
from pathlib import Path

from copydesk.changes.gathered import read_overlay
from copydesk.domain.errors import HistoryError
from copydesk.workspace.store import PrivateStore

OVERLAYS = "refs/overlays"
SESSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def waiting_paths(store: PrivateStore) -> dict[str, str]:
    """Path → the session in which an edit of it waits for a review, of all sessions of a workspace (blocking).

    HistoryError where what waits in one of them cannot be read.
    """
    folder = store.directory / OVERLAYS
    files = folder.iterdir() if folder.is_dir() else ()
    sessions = sorted(file.name for file in files if SESSION_NAME.fullmatch(file.name))
    documents = store.cat([f"{OVERLAYS}/{session}:overlay.json" for session in sessions]) if sessions else []
    waiting: dict[str, str] = {}
    for session, document in zip(sessions, documents, strict=True):
        if document is None and (folder / session).exists():
            raise damaged(folder / session)
        if document is None:
            # It was decided since the names were listed: nothing of it waits any more.
            continue
        waiting.update((path, session) for gathered in read_overlay(document) for path in gathered.paths)
    return waiting


def damaged(file: Path) -> HistoryError:
    return HistoryError(f"The record of the pending edits is damaged; remove {file} to go on without them.")
