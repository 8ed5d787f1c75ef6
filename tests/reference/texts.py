"""Owns bytes as text: encodings, lines, line ends, and where a text stands, as the specification's 1.6 and 2 say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.reference.facts import Rows

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
"""Byte order marks: hidden from the model, kept in the file."""
ONE_BYTE = "latin-1"
"""Bytes of an unknown encoding are edited as one character each, which comes back as the same byte."""
DECLARATION = re.compile(
    rb"(?:[^\n]*\n)?(?:[ \t\f]*#[^\n]*?coding[:=][ \t]*latin-?1?(?![-\w.])"
    rb"|[^\n]*-\*-[^\n]*?\bcoding:[ \t]*latin-?1?(?![-\w.])[^\n]*-\*-)"
)
"""In one of the first two lines, as PEP 263 has it; no other encoding is declared in these tests."""
SIGNATURES = (b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF")
LOOKED_AT = 8192
"""Characters in which a NUL makes a file binary."""
PIECE = re.compile(r"[^\n]*\n|[^\n]+")
LINE_END = r"(?:\r\n|(?<!\r)\n)"
NOT_WITHIN_PAIR = r"(?!(?<=\r)\n)"


@dataclass(frozen=True)
class Text:
    """What a file holds."""

    body: str
    codec: str = "utf-8"
    mark: bytes = b""
    is_of_unknown_encoding: bool = False

    def encoded(self, body: str) -> bytes:
        """The bytes of the file with another body."""
        return self.mark + body.encode(self.codec)

    def can_hold(self, new: str) -> bool:
        """Whether the file's encoding has all characters of a text; of an unknown one only ASCII is sure."""
        try:
            new.encode("ascii" if self.is_of_unknown_encoding else self.codec)
        except UnicodeEncodeError:
            return False
        return True

    @property
    def is_declared(self) -> bool:
        """Whether the file itself says what it is in."""
        return self.codec == ONE_BYTE and not self.is_of_unknown_encoding

    @property
    def newline(self) -> str:
        return newline_of(self.body) or "\n"

    @cached_property
    def pieces(self) -> list[str]:
        """The lines with their ends; only LF ends one."""
        return PIECE.findall(self.body)

    @property
    def rows(self) -> Rows:
        """The lines as they are shown: without LF, and without a CR before it."""
        lines = [re.sub(r"\r?\n\Z", "", piece) for piece in self.pieces]
        return tuple(None if self.is_of_unknown_encoding and not line.isascii() else line for line in lines)

    def line_of(self, offset: int) -> int:
        """Number of the line that a character belongs to."""
        return 1 + self.body[:offset].count("\n")


def decoded(data: bytes) -> Text | None:
    """Give the text of a file, None where it is binary."""
    text = _decoded(data)
    return None if data.startswith(SIGNATURES) or "\0" in text.body[:LOOKED_AT] else text


def is_declared(data: bytes) -> bool:
    """Whether bytes would be read as what they declare."""
    return _decoded(data).is_declared


def _decoded(data: bytes) -> Text:
    """By the mark, else as UTF-8, else as declared; what is ASCII so far is what it declares, too."""
    declared = ["latin-1"] if DECLARATION.match(data) else []
    marked = [(mark, codec) for mark, codec in MARKS if data.startswith(mark)]
    names = [*declared, "utf-8"] if data.isascii() else ["utf-8", *declared]
    for mark, codec in [*marked, *((b"", name) for name in names)]:
        try:
            return Text(data[len(mark) :].decode(codec), codec, mark)
        except UnicodeDecodeError:
            continue
    return Text(data.decode(ONE_BYTE), ONE_BYTE, is_of_unknown_encoding=True)


def newline_of(body: str) -> str:
    """Give the line end of most lines, LF if both are as many, nothing where no line ends."""
    crlf = body.count("\r\n")
    lf = body.count("\n") - crlf
    return "\r\n" if crlf > lf else "\n" if lf else ""


def with_line_ends(body: str, newline: str) -> str:
    return re.sub(r"\r?\n", lambda _: newline, body)


def places(body: str, wanted: str) -> list[tuple[int, int]]:
    """Where a text stands, overlaps counted: as it is, else with LF and CR LF taken for the same.

    A place that begins with the LF of a CR LF begins with its CR.
    """
    exact = list(_starts(body, wanted))
    if exact:
        return [(at - (at > 0 and body.startswith("\r\n", at - 1)), at + len(wanted)) for at in exact]
    lines = re.split("\r?\n", wanted)
    if len(lines) == 1:
        return []
    pattern = LINE_END.join(map(re.escape, lines)) + NOT_WITHIN_PAIR
    return [found.span(1) for found in re.finditer(f"(?=({pattern}))", body)]


def _starts(body: str, wanted: str) -> Iterator[int]:
    at = body.find(wanted)
    while at >= 0:
        yield at
        at = body.find(wanted, at + 1)
