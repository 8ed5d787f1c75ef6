"""Owns how the bytes of a change become lines of text, and the same bytes again: none is lost on the way.

Who encodes new text is not decided here: what a file can take is `FileText`'s to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from copydesk.domain.encodings import HEAD, marked
from copydesk.domain.lines import split_bytes

MARK = "\ufeff"
"""The byte order mark as a character."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How both sides of a change stand in their bytes."""

    encoding: str = "utf-8"
    mark: bytes = b""
    """The byte order mark that both sides begin with; no line has it. Without one, a mark is part of the first line."""

    @property
    def is_wide(self) -> bool:
        """True for UTF-16, in whose bytes lines cannot be found."""
        return self.encoding.startswith("utf-16")

    @property
    def codec(self) -> str:
        """What plain bytes are in."""
        return "utf-8" if self.is_wide else self.encoding

    def plain(self, data: bytes) -> bytes:
        """The bytes that lines are found in, those of UTF-16 recoded; UnicodeDecodeError for damaged UTF-16."""
        bare = data.removeprefix(self.mark)
        return bare.decode(self.encoding).encode("utf-8") if self.is_wide else bare

    def data(self, plain: bytes) -> bytes:
        """The bytes of the file again."""
        return self.mark + (plain.decode("utf-8").encode(self.encoding) if self.is_wide else plain)


def form_of(sides: Sequence[bytes], encoding: str) -> TextForm | None:
    """The form of both sides, an empty one having any; None where one is UTF-16 and the other is not.

    `encoding` is what they are in without a mark.
    """
    marks = {marked(side[:HEAD]) for side in sides if side}
    if len(marks) == 1 and (mark := marks.pop()):
        return TextForm(mark.name, mark.mark)
    return None if any(mark and mark.name != "utf-8" for mark in marks) else TextForm(encoding)


def decoded(data: bytes, encoding: str) -> str:
    """Bytes as text of which `encoded` makes the same bytes again, whatever they are.

    What is no text in the encoding are surrogates; in a line that the encoding would write in another way, all that is
    not ASCII.
    """
    try:
        text = data.decode(encoding, "surrogateescape")
        if encoding == "utf-8" or encoded(text, encoding) == data:
            return text
    except UnicodeError:
        pass
    lines = split_bytes(data)
    if len(lines) > 1:
        return "".join(decoded(line, encoding) for line in lines)
    return data.decode("ascii", "surrogateescape")


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of which `decoded` made a text."""
    return text.encode(encoding, "surrogateescape")
