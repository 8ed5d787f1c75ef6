"""Owns in what form a change's lines are decided about, and how a person's text and the bytes that land come of it.

What a file cannot take, or could only take as a whole, is refused here with a sentence.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from copydesk.domain.errors import InvalidDecision
from copydesk.domain.forms import MARK, TextForm, decoded, encoded, form_of
from copydesk.domain.hunks import Hunk, with_text, worded
from copydesk.domain.lines import split_lines
from copydesk.domain.proposals import FileChange
from copydesk.domain.splicing import splice_hunks
from copydesk.domain.text import BinaryFile, FileText


@dataclass(frozen=True)
class Wording:
    """One change, and what can be made of it in part; everything raises InvalidDecision where nothing can."""

    change: FileChange

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """Those of the diff, without the byte order mark of both sides: that stays, whichever lines do.

        A line that was nothing but the mark is then an empty text, which is no line.
        """
        hunks = self.change.diff.hunks
        if self._form.mark and hunks and not hunks[0].old_from:
            return (_unmarked(hunks[0]), *hunks[1:])
        return hunks

    @cached_property
    def sides(self) -> tuple[list[str], list[str]]:
        """All lines before and after."""
        form = self._form
        before, after = (split_lines(decoded(form.plain(side), form.codec)) for side in self._data)
        return before, after

    def rewritten(self, hunk: Hunk, text: str) -> Hunk:
        """A hunk with the person's text; InvalidDecision for a character that the file cannot take."""
        return with_text(hunk, text, self._file.newline, self._written)

    def lines(self, text: str) -> list[str]:
        """All lines of the file where the person wrote them, as `rewritten` does it with those of a hunk."""
        before, after = self.sides
        return worded(after or before, text, self._file.newline, self._written)

    def landed(self, hunks: Iterable[Hunk]) -> bytes:
        """What the file is to hold where these hunks are made of it."""
        return splice_hunks(self._data[0], hunks, self._form)

    def data(self, lines: Iterable[str]) -> bytes:
        """What the file is to hold where these are its lines."""
        return self._form.data(encoded("".join(lines), self._form.codec))

    @property
    def _data(self) -> tuple[bytes, bytes]:
        before, after = self.change.before, self.change.after
        return before.data if before else b"", after.data if after else b""

    @cached_property
    def _form(self) -> TextForm:
        form = form_of(self._data, self.change.encoding)
        if form is None:
            raise InvalidDecision(
                f"The encoding of {self.change.path} changes; that is taken as a whole or not at all."
            )
        try:
            plain = [form.plain(side) for side in self._data if side]
        except UnicodeDecodeError:
            raise self._taken_whole("damaged") from None
        # Where there are marks in the middle of a text too, all of them are characters like others.
        is_marked = not any(form.mark in side for side in plain)
        return form if is_marked or form.is_wide else TextForm(form.encoding)

    @cached_property
    def _file(self) -> FileText:
        """The file whose encoding and line ends new text gets: as it was, or as proposed where only that tells them."""
        sides = [side for side in self._data if side]
        telling = next((data for data in sides if not data.isascii()), sides[-1] if sides else b"")
        try:
            return FileText.decode(telling, lambda _: self.change.encoding)
        except BinaryFile as binary:
            raise self._taken_whole(str(binary)) from None

    def _written(self, text: str) -> str:
        """The person's text, encoded as the file is, as the hunks have text."""
        file = self._file
        if character := file.unwritable(text):
            name = f"{character!r} (U+{ord(character):04X})"
            raise InvalidDecision(f"{self.change.path} is {file.encoding.name} and cannot hold {name}.")
        data = file.with_text(text).encode().removeprefix(file.encoding.mark)
        try:
            return decoded(self._form.plain(self._form.mark + data), self._form.codec)
        except UnicodeDecodeError:
            raise self._taken_whole("damaged") from None

    def _taken_whole(self, reason: str) -> InvalidDecision:
        return InvalidDecision(f"{self.change.path} is {reason}; it is taken as a whole or not at all.")


def _unmarked(hunk: Hunk) -> Hunk:
    return replace(hunk, lines=tuple(replace(line, text=line.text.removeprefix(MARK)) for line in hunk.lines))
