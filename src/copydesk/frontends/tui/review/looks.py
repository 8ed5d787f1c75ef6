"""Owns what a person has seen, marked and said of a file, by its hunks' content, and the private file that keeps it.

What is missing or damaged counts as neither seen nor said. It holds digests, the person's own words, and the line that
these are on; nothing else of what was read.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from copydesk.config.state import replace_file
from copydesk.frontends.tui.review.unfinished import (
    UNSAID,
    SaidWords,
    Unfinished,
    read_said,
    read_unfinished,
    record_of,
)
from copydesk.workspace.private import make_private

FORMAT = 1
KEPT_SESSIONS = 50
"""Sessions of which it is known what was seen, those that were reviewed last."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a person has seen of a file."""

    seen: frozenset[str] = frozenset()
    """Of each hunk the mark by which it is known."""
    reviewed: frozenset[str] = frozenset()
    """Those of them that the person marked as reviewed."""
    unfinished: Unfinished = UNSAID
    """What was said of it in a review that is not finished."""
    said: tuple[SaidWords, ...] = ()
    """What was said on its lines in the last review that was finished."""


class LookStore(Protocol):
    """Where looks are kept between one start and the next; its methods block."""

    def load(self, session: str) -> dict[str, Look]:
        """What was seen in a session, by path."""

    def save(self, session: str, looks: Mapping[str, Look]) -> None:
        """Keep what was seen; OSError where that cannot be."""


class UnkeptLooks:
    """A store that keeps nothing."""

    def load(self, session: str) -> dict[str, Look]:
        """Nothing."""
        return {}

    def save(self, session: str, looks: Mapping[str, Look]) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class FileLooks:
    """A store in one file of the workspace's state."""

    path: Path

    def load(self, session: str) -> dict[str, Look]:
        """What was seen in a session, by path."""
        return _looks(self._sessions().get(session))

    def load_all(self) -> dict[str, dict[str, Look]]:
        """What was seen in each session, those that were reviewed last at the end."""
        return {session: _looks(files) for session, files in self._sessions().items()}

    def save(self, session: str, looks: Mapping[str, Look]) -> None:
        """Keep what was seen; OSError where that cannot be."""
        with self._alone():
            sessions = self._sessions()
            sessions.pop(session, None)
            sessions[session] = {path: _record(look) for path, look in looks.items()}
            newest = dict(list(sessions.items())[-KEPT_SESSIONS:])
            replace_file(self.path, json.dumps({"format": FORMAT, "sessions": newest}) + "\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process save meanwhile: it would forget what this one keeps."""
        make_private(self.path.parent)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _sessions(self) -> dict[str, Any]:
        try:
            values: Any = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        match values:
            case {"format": int(number), "sessions": dict(sessions)} if number == FORMAT:
                return sessions
            case _:
                return {}


def _looks(files: object) -> dict[str, Look]:
    return {path: _look(record) for path, record in files.items()} if isinstance(files, dict) else {}


def _record(look: Look) -> dict[str, Any]:
    record: dict[str, Any] = {"seen": sorted(look.seen), "reviewed": sorted(look.reviewed)}
    if look.unfinished != UNSAID:
        record["unfinished"] = record_of(look.unfinished)
    if look.said:
        record["said"] = [asdict(words) for words in look.said]
    return record


def _look(record: object) -> Look:
    match record:
        case {"seen": list(seen), "reviewed": list(reviewed), **more}:
            marks = frozenset(map(str, seen)), frozenset(map(str, reviewed))
            return Look(*marks, read_unfinished(more.get("unfinished")), read_said(more.get("said")))
        case _:
            return Look()
