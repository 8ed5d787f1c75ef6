"""Owns finding `old_str` in a file: exactly, or with the file's own line ends.

Nothing is ever matched by similarity; what comes near is the business of `hints`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from copydesk.domain.text import Characters, FileText, with_newlines

MOST_OCCURRENCES = 100
"""How many places are looked for; more are as ambiguous as these."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: character offsets, end excluded."""

    start: int
    end: int


def occurrences(text: FileText, wanted: str) -> list[Span]:
    """Where a text stands, overlapping places included, at most `MOST_OCCURRENCES`.

    If it stands nowhere exactly, LF and CR LF count as the same. A span never begins between CR and LF, unless a CR
    was asked for.
    """
    whole = text.characters
    exact = islice(_offsets(whole, wanted), MOST_OCCURRENCES)
    return [_whole_line_end(whole, Span(at, at + len(wanted))) for at in exact] or _by_any_newline(text, wanted)


def _offsets(text: Characters, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _whole_line_end(text: Characters, span: Span) -> Span:
    """Take in the CR of a CR LF whose LF the span begins with: it would be left behind alone."""
    if span.start > 0 and text[span.start - 1 : span.start + 1] == "\r\n":
        return Span(span.start - 1, span.end)
    return span


def _by_any_newline(text: FileText, wanted: str) -> list[Span]:
    """Look for the text with every CR LF on both sides reduced to LF, and give the places in the file as it is."""
    plain = FileText(with_newlines(text.text, "\n"))
    plain_wanted = with_newlines(wanted, "\n")
    if "\n" not in plain_wanted or (len(plain.text) == len(text.text) and plain_wanted == wanted):
        return []
    found = islice(_offsets(plain.text, plain_wanted), MOST_OCCURRENCES)
    return [Span(_original(text, plain, at), _original(text, plain, at + len(plain_wanted))) for at in found]


def _original(text: FileText, plain: FileText, offset: int) -> int:
    """The place in the file of a place in its plain text; columns are the same, line ends may be longer."""
    before = plain.line_at(offset) - 1
    column = offset - (plain.text.rfind("\n", 0, offset) + 1)
    return text.offset_after(before) + column
