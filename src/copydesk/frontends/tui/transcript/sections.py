"""Owns how a reply is cut into sections that can be rendered each by itself, while it still grows.

A section that is finished is never cut anew, whatever follows it; so a long reply costs what its unfinished end costs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import eq

CODE_CHUNK = 40
"""Lines of a code block that are settled together, so that a long one is not rendered again and again."""
LONGEST_PROSE = 60
"""Lines after which a list, table, quotation or paragraph without a blank line is cut nonetheless."""
LONGEST_LINE = 4_000
"""Characters after which a line is cut; no paragraph that anybody would read is as long."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$")
_LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code block."""

    marker: str
    language: str

    def is_closed_by(self, line: str) -> bool:
        """True for a line that ends the block."""
        stripped = line.strip()
        return len(stripped) >= len(self.marker) and set(stripped) == {self.marker[0]}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a reply that can be rendered by itself."""

    lines: tuple[str, ...]
    language: str | None = None
    """Word after the fence of a code block; None for prose."""
    continues: bool = False
    """The code block, list or paragraph began in the section before, so no blank line stands between."""

    @property
    def is_blank(self) -> bool:
        """True where there is nothing to see."""
        return not self.lines if self.language is not None else not any(line.strip() for line in self.lines)


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open where a section begins."""

    fence: Fence | None = None
    continues: bool = False
    header: tuple[str, ...] = ()
    """Of a table that goes on: its first two lines."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A section where it was found."""

    section: Section
    length: int
    """Characters of the text that it takes, the line end included."""
    opened: Opened
    """What is open after it."""
    is_finished: bool
    """What follows cannot change it."""


class ReplySections:
    """The sections of one reply."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        """Only the last ones, which are not finished, are ever replaced."""
        self._text = ""
        self._finished = 0
        self._finished_characters = 0
        self._opened = Opened()

    def grow(self, text: str) -> int:
        """Take the reply as it is now; returns from which section on it is another than before."""
        if not text.startswith(self._text):
            self._finished, self._finished_characters, self._opened = 0, 0, Opened()
        before, self._text = self.sections[self._finished :], text
        del self.sections[self._finished :]
        first = len(self.sections)
        for piece in cut(text[self._finished_characters :], self._opened):
            self.sections.append(piece.section)
            if piece.is_finished:
                self._finished += 1
                self._finished_characters += piece.length
                self._opened = piece.opened
        same = takewhile(bool, map(eq, before, self.sections[first:]))
        return first + len(list(same))


def is_apart(sections: Sequence[Section], number: int) -> bool:
    """Whether a blank line stands above a section: something came before that it does not go on with."""
    section = sections[number]
    return not (section.continues or section.is_blank) and any(not before.is_blank for before in sections[:number])


def estimated_section(section: Section, width: int) -> int:
    """Guess the lines that a section takes without rendering it."""
    return 0 if section.is_blank else sum(len(line) // max(width, 1) + 1 for line in section.lines)


def cut(text: str, opened: Opened) -> Iterator[Piece]:
    """Cut text into sections."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        if opened.fence is None and len(lines[start]) > LONGEST_LINE:
            piece = _take_words(lines[start], opened.continues)
            lines[start] = lines[start][piece.length :]
        else:
            piece, taken = _take(lines, start, opened)
            start += taken
        opened = piece.opened
        yield piece


def _take(lines: list[str], start: int, opened: Opened) -> tuple[Piece, int]:
    """The section that begins at a line, and how many lines it takes."""
    if opened.fence:
        return _take_code(lines, start, opened.fence, opened.continues)
    if fence := _FENCE.match(lines[start]):
        after = Opened(Fence(fence[1], fence[2]))
        return Piece(Section((), fence[2]), len(lines[start]) + 1, after, start + 1 < len(lines)), 1
    return _take_prose(lines, start, opened)


def _take_words(line: str, continues: bool) -> Piece:
    """The beginning of a line that is too long, up to a blank where there is one."""
    length = line.rfind(" ", 0, LONGEST_LINE) + 1 or LONGEST_LINE
    return Piece(Section((line[:length],), continues=continues), length, Opened(continues=True), is_finished=True)


def _take_code(lines: list[str], start: int, fence: Fence, continues: bool) -> tuple[Piece, int]:
    """The lines of a code block, to its end or to the end of a chunk; its closing line is taken but not shown."""
    taken, is_finished, is_closed = len(lines) - start, False, False
    for number, line in enumerate(lines[start : start + CODE_CHUNK + 1]):
        is_whole = start + number + 1 < len(lines)
        if fence.is_closed_by(line):
            taken, is_finished, is_closed = number + 1, is_whole, True
            break
        if number == CODE_CHUNK and is_whole:
            taken, is_finished = CODE_CHUNK, True
            break
    section = Section(tuple(lines[start : start + taken - is_closed]), fence.language, continues)
    after = Opened() if is_closed else Opened(fence, continues=True)
    return Piece(section, _length(lines, start, taken), after, is_finished), taken


def _take_prose(lines: list[str], start: int, opened: Opened) -> tuple[Piece, int]:
    """Lines up to where something new surely begins, or where there are too many of them."""
    header = opened.header if "|" in lines[start] else ()
    taken, is_finished, is_broken = _prose_end(lines, start)
    shown = tuple(lines[start : start + taken])
    section = Section((*header, *shown), continues=opened.continues and bool(lines[start].strip()))
    after = Opened(continues=is_broken, header=_table_header(section.lines) if is_broken else ())
    return Piece(section, _length(lines, start, taken), after, is_finished), taken


def _prose_end(lines: list[str], start: int) -> tuple[int, bool, bool]:
    """How many lines belong together, whether they are final, and whether what goes on was broken off."""
    is_list = bool(_LIST_ITEM.match(lines[start].lstrip()))
    characters = 0
    for number in range(start + 1, len(lines)):
        line, taken = lines[number], number - start
        is_whole = number + 1 < len(lines)
        characters += len(lines[number - 1])
        is_long = taken >= LONGEST_PROSE or characters > LONGEST_LINE
        if (_FENCE.match(line) and is_whole) or len(line) > LONGEST_LINE:
            return taken, True, False
        if not line.strip() or line[0].isspace():
            continue
        if is_list and (_LIST_ITEM.match(line) or not is_whole):
            if is_long and is_whole:
                return taken, True, True
        elif not lines[number - 1].strip():
            return taken, True, False
        elif is_long and is_whole and not is_list:
            return taken, True, True
    return len(lines) - start, False, False


def _table_header(lines: tuple[str, ...]) -> tuple[str, ...]:
    return lines[:2] if len(lines) > 2 and "|" in lines[0] and _TABLE_RULE.match(lines[1]) else ()


def _length(lines: list[str], start: int, taken: int) -> int:
    return sum(len(line) + 1 for line in lines[start : start + taken])
