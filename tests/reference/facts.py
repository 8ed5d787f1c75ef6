"""Owns what a model needs to learn from an answer: as data, without the words in which it is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

Row = str | None
"""A line as it is shown; None where how it is shown is left open: bytes of an encoding that nobody declared."""
Rows = tuple[Row, ...]


class Reason(Enum):
    """Why a command is refused."""

    PARAMETER = auto()
    """One is missing, unknown, of the wrong type, or contradicts another."""
    COMMAND = auto()
    PATH = auto()
    """No name of the workspace, or one below a file."""
    ABSENT = auto()
    DIRECTORY = auto()
    BINARY = auto()
    EXISTS = auto()
    RANGE = auto()
    """A line number or a range of lines outside the file."""
    NOT_FOUND = auto()
    NOT_UNIQUE = auto()
    UNCHANGED = auto()
    """The edit would change nothing."""
    ENCODING = auto()
    READ_ONLY = auto()
    NO_CHANGE_TO_UNDO = auto()
    CHANGED_SINCE = auto()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done."""

    reason: Reason
    mentions: tuple[str, ...] = ()
    """What the answer has to name: a parameter, a path, the commands that there are."""
    numbers: tuple[int, ...] = ()
    """Lines or limits that it has to name."""
    rows: Rows = ()
    """All lines of the file: whatever is quoted by number has to be one of them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines of a file."""

    path: str
    rows: Rows
    """Those asked for, the first of them being line `first`."""
    first: int
    total: int
    limit: int
    """Characters that numbered lines may take, line ends between them included."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What is in a directory, two levels deep, in order."""

    path: str
    entries: tuple[str, ...]
    left_out: int
    limit: int


@dataclass(frozen=True, slots=True)
class Edited:
    """A file has new text; a part of it around the change is shown."""

    path: str
    rows: Rows
    """All lines of the file as it is now."""
    changed: tuple[int, int]
    """First and last line that hold new text, or the one at the place of a deletion."""
    shift: int
    """By how much the lines after the change moved; 0 where there are none."""


@dataclass(frozen=True, slots=True)
class Done:
    """Something that is told by naming the file: a creation, an undoing, a wish already fulfilled."""

    path: str


Facts = Refused | Shown | Listed | Edited | Done


class Refusal(Exception):
    """Ends a command of the reference tool."""

    def __init__(self, facts: Refused) -> None:
        super().__init__(facts)
        self.facts = facts


def refuse(reason: Reason, *mentions: str, numbers: tuple[int, ...] = (), rows: Rows = ()) -> Refusal:
    return Refusal(Refused(reason, mentions, numbers, rows))
