"""Owns the editor tool's commands as typed values; what the model sent has already been checked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Show a file, a range of its lines, or a directory."""

    path: str
    view_range: tuple[int, int] | None = None
    """First and last line, 1-based and inclusive; -1 as the last means to the end."""


@dataclass(frozen=True, slots=True)
class Create:
    """Write a new file."""

    path: str
    file_text: str


@dataclass(frozen=True, slots=True)
class StrReplace:
    """Replace text that occurs exactly once."""

    path: str
    old_str: str
    new_str: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Put lines after a line."""

    path: str
    insert_line: int
    """0 is before line 1; the number of lines is after the last."""
    insert_text: str


@dataclass(frozen=True, slots=True)
class UndoEdit:
    """Take back this session's last change to a file (older tool versions only)."""

    path: str


EditCommand = View | Create | StrReplace | Insert | UndoEdit
