"""Owns the lines of a patch while it is read, and how a complaint names one of them.

Lines end at LF only and keep their bytes: what is not UTF-8 are surrogates, of which the same bytes are made again.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from copydesk.domain.display import show
from copydesk.domain.errors import PatchError

LARGEST = 64 * 1024 * 1024
"""Bytes of a patch that are read."""
SHOWN = 80
"""Characters of a text that a complaint quotes."""


class PatchText:
    """The lines of a patch, and which one is next."""

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST:
            raise PatchError(f"The patch has {len(data):,} bytes; at most {LARGEST:,} are read.")
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise PatchError("The patch is in UTF-16, as some shells write it; have git write it with --output=FILE.")
        text = data.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self.at = 0
        """Index of the next line."""

    @property
    def is_done(self) -> bool:
        """True where no line is left."""
        return self.at >= len(self._lines)

    @property
    def number(self) -> int:
        """Number of the next line, from 1."""
        return self.at + 1

    def peek(self, ahead: int = 0) -> str:
        """The next line, or one after it, without its LF; empty past the end."""
        place = self.at + ahead
        return self._lines[place] if place < len(self._lines) else ""

    def take(self) -> str:
        """The next line without its LF, and go past it."""
        line = self.peek()
        self.at += 1
        return line

    def header(self) -> str:
        """The next line without any line end: lines that are the patch's own, and not a file's, may end in CR LF."""
        return self.peek().removesuffix("\r")

    def error(self, reason: str, line: int = 0) -> PatchError:
        """The complaint about a line, by default the next one; the reason is a sentence without its stop."""
        return PatchError(f"Line {line or self.number} of the patch: {show(reason)}.")


def quoted(text: str) -> str:
    """A text from the patch as a complaint quotes it."""
    return f"`{text[:SHOWN]}…`" if len(text) > SHOWN else f"`{text}`"
