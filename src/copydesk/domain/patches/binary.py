"""Owns git's binary patches: base85 lines of deflated bytes, whole or as a delta, read within bounds and written."""

import base64
import re
import string
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from copydesk.domain.errors import PatchError
from copydesk.domain.patches.patch_text import PatchText, quoted

LARGEST_CONTENT = 64 * 1024 * 1024
"""Bytes of a file that a binary patch may make."""
BEGINNING = "GIT binary patch"
_HEADER = re.compile(r"(literal|delta) (\d{1,10})")
_LENGTHS = string.ascii_uppercase + string.ascii_lowercase
"""The first character of a line tells how many bytes it holds, from 1."""
_PER_LINE = len(_LENGTHS)


@dataclass(frozen=True, slots=True)
class BinaryContent:
    """One direction of a binary patch."""

    payload: bytes
    """The bytes of the file, or what makes them of the other side."""
    is_delta: bool

    def made_of(self, before: bytes) -> bytes:
        """The bytes of the new file; PatchError where a delta is damaged or is on other bytes."""
        return _patched(before, self.payload) if self.is_delta else self.payload


def read_binary(text: PatchText) -> BinaryContent:
    """Read what follows `GIT binary patch`; the way back, which git writes after it, is gone past."""
    forward = _content(text)
    if _HEADER.fullmatch(text.header()):
        _content(text)
    return forward


def _content(text: PatchText) -> BinaryContent:
    start = text.number
    match = _HEADER.fullmatch(text.header())
    if match is None:
        raise text.error(f"a binary patch has `literal` or `delta` and a size here, not {quoted(text.header())}")
    text.take()
    size = int(match[2])
    if size > LARGEST_CONTENT:
        raise text.error(f"the binary content has {size:,} bytes; at most {LARGEST_CONTENT:,} are taken", start)
    deflated = b"".join(_decoded_lines(text))
    return BinaryContent(_inflated(text, deflated, size, start), match[1] == "delta")


def _decoded_lines(text: PatchText) -> Iterator[bytes]:
    """The bytes of each line, up to the empty one."""
    while line := text.header():
        length = _LENGTHS.find(line[0]) + 1
        groups = (length + 3) // 4
        if not length or len(line) != 1 + 5 * groups:
            raise text.error(f"{quoted(line)} is no line of a binary patch")
        try:
            decoded = base64.b85decode(line[1:])
        except ValueError as error:
            raise text.error("the line of a binary patch is damaged") from error
        text.take()
        yield decoded[:length]
    text.take()


def _inflated(text: PatchText, deflated: bytes, size: int, line: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(deflated, size + 1)
    except zlib.error as error:
        raise text.error("the binary content is damaged", line) from error
    if len(data) != size or not inflater.eof or inflater.unused_data:
        raise text.error(f"the binary content does not have the {size:,} bytes that are announced", line)
    return data


def _patched(before: bytes, delta: bytes) -> bytes:
    """What a delta in the form of git's packs makes of the bytes that it was computed from."""
    try:
        old, at = _number(delta, 0)
        new, at = _number(delta, at)
        if old != len(before) or new > LARGEST_CONTENT:
            raise PatchError("The binary patch is a difference to other bytes than the file has.")
        made = bytearray()
        while at < len(delta):
            piece, at = _piece(before, delta, at)
            made += piece
            if len(made) > new:
                break
    except IndexError as error:
        raise PatchError("The binary patch ends in the middle.") from error
    if len(made) != new:
        raise PatchError("The binary patch does not make as many bytes as it announces.")
    return bytes(made)


def _number(delta: bytes, at: int) -> tuple[int, int]:
    """A number, seven bits a byte with the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
        if shift > 35:
            raise PatchError("The binary patch holds a number that is too large.")


def _piece(before: bytes, delta: bytes, at: int) -> tuple[bytes, int]:
    """What one instruction adds, and where it ends: new bytes, or a stretch of the old ones."""
    code = delta[at]
    at += 1
    if not code:
        raise PatchError("The binary patch holds an instruction that nobody knows.")
    if code < 0x80:
        if at + code > len(delta):
            raise IndexError
        return delta[at : at + code], at + code
    numbers = []
    for bits in (range(4), range(4, 7)):
        value = 0
        for place, bit in enumerate(bits):
            if code & 1 << bit:
                value |= delta[at] << 8 * place
                at += 1
        numbers.append(value)
    offset, size = numbers[0], numbers[1] or 0x10000
    if offset + size > len(before):
        raise PatchError("The binary patch takes bytes from behind the end of the file.")
    return before[offset : offset + size], at


def write_binary(before: bytes, after: bytes) -> str:
    """A binary patch, in both directions with the whole content, as git writes one."""
    return f"{BEGINNING}\n{_written(after)}{_written(before)}"


def _written(data: bytes) -> str:
    deflated = zlib.compress(data, 9)
    pieces = (deflated[start : start + _PER_LINE] for start in range(0, len(deflated), _PER_LINE))
    lines = (f"{_LENGTHS[len(piece) - 1]}{base64.b85encode(piece, pad=True).decode('ascii')}\n" for piece in pieces)
    return f"literal {len(data)}\n{''.join(lines)}\n"
