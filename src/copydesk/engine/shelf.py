"""Owns reading the sessions that a workspace kept: thousands of them as lines of a list, any one as a whole.

A list reads the head and the tail of each journal only, and nothing here opens one to go on with it: that is
`journal.open_journal`. Whatever is in a file, it gets its line; a damaged one says so there.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from copydesk.domain import events
from copydesk.domain.errors import UsageError
from copydesk.domain.sessions import SessionSummary, Tally, prompt_line, tally_from_json
from copydesk.engine.journal import Record, decode_record, load, remove_journal
from copydesk.engine.resume import envelopes_of

HEAD_BYTES = 1 << 16
"""More than what stands before the first prompt, unless the system prompt is a long one."""
MOST_HEAD_BYTES = 1 << 22
TAIL_BYTES = 1 << 12
"""What is read first of the end; more where the last tally lies further up."""
_TALLY = b'"k":"tally"'
_PROMPT = b'"event":"TurnStarted"'
_USAGE = b'"event":"UsageReported"'
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

NOTHING = "nothing in it can be read"


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A session as a whole, read and not opened."""

    summary: SessionSummary
    envelopes: tuple[events.Envelope, ...]
    damaged: int = 0
    """Records that could not be read, and are left out."""


@dataclass(frozen=True, slots=True)
class SessionShelf:
    """The sessions of one workspace; all methods block."""

    directory: Path
    waiting: Callable[[], Mapping[str, Sequence[str]]]
    """Session → the files of which edits wait for a review there."""
    is_live: Callable[[str], bool]
    """Whether a process is in a session."""

    def sessions(self) -> tuple[SessionSummary, ...]:
        """A line on each session in which anything was asked, the last used one first."""
        waiting = self.waiting()
        listed = [self._completed(summarize(path), waiting) for path in self.directory.glob("*.jsonl")]
        used = (one for one in listed if not one.is_idle)
        return tuple(sorted(used, key=lambda one: (one.used_at, one.id), reverse=True))

    def read(self, prefix: str) -> KeptConversation:
        """Read a session by the beginning of its id; UsageError where there is no such one or it cannot be read."""
        path = find_journal(self.directory, prefix)
        try:
            loaded = load(path.read_bytes())
        except OSError as error:
            raise UsageError(f"The session {path.stem} cannot be read: {error.strerror}.") from error
        summary = self._completed(summarize(path), self.waiting())
        return KeptConversation(summary, tuple(envelopes_of(path.stem, loaded.records)), len(loaded.damaged))

    def removable(self, prefix: str) -> str:
        """The id of a session that can be deleted; UsageError where it is in use or edits wait there."""
        identity = find_journal(self.directory, prefix).stem
        if waiting := self.waiting().get(identity):
            raise UsageError(
                f"Edits of {', '.join(waiting)} wait for a review in {identity}; decide about them before it goes."
            )
        if self.is_live(identity):
            raise UsageError(f"The session {identity} is in use; it can be deleted once it has ended.")
        return identity

    def delete(self, prefix: str) -> None:
        """Remove the record of a session for good; UsageError or JournalError where it stays."""
        remove_journal(self.directory / f"{self.removable(prefix)}.jsonl")

    def _completed(self, summary: SessionSummary, waiting: Mapping[str, Sequence[str]]) -> SessionSummary:
        """Add what the journal itself does not know."""
        return replace(summary, waiting=tuple(waiting.get(summary.id, ())), is_live=self.is_live(summary.id))


def find_journal(directory: Path, prefix: str) -> Path:
    """The journal of a session by the beginning of its id; for an empty one the last in which anything was asked."""
    found = sorted(directory.glob("*.jsonl"), key=_used_at)
    matching = [path for path in found if path.stem == prefix] or [p for p in found if p.stem.startswith(prefix)]
    if not matching:
        wanted = f"a session {prefix!r}" if prefix else "any session to go on with"
        raise UsageError(f"This workspace does not have {wanted}.")
    if prefix and len(matching) > 1:
        raise UsageError(f"{prefix!r} fits {len(matching)} sessions; give more of the id.")
    if prefix:
        return matching[-1]
    # A session that was only opened and left again is not the one that anybody wants to go on with.
    return next((path for path in reversed(matching) if not summarize(path).is_idle), matching[-1])


def _used_at(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0


def summarize(path: Path) -> SessionSummary:
    """Read the head and the tail of a journal; never raises for what is in it, nor where it cannot be read."""
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb", buffering=0) as journal:
            facts = os.fstat(journal.fileno())
            unread = SessionSummary(path.stem, facts.st_mtime, facts.st_size)
            if not stat.S_ISREG(facts.st_mode):
                return replace(unread, fault="it is no regular file")
            return _summary(unread, journal)
    except OSError as error:
        return SessionSummary(path.stem, _used_at(path) / 1e9, 0, fault=f"it cannot be read: {error.strerror}")


def _summary(unread: SessionSummary, journal: BinaryIO) -> SessionSummary:
    head = _head(journal)
    tail, is_torn = _tail(journal, unread.size)
    records = [record for line in head if (record := decode_record(line))]
    begun = next((record for record in records if record.kind == "meta"), None)
    prompt = next((record.data for record in records if record.data.get("event") == "TurnStarted"), {})
    tally, last = _tallied(unread.id, tail)
    first = records[0] if records else last
    return replace(
        unread,
        begun_at=first.at if first else None,
        used_at=last.at if last else unread.used_at,
        model=str(begun.data.get("model", "")) if begun else "",
        prompt=prompt_line(str(prompt.get("prompt", ""))),
        tally=tally,
        is_torn=is_torn,
        fault="" if first else NOTHING,
    )


def _head(journal: BinaryIO) -> list[bytes]:
    """The lines up to the first prompt that tell something: the first one of all, and the prompt's."""
    size = HEAD_BYTES
    while True:
        journal.seek(0)
        data = journal.read(size)
        lines = data.split(b"\n")[:-1]
        prompt = next((line for line in lines if _PROMPT in line), None)
        if prompt or len(data) < size or size >= MOST_HEAD_BYTES:
            return [*lines[:1], *([prompt] if prompt else [])]
        size *= 8


def _tail(journal: BinaryIO, end: int) -> tuple[list[bytes], bool]:
    """The whole lines from the last tally on, or all where there is none; and whether something torn follows."""
    size = TAIL_BYTES
    while True:
        start = max(end - size, 0)
        journal.seek(start)
        *lines, rest = journal.read(end - start).split(b"\n")
        whole = lines if start == 0 else lines[1:]
        found = next((number for number in range(len(whole) - 1, -1, -1) if _is_tally(whole[number])), None)
        if found is not None or start == 0:
            return whole[found or 0 :], bool(rest)
        size *= 8


def _is_tally(line: bytes) -> bool:
    return _TALLY in line[:100] and decode_record(line) is not None


def _tallied(session: str, lines: Sequence[bytes]) -> tuple[Tally, Record | None]:
    """What the session came to by its last lines, and the last record that can be read."""
    tally = _tally_of(decode_record(lines[0])) if lines else None
    records = [record for line in _telling(lines) if (record := decode_record(line))]
    last = next((record for line in reversed(lines) if (record := decode_record(line))), None)
    return (tally or Tally()).plus(envelopes_of(session, records)), last


def _telling(lines: Sequence[bytes]) -> Iterator[bytes]:
    return (line for line in lines if _USAGE in line or _PROMPT in line)


def _tally_of(record: Record | None) -> Tally | None:
    if record is None or record.kind != "tally":
        return None
    try:
        return tally_from_json(record.data)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
