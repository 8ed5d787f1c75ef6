"""Owns the files of the reference, and what an edit of one leaves to be undone."""

from __future__ import annotations

from dataclasses import dataclass

WRITE_BITS = 0o222
"""A file without any of them is not edited."""


@dataclass(slots=True)
class Node:
    """A file; two names of one node are hard links."""

    data: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Change:
    """An edit of this session that is not undone; None for no file."""

    before: bytes | None
    after: bytes
    folders: tuple[str, ...] = ()
    """Directories that were made for a new file, outermost first."""
