"""Owns the record of a session on disk: one JSON object a line, only ever appended to.

A torn last line is cut off before the first append; a damaged line in the middle is skipped and reported, never the
whole file. Files are 0600 in folders of 0700, and a journal is locked for as long as its session lives.
"""

import errno
import fcntl
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from copydesk.domain.errors import JournalError
from copydesk.workspace.private import make_private

VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a journal."""

    number: int
    at: float
    """Seconds since the epoch."""
    kind: str
    """`meta`, `opened`, `event`, `tally`, `prompt`, `message`, `note`, `cut`, `unthink` or `repair`."""
    data: dict[str, Any]


class SessionHeld(JournalError):
    """Another process is in the session; it can be read, or gone on with in a copy."""

    def __init__(self, session: str, holder: int | None) -> None:
        who = f" (process {holder})" if holder else ""
        super().__init__(
            f"The session {session} is open in another copydesk{who}. `copydesk sessions show {session}` reads it; "
            f"`copydesk --resume {session} --fork` goes on with a copy."
        )
        self.session = session


class Journal(Protocol):
    """Where a session is recorded."""

    def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
        """Add a record; a durable one is on the disk when this returns. Raises JournalError."""

    def close(self) -> None:
        """Let go of the file."""


class NoJournal:
    """For sessions that leave no record."""

    def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


class FileJournal:
    """A journal in a file."""

    def __init__(self, descriptor: int, path: Path, number: int, clock: Callable[[], float]) -> None:
        self._descriptor = descriptor
        self._number = number
        self._clock = clock
        self.path = path

    def append(self, kind: str, data: dict[str, Any], *, durable: bool = True) -> None:
        """Write one line with one call."""
        self._number += 1
        line = encode_record(Record(self._number, self._clock(), kind, data))
        written = 0
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were written")
            if durable:
                os.fdatasync(self._descriptor)
        except OSError as error:
            self._take_back(written)
            raise JournalError(f"The session cannot be recorded in {self.path}: {error.strerror}.") from error

    def _take_back(self, written: int) -> None:
        """Remove the part of a record that was written, or the next one would be lost with it."""
        if written > 0:
            with suppress(OSError):
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)

    def close(self) -> None:
        """Close the file, which also unlocks it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def encode_record(record: Record) -> bytes:
    """Write a record as one line of ASCII with a checksum."""
    body = {"v": VERSION, "n": record.number, "t": record.at, "k": record.kind, "d": record.data}
    text = json.dumps(body, separators=(",", ":"))
    return f'{text[:-1]},"c":{zlib.crc32(text.encode("ascii"))}}}\n'.encode("ascii")


def decode_record(line: bytes) -> Record | None:
    """Read one line without its LF; None where it is damaged."""
    try:
        text, _, checksum = line.rpartition(b',"c":')
        if zlib.crc32(text + b"}") != int(checksum.removesuffix(b"}")):
            return None
        body = json.loads(line)
        if body["v"] > VERSION:
            return None
        return Record(body["n"], body["t"], body["k"], body["d"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a journal holds."""

    records: tuple[Record, ...]
    damaged: tuple[int, ...] = ()
    """Numbers of the lines that could not be read, counted from 1."""
    good_bytes: int = 0
    """Length up to the end of the last whole line."""


def load(data: bytes) -> Loaded:
    """Read all records that are whole; never raises."""
    records, damaged, end = [], [], 0
    for number, line in enumerate(_whole_lines(data), start=1):
        end += len(line) + 1
        record = decode_record(line)
        if record is None:
            damaged.append(number)
        else:
            records.append(record)
    return Loaded(tuple(records), tuple(damaged), end)


def _whole_lines(data: bytes) -> Iterator[bytes]:
    yield from data.split(b"\n")[:-1]


def create_journal(path: Path, clock: Callable[[], float]) -> FileJournal:
    """Start a journal; its folder is made, private to this user."""
    try:
        make_private(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"No session record can be made at {path}: {error.strerror}.") from error
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return FileJournal(descriptor, path, 0, clock)


def open_journal(path: Path, clock: Callable[[], float]) -> tuple[FileJournal, Loaded]:
    """Open a journal to go on with it: locked, read, and cut to its last whole line."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"The session record {path.name} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SessionHeld(path.stem, _holder(load(path.read_bytes()))) from error
    loaded = load(path.read_bytes())
    if loaded.good_bytes < path.stat().st_size:
        _keep_copy(path)
        os.truncate(descriptor, loaded.good_bytes)
    last = loaded.records[-1].number if loaded.records else 0
    return FileJournal(descriptor, path, last, clock), loaded


def require_free(path: Path) -> None:
    """Raise SessionHeld where a process has a journal open, JournalError where it cannot be opened."""
    if is_held(path):
        raise SessionHeld(path.stem, _holder(load(path.read_bytes())))


def is_held(path: Path) -> bool:
    """Whether a process has a journal open; JournalError where it cannot be opened to see."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"The session record {path.name} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _holder(loaded: Loaded) -> int | None:
    """The process that a locked journal belongs to: who locked it last wrote so into it."""
    opened = [record.data.get("process") for record in loaded.records if record.kind == "opened"]
    return opened[-1] if opened and isinstance(opened[-1], int) else None


def fork_journal(source: Path, path: Path, clock: Callable[[], float]) -> tuple[FileJournal, Loaded]:
    """Start a journal with what another one holds, but for a turn that still runs there; that one is only read.

    JournalError where nothing can be read of it.
    """
    try:
        records = _finished(load(source.read_bytes()).records)
    except OSError as error:
        raise JournalError(f"The session record {source.name} cannot be read: {error.strerror}.") from error
    if not records:
        raise JournalError(f"The session {source.stem} has no finished turn to go on from.")
    journal = create_journal(path, clock)
    for record in records:
        data = {**record.data, "session": path.stem, "copy_of": source.stem} if record.kind == "meta" else record.data
        journal.append(record.kind, data, durable=record is records[-1])
    return journal, load(path.read_bytes())


def _finished(records: Sequence[Record]) -> Sequence[Record]:
    """The records without a turn that has not ended: what is in the making there belongs to another process."""
    said = [record.data.get("event") for record in records]
    if "TurnFinished" not in said:
        return ()
    last_begun = max(number for number, event in enumerate(said) if event == "TurnStarted")
    return records if "TurnFinished" in said[last_begun:] else records[:last_begun]


def remove_journal(path: Path) -> None:
    """Remove a journal for good, and what was kept of a torn one; JournalError where somebody has it open."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.with_suffix(".bad").unlink(missing_ok=True)
            path.unlink()
        finally:
            os.close(descriptor)
    except BlockingIOError as error:
        raise SessionHeld(path.stem, _holder(load(path.read_bytes()))) from error
    except OSError as error:
        raise JournalError(f"The session record {path.name} cannot be removed: {error.strerror}.") from error


def _keep_copy(path: Path) -> None:
    """Keep what is about to be cut, as private as the journal itself."""
    descriptor = os.open(path.with_suffix(".bad"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as copy:
        copy.write(path.read_bytes())
