"""Owns how a file's bytes are cut into lines and put together again, and how a person's text becomes lines of it.

Lines that the person left as they were keep their bytes, whatever their line ends; only others are encoded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from copydesk.domain.encodings import HEAD, marked
from copydesk.domain.errors import InvalidDecision
from copydesk.domain.hunks import decoded
from copydesk.domain.lines import changed_regions, split_bytes, split_lines
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.text import BinaryFile, FileText, dominant_newline, with_newlines

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class LineForm:
    """How both sides of a change are cut into the lines that its diff counts: each in its bytes, with its end."""

    path: str
    encoding: str
    """The codec, which people are shown the lines in."""
    mark: bytes
    """The byte order mark that both sides begin with; no line has it."""

    @classmethod
    def of(cls, change: FileChange) -> "LineForm":
        """The form of a change; InvalidDecision where its sides have none in common."""
        marks = {marked(image.data[:HEAD]) for image in (change.before, change.after) if image and image.data}
        if len(marks) == 1 and (mark := marks.pop()):
            return cls(change.path, mark.name, mark.mark)
        if any(mark and mark.name != "utf-8" for mark in marks):
            raise InvalidDecision(f"The encoding of {change.path} changes; that is taken as a whole or not at all.")
        return cls(change.path, change.encoding, b"")

    def lines(self, image: FileImage | None) -> list[bytes]:
        """The lines of one side; InvalidDecision for damaged UTF-16."""
        return self.split(image.data[len(self.mark) :]) if image else []

    def split(self, data: bytes) -> list[bytes]:
        """Cut bytes without a mark into lines."""
        if not self._is_wide:
            return split_bytes(data)
        try:
            return [line.encode(self.encoding) for line in split_lines(data.decode(self.encoding))]
        except UnicodeDecodeError:
            raise InvalidDecision(f"{self.path} is damaged; it is taken as a whole or not at all.") from None

    def data(self, lines: Iterable[bytes]) -> bytes:
        """The bytes of a file that has these lines."""
        return self.mark + b"".join(lines)

    def shown(self, lines: Iterable[bytes]) -> str:
        """Lines as people see them."""
        return decoded(b"".join(lines), self.encoding)

    def ended(self, lines: Iterable[bytes], newline: str) -> list[bytes]:
        """Lines that all have an end."""
        codec = self.encoding if self._is_wide else "ascii"
        feed, end = "\n".encode(codec), newline.encode(codec)
        return [line if line.endswith(feed) else line + end for line in lines]

    @property
    def _is_wide(self) -> bool:
        """True where a character takes two bytes, so that lines are not found in the bytes."""
        return self.mark != b"" and self.encoding != "utf-8"


@dataclass(frozen=True)
class Wording:
    """What a person's text is made into, in one file."""

    change: FileChange
    form: LineForm

    def lines(self, text: str, shown: Sequence[str], stretch: Sequence[bytes]) -> list[bytes]:
        """The person's text as lines of the file, in place of a stretch that was shown as these lines of text.

        LF is between lines; a last one ends as the stretch does, or by an LF of its own. InvalidDecision for a
        character that the file cannot take.
        """
        given = split_lines(text.removeprefix(_MARK))
        unended = bool(given) and not given[-1].endswith("\n") and not _is_ended(shown)
        newline = dominant_newline("".join(shown)) or self._file.newline
        result: list[bytes] = []
        position = 0
        for start, end, new_start, new_end in changed_regions(_bare(shown), _bare(given)):
            result += stretch[position:start]
            result += self._encoded(with_newlines("".join(given[new_start:new_end]), newline))
            position = end
        result += stretch[position:]
        return self.ended(result, is_last=unended)

    def ended(self, lines: Sequence[bytes], *, is_last: bool) -> list[bytes]:
        """Lines that all have an end; where they are the last of the file, the last one may do without."""
        kept = lines[-1:] if is_last else []
        return [*self.form.ended(lines[: len(lines) - len(kept)], self._file.newline), *kept]

    def _encoded(self, text: str) -> list[bytes]:
        if character := self._file.unwritable(text):
            name = f"{character!r} (U+{ord(character):04X})"
            raise InvalidDecision(f"{self.change.path} is {self._file.encoding.name} and cannot hold {name}.")
        return self.form.split(self._file.with_text(text).encode()[len(self._file.encoding.mark) :])

    @cached_property
    def _file(self) -> FileText:
        """The file whose encoding and line ends new text gets: as it was, or as proposed where only that tells them."""
        sides = [image.data for image in (self.change.before, self.change.after) if image and image.data]
        telling = next((data for data in sides if not data.isascii()), sides[-1] if sides else b"")
        try:
            return FileText.decode(telling, lambda _: self.change.encoding)
        except BinaryFile as binary:
            raise InvalidDecision(f"{self.change.path} is {binary}; it is taken as a whole or not at all.") from None


def _is_ended(lines: Sequence[str]) -> bool:
    return not lines or lines[-1].endswith("\n")


def _bare(lines: Iterable[str]) -> list[str]:
    """Lines without their ends, and without the byte order mark, which is not the person's to write."""
    ends = (line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line for line in lines)
    return [line.removeprefix(_MARK) for line in ends]
