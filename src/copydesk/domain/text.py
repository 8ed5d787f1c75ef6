"""Owns `FileText`: the decoded view of a file that encodes back byte for byte.

Lines end at LF only, so CR, form feeds and U+2028 are data; a final LF ends a line and begins none.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from copydesk.domain.ascii_text import AsciiText
from copydesk.domain.encodings import (
    BINARY_PROBE,
    HEAD,
    LEAD,
    SAMPLE,
    UNKNOWN,
    UTF8,
    Encoding,
    Guess,
    ascii_length,
    marked,
    tell,
)
from copydesk.domain.errors import EditError

Characters = str | AsciiText
"""Text that can be searched and counted, and of which stretches can be taken."""
_LARGE = 65_536
"""Bytes from which decoding what is not looked at costs more than it saves."""
_STRETCH = 4_096
"""Characters in which lines are found one by one; in longer texts halves are counted."""
_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "an ELF program"),
    (b"SQLite format 3\0", "an SQLite database"),
)
"""First bytes of formats that may hold no NUL near their start, or that are worth naming."""


def known_format(head: bytes) -> str:
    """Name the format that is told by a file's first bytes and is no text; empty for everything else."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP image"
    return next((name for start, name in _SIGNATURES if head.startswith(start)), "")


def _no_guess(sample: bytes) -> None:
    """Guess nothing."""


class BinaryFile(EditError):
    """The file is not text; the message names its format and size."""


@dataclass(frozen=True, slots=True)
class Splice:
    """A stretch of a text, and what takes its place."""

    start: int
    """Offset in characters."""
    end: int
    """Excluded; the same as `start` where something is put in between."""
    text: str


@dataclass(frozen=True)
class FileText:
    """Text of a file, with what is needed to write it back unchanged."""

    characters: Characters
    """Without the byte order mark, line ends as they are on disk; bytes that are no text are surrogates."""
    encoding: Encoding = UTF8

    @classmethod
    def decode(cls, data: bytes, guess: Guess = _no_guess) -> "FileText":
        """Read bytes as text, so that they come back byte for byte; bytes that are no text are kept as surrogates.

        By a byte order mark, else as UTF-8, else as the file declares, else as `guess` has it. Raises BinaryFile for
        known formats that are no text, and where there is a NUL near the start.
        """
        encoding = marked(data[:HEAD])
        refuse_binary(data[: BINARY_PROBE * 2], encoding, len(data))
        if encoding is None:
            return cls._unmarked(data, guess)
        decoded = cls._exactly(data, encoding)
        if decoded is None:
            raise BinaryFile(f"damaged {encoding.name} text of {len(data):,} bytes")
        return decoded

    @classmethod
    def _unmarked(cls, data: bytes, guess: Guess) -> "FileText":
        if data.isascii():
            characters = AsciiText(data) if len(data) >= _LARGE else data.decode("ascii")
            return cls(characters, tell(data[:HEAD], b"", guess))
        with suppress(UnicodeDecodeError):
            return cls(data.decode("utf-8"))
        encoding = tell(data[:HEAD], sample_of(data), guess)
        return cls._exactly(data, encoding) or cls(data.decode("utf-8", "surrogateescape"), UNKNOWN)

    @classmethod
    def _exactly(cls, data: bytes, encoding: Encoding) -> "FileText | None":
        """Decode what comes back byte for byte; None for what does not."""
        try:
            decoded = cls(data[len(encoding.mark) :].decode(encoding.name, encoding.errors), encoding)
            return decoded if decoded.encode() == data else None
        except UnicodeError:
            return None

    @cached_property
    def text(self) -> str:
        """All characters, decoded."""
        return str(self.characters)

    def encode(self) -> bytes:
        """Give back the bytes; UnicodeEncodeError for a character that the encoding does not have."""
        return self.encoding.mark + self._encoded(str(self.characters))

    def unwritable(self, text: str) -> str:
        """The first character of a text that this file cannot take; empty where it can take all.

        Where the encoding is a guess it takes ASCII and what it holds already; where it is unknown, ASCII.
        """
        if self.encoding.origin == "guessed":
            return next((letter for letter in text if not letter.isascii() and letter not in self.text), "")
        if self.encoding.origin == "unknown":
            return next((letter for letter in text if not letter.isascii()), "")
        try:
            self._encoded(text)
        except UnicodeEncodeError as error:
            return text[error.start]
        return ""

    def with_text(self, text: str) -> "FileText":
        """The same file with another text: encoding and byte order mark stay."""
        return replace(self, characters=text)

    def spliced(self, splice: "Splice") -> "FileText":
        """The same file with a stretch replaced."""
        whole = self.characters
        return self.with_text("".join((whole[: splice.start], splice.text, whole[splice.end :])))

    def spliced_bytes(self, data: bytes, splice: "Splice") -> bytes:
        """What `spliced` encodes to, made of the bytes that this text was decoded from: only what is new is encoded."""
        start, end = self._byte_offset(splice.start), self._byte_offset(splice.end)
        whole = memoryview(data)
        return b"".join((whole[:start], self._encoded(splice.text), whole[end:]))

    def _byte_offset(self, offset: int) -> int:
        if isinstance(self.characters, AsciiText):
            return offset
        return len(self.encoding.mark) + len(self._encoded(self.characters[:offset]))

    def _encoded(self, text: str) -> bytes:
        return text.encode(self.encoding.name, self.encoding.errors)

    def lines_with(self, splice: "Splice") -> int:
        """How many lines there are once a stretch is replaced."""
        whole, size = self.characters, len(self.characters)
        before, taken = self._ended_before(splice.start), whole.count("\n", splice.start, splice.end)
        after = self._ended_before(size) - before - taken
        rest = whole[-1:] if splice.end < size else ""
        last = rest or splice.text[-1:] or whole[max(splice.start - 1, 0) : splice.start]
        return before + splice.text.count("\n") + after + (last not in ("", "\n"))

    @cached_property
    def newline(self) -> str:
        """The line end that most lines have: LF, or CR LF."""
        return dominant_newline(self.characters) or "\n"

    @property
    def line_count(self) -> int:
        """How many lines there are; an empty file has none."""
        return self._ended_before(len(self.characters)) + (self.characters[-1:] not in ("", "\n"))

    @property
    def ends_with_newline(self) -> bool:
        """True where the last line is ended."""
        return self.characters[-1:] == "\n"

    @property
    def lines(self) -> list[str]:
        """The lines without their LF or CR LF."""
        *ended, last = self.text.split("\n")
        return [line.removesuffix("\r") for line in ended] + ([last] if last else [])

    def line_at(self, offset: int) -> int:
        """Number (from 1) of the line that holds the character at an offset."""
        return self._ended_before(offset) + 1

    def _ended_before(self, offset: int) -> int:
        """How many lines end before an offset, counted on from the nearest one before it that was asked about."""
        known = self._ended
        if offset not in known:
            place = max([place for place in known if place <= offset])
            known[offset] = known[place] + self.characters.count("\n", place, offset)
        return known[offset]

    @cached_property
    def _ended(self) -> dict[int, int]:
        """How many lines end before some offsets."""
        return {0: 0}

    def offset_after(self, line: int) -> int:
        """Where the line after `line` begins; 0 is before the first, the end of the text after the last."""
        start, end = 0, len(self.characters)
        if line >= self.line_count:
            return end
        while end - start > _STRETCH:
            middle = (start + end) // 2
            ended = self.characters.count("\n", start, middle)
            start, end, line = (middle, end, line - ended) if ended < line else (start, middle, line)
        for _ in range(line):
            start = self.characters.find("\n", start) + 1
        return start


def dominant_newline(text: Characters) -> str:
    """The line end that most lines of a text have, LF in a tie; an empty string where no line is ended."""
    if "\r" not in text:
        return "\n" if "\n" in text else ""
    lf, crlf = text.count("\n"), text.count("\r\n")
    return "\r\n" if crlf * 2 > lf else "\n" if lf else ""


def with_newlines(text: str, newline: str) -> str:
    """End every line of a text with `newline`; a CR without LF is data."""
    return text.replace("\r\n", "\n").replace("\n", newline)


def sample_of(data: bytes) -> bytes:
    """The bytes that tell a file's encoding: around the first one that is not and after it."""
    start = ascii_length(data)
    return data[max(start - LEAD, 0) : start + SAMPLE] if start < len(data) else b""


def refuse_binary(head: bytes, encoding: Encoding | None, size: int | None = None) -> None:
    """Raise BinaryFile where the first bytes of a file are those of a known format, or hold a NUL character."""
    kind = known_format(head)
    probe = head[:BINARY_PROBE]
    if encoding and encoding.name.startswith("utf-16"):
        probe = head[len(encoding.mark) : 2 * BINARY_PROBE].decode(encoding.name, "replace").encode("utf-8", "replace")
    if not kind and b"\0" in probe:
        kind = "a binary file"
    if kind:
        raise BinaryFile(f"{kind} of {size:,} bytes" if size is not None else kind)
