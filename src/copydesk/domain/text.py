"""Owns `FileText`: the decoded view of a file that encodes back byte for byte.

Lines end at LF only, so CR, form feeds and U+2028 are data; a final LF ends a line and begins none.
"""

import re
from dataclasses import dataclass, replace

from copydesk.domain.errors import EditError

UTF8_BOM = b"\xef\xbb\xbf"
_BOMS = ((UTF8_BOM, "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
BINARY_PROBE = 8_192
"""How many characters are searched for a NUL; text editors and git look about as far."""
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
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_OTHER_THAN_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


class BinaryFile(EditError):
    """The file is not text; the message names its format and size."""


@dataclass(frozen=True, slots=True)
class FileText:
    """Text of a file, with what is needed to write it back unchanged."""

    text: str
    """Decoded, without the byte order mark, line ends as they are on disk; bytes that are no text are surrogates."""
    encoding: str = "utf-8"
    bom: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> "FileText":
        """Read bytes as text: by a byte order mark, else as UTF-8 with undecodable bytes kept as surrogates.

        Raises BinaryFile for known formats that are no text, and where there is a NUL near the start.
        """
        decoded = next((marked for bom, name in _BOMS if (marked := _decode_marked(data, bom, name))), None)
        decoded = decoded or cls(data.decode("utf-8", "surrogateescape"))
        kind = next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")
        if not kind and "\0" in decoded.text[:BINARY_PROBE]:
            kind = "a binary file"
        if kind:
            raise BinaryFile(f"{kind} of {len(data):,} bytes")
        return decoded

    def encode(self) -> bytes:
        """Give back the bytes."""
        errors = "surrogateescape" if self.encoding == "utf-8" else "surrogatepass"
        return self.bom + self.text.encode(self.encoding, errors)

    def with_text(self, text: str) -> "FileText":
        """The same file with another text: encoding and byte order mark stay."""
        return replace(self, text=text)

    def spliced(self, start: int, end: int, text: str) -> "FileText":
        """The same file with the characters from `start` up to `end` replaced."""
        return self.with_text(self.text[:start] + text + self.text[end:])

    @property
    def has_unknown_encoding(self) -> bool:
        """True where there are bytes that are not UTF-8, and no other character that shows the file to be UTF-8."""
        if self.encoding != "utf-8" or self.text.isascii():
            return False
        return bool(_ESCAPED_BYTE.search(self.text)) and not _OTHER_THAN_ASCII.search(self.text)

    @property
    def newline(self) -> str:
        """The line end that most lines have: LF, or CR LF."""
        return dominant_newline(self.text) or "\n"

    @property
    def line_count(self) -> int:
        """How many lines there are; an empty file has none."""
        return self.text.count("\n") + (not self.ends_with_newline and self.text != "")

    @property
    def ends_with_newline(self) -> bool:
        """True where the last line is ended."""
        return self.text.endswith("\n")

    @property
    def lines(self) -> list[str]:
        """The lines without their LF or CR LF."""
        *ended, last = self.text.split("\n")
        return [line.removesuffix("\r") for line in ended] + ([last] if last else [])

    def line_at(self, offset: int) -> int:
        """Number (from 1) of the line that holds the character at an offset."""
        return self.text.count("\n", 0, offset) + 1

    def offset_after(self, line: int) -> int:
        """Where the line after `line` begins; 0 is before the first, the end of the text after the last."""
        if line >= self.line_count:
            return len(self.text)
        return len(self.text) - len(self.text.split("\n", line)[-1])


def dominant_newline(text: str) -> str:
    """The line end that most lines of a text have, LF in a tie; an empty string where no line is ended."""
    lf, crlf = text.count("\n"), text.count("\r\n")
    return "\r\n" if crlf * 2 > lf else "\n" if lf else ""


def with_newlines(text: str, newline: str) -> str:
    """End every line of a text with `newline`; a CR without LF is data."""
    return text.replace("\r\n", "\n").replace("\n", newline)


def _decode_marked(data: bytes, bom: bytes, encoding: str) -> FileText | None:
    """Decode what begins with a byte order mark, or None where it has none or would not come back byte for byte."""
    if not data.startswith(bom):
        return None
    errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
    try:
        return FileText(data[len(bom) :].decode(encoding, errors), encoding, bom)
    except UnicodeDecodeError:
        return None
