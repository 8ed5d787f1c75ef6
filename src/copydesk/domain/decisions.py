"""Owns what a person says of proposed changes: as a whole, by file, by hunk, by line; and what came of it.

A decision is a value bound to what was shown. It changes nothing by itself: `changes/landing.py` says what becomes of
the bytes, and the gate writes them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """What is to become of a hunk or a file."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    """The person wrote another text in its place."""


class Weight(StrEnum):
    """How much a remark weighs."""

    MUST = "must"
    QUESTION = "question"
    NIT = "nit"


@dataclass(frozen=True, slots=True)
class HunkDecision:
    """What is to become of a hunk, or of some of its lines."""

    hunk: int
    """Counts from 1, in the order of the diff that was shown."""
    choice: Choice
    text: str = ""
    """For an edit: what stands in place of the new lines (context included), LF between lines."""
    note: str = ""
    lines: tuple[int, int] | None = None
    """Only these of the hunk's lines: the first (from 0) and the one after the last; None for all of them."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A person's words on a line of a file as it was proposed."""

    path: str
    line: int
    """Counts from 1 in the proposed file; in the old one where `is_old`."""
    text: str
    weight: Weight = Weight.MUST
    is_old: bool = False
    last: int | None = None
    """The last line, for words on several."""


@dataclass(frozen=True, slots=True)
class FileDecision:
    """What is to become of one file's change."""

    path: str
    choice: Choice
    """Of every hunk that is not named below."""
    hunks: tuple[HunkDecision, ...] = ()
    text: str = ""
    """For an edit of the whole file: all of its new text."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of a proposal or of a changeset."""

    accepted: bool
    """Of every file that is not named below."""
    digest: str
    """The digest of what was on screen; a decision on anything else does not count."""
    note: str = ""
    """Said to the model verbatim; a rejection with a note lets the turn go on."""
    is_interruption: bool = False
    """Nobody decided: the person stopped the turn."""
    files: tuple[FileDecision, ...] = ()
    remarks: tuple[Remark, ...] = ()
    overruled: tuple[str, ...] = ()
    """Files in conflict that were shown with the proposed lines put over what others wrote."""

    def on(self, path: str) -> FileDecision:
        """What it says of a file."""
        named = next((file for file in self.files if file.path == path), None)
        return named or FileDecision(path, Choice.ACCEPT if self.accepted else Choice.REJECT)
