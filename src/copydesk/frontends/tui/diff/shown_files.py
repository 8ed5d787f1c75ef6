"""Owns the values that a view of differences is given and gives: files, the layout, the place, comments."""

from dataclasses import dataclass
from enum import Enum

from copydesk.domain.diffs import FileDiff

TitledDiffs = tuple[str, tuple[FileDiff, ...], tuple[str, ...]]
"""A title, differences, and what is to be said of them."""


class Layout(Enum):
    """How a difference is laid out."""

    AUTO = "auto"
    """Side by side where the view is wide enough, else unified."""
    UNIFIED = "unified"
    SIDE = "side by side"
    WHOLE = "whole file"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file's difference and what is to be seen with it; nothing of it needs to be safe to show."""

    diff: FileDiff
    before: str | None = None
    """The whole text, for context and the whole file; None where it is not at hand."""
    after: str | None = None
    mark: str = ""
    """What to beware of, such as `protected`."""
    remarks: tuple[str, ...] = ()
    is_folded: bool = False
    """Begins folded: generated files, lock files, deletions."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is."""

    file: int
    """Counts from 0, as the files were given."""
    hunk: int
    """Counts from 1; 0 outside of any hunk."""
    line: int | None = None
    """Number in the new file, or in the old one; None on a header."""
    is_old: bool = False
    row_in_hunk: int | None = None
    """Index of the hunk's lines."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody says of a line or of several; it is drawn under the last of them."""

    file: int
    line: int
    is_old: bool
    last: int | None
    """The last line of a range; None for one line."""
    text: str
    label: str
    """Said before the text and a colon, such as `you, line 39 · must`."""
