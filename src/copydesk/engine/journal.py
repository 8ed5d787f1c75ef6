"""Owns the record of a session on disk: one JSON object a line, only ever appended to.

A torn last line is cut off before the first append; a damaged line in the middle is skipped and reported, never the
whole file. Files are 0600 in folders of 0700, and a journal is locked for as long as its session lives.
"""

import errno
import fcntl
import json
import os
import zlib
from collections.abc import Callable, Iterator
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
    """`meta`, `event`, `prompt`, `message`, `note`, `cut`, `unthink` or `repair`."""
    data: dict[str, Any]


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
        raise JournalError(f"The session {path.stem} is open in another copydesk.") from error
    loaded = load(path.read_bytes())
    if loaded.good_bytes < path.stat().st_size:
        _keep_copy(path)
        os.truncate(descriptor, loaded.good_bytes)
    last = loaded.records[-1].number if loaded.records else 0
    return FileJournal(descriptor, path, last, clock), loaded


def _keep_copy(path: Path) -> None:
    """Keep what is about to be cut, as private as the journal itself."""
    descriptor = os.open(path.with_suffix(".bad"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as copy:
        copy.write(path.read_bytes())
