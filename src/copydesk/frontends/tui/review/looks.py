"""Owns what a person has seen and marked of a file, by the content of its hunks, and the private file that keeps it.

Nothing depends on it: what is missing or damaged counts as not seen. It holds digests, never what was read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from copydesk.config.state import replace_file
from copydesk.frontends.tui.review.offer import OfferedFile

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
        files = self._sessions().get(session)
        return {path: _look(record) for path, record in files.items()} if isinstance(files, dict) else {}

    def save(self, session: str, looks: Mapping[str, Look]) -> None:
        """Keep what was seen; OSError where that cannot be."""
        sessions = self._sessions()
        sessions.pop(session, None)
        sessions[session] = {
            path: {"seen": sorted(look.seen), "reviewed": sorted(look.reviewed)} for path, look in looks.items()
        }
        newest = dict(list(sessions.items())[-KEPT_SESSIONS:])
        replace_file(self.path, json.dumps({"format": FORMAT, "sessions": newest}) + "\n")

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


def marks_of(file: OfferedFile) -> tuple[str, ...]:
    """The mark of each hunk: the lines that it adds and removes, and how many alike come before it in the file.

    Where it stands, and what is around it, may change. A file without hunks has one mark for its content.
    """
    if not file.diff.hunks:
        return (_digest(f"{file.diff.status}\0{file.content}\0{file.diff.new_mode}\0{file.conflict}"),)
    alike: Counter[str] = Counter()
    marks = []
    for hunk in file.diff.hunks:
        changed = (hunk.lines[index] for index in hunk.changes)
        digest = _digest("\0".join(f"{line.kind}{line.text}" for line in changed))
        alike[digest] += 1
        marks.append(f"{digest}-{alike[digest]}")
    return tuple(marks)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _look(record: object) -> Look:
    match record:
        case {"seen": list(seen), "reviewed": list(reviewed)}:
            return Look(frozenset(map(str, seen)), frozenset(map(str, reviewed)))
        case _:
            return Look()
