"""Owns reading some lines of a file of any size: in one pass over its bytes, keeping only what is asked for.

What it gives is what decoding the whole file would give, wherever the file is what it declares or seems to be.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from copydesk.domain.encodings import BINARY_PROBE, LEAD, SAMPLE, UNKNOWN, Encoding, ascii_length, marked, tell
from copydesk.domain.text import FileText, refuse_binary, sample_of
from copydesk.editor.guessing import guess_encoding

_PROBE = 2 * BINARY_PROBE
"""Bytes that are looked at before anything is read as text."""
_LONGEST_CHARACTER = 4
"""Bytes of a character in UTF-8 at most."""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of a file, and how many it has."""

    lines: list[str]
    """What was asked for from the first line on, without line ends, at least as much as the budget if there is."""
    total: int
    """Lines of the whole file."""
    first_length: int
    """Bytes (as UTF-8) of the first line asked for, of which `lines` may hold only the beginning."""
    encoding: Encoding


def read_section(chunks: Iterable[bytes], size: int, first: int, last: int, budget: int) -> Section:
    """Read lines `first` to `last` (1-based, included; -1 for the end) as far as they fill `budget` characters.

    `chunks` are a file's bytes in order, `size` is how many there are. Raises BinaryFile.
    """
    head, rest = _headed(iter(chunks))
    mark = marked(head)
    refuse_binary(head, mark, size)
    gatherer = _Gatherer(first, last, (budget + 1) * _LONGEST_CHARACTER)
    if mark:
        encoding, rest = mark, chain([head[len(mark.mark) :]], rest)
    else:
        encoding, rest = _told(head, chain([head], rest), gatherer)
    if encoding.name == "utf-8":
        for chunk in rest:
            gatherer.feed(chunk)
        return gatherer.section(encoding, "surrogateescape")
    reader = _Reader(encoding)
    for chunk in chain(rest, [b""]):
        gatherer.feed(reader.read(chunk).encode("utf-8", "surrogatepass"))
    return gatherer.section(reader.encoding, "surrogatepass")


def _headed(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Join the first chunks until there is enough to look at; gives them and the others."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _PROBE:
            break
    return head, chunks


def _told(head: bytes, chunks: Iterator[bytes], gatherer: "_Gatherer") -> tuple[Encoding, Iterator[bytes]]:
    """Feed what is ASCII, and tell the encoding by what comes then; gives it and the chunks not fed yet."""
    lead = b""
    for chunk in chunks:
        if chunk.isascii():
            gatherer.feed(chunk)
            lead = (lead + chunk)[-LEAD:]
            continue
        looked_at, before = chunk, ascii_length(chunk)
        while len(looked_at) - before < SAMPLE and (following := next(chunks, None)) is not None:
            looked_at += following
        return tell(head, sample_of(lead + looked_at), guess_encoding), chain([looked_at], chunks)
    return tell(head, b"", guess_encoding), iter(())


class _Reader:
    """Decodes a file chunk by chunk; from where that would not come back byte for byte, as what it then is."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)

    def read(self, chunk: bytes) -> str:
        """Give the text of the next chunk; an empty one ends the file."""
        if self.encoding.origin == "unknown":
            return chunk.decode("utf-8", "surrogateescape")
        pending = self._pending()
        try:
            text = self._decoder.decode(chunk, not chunk)
            whole = pending + chunk
            read = whole[: len(whole) - len(self._pending())]
            if text.encode(self.encoding.name, self.encoding.errors) == read:
                return text
        except UnicodeError:
            pass
        return self._read_damaged(pending + chunk)

    def _pending(self) -> bytes:
        return self._decoder.getstate()[0]

    def _read_damaged(self, data: bytes) -> str:
        if not self.encoding.name.startswith("utf-16"):
            self.encoding = UNKNOWN
            return data.decode("utf-8", "surrogateescape")
        self.encoding = replace(self.encoding, origin="damaged")
        self._decoder = codecs.getincrementaldecoder(self.encoding.name)("replace")
        return self._decoder.decode(data, final=len(data) < 2)


class _Gatherer:
    """Counts the lines of UTF-8 text that comes in pieces, and keeps those asked for."""

    def __init__(self, first: int, last: int, room: int) -> None:
        self._ends_to_skip = first - 1
        self._wanted = last - first + 1 if last != -1 else None
        self._room = room
        """Bytes that may still be kept."""
        self._kept: list[bytes] = []
        self._kept_ends = 0
        self._ends = 0
        self._final = b"\n"
        self._first_length = 0
        self._is_first_whole = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if not piece:
            return
        ends = piece.count(b"\n")
        self._ends += ends
        self._final = piece[-1:]
        if ends < self._ends_to_skip:
            self._ends_to_skip -= ends
            return
        if self._ends_to_skip:
            piece = piece.split(b"\n", self._ends_to_skip)[-1]
            self._ends_to_skip = 0
        self._measure_first(piece)
        self._keep(piece)

    def _measure_first(self, piece: bytes) -> None:
        if not self._is_first_whole:
            end = piece.find(b"\n")
            self._is_first_whole = end >= 0
            self._first_length += end if end >= 0 else len(piece)

    def _keep(self, piece: bytes) -> None:
        if self._room > 0 and (self._wanted is None or self._kept_ends < self._wanted):
            kept = piece[: self._room]
            self._room -= len(kept)
            self._kept_ends += kept.count(b"\n")
            self._kept.append(kept)

    def section(self, encoding: Encoding, errors: str) -> Section:
        """What was kept, as text."""
        # What did not fit may have been cut inside a character, which is then left out.
        decoder = codecs.getincrementaldecoder("utf-8")(errors)
        text = decoder.decode(b"".join(self._kept), self._room > 0)
        total = self._ends + (self._final != b"\n")
        return Section(FileText(text).lines[: self._wanted], total, self._first_length, encoding)
