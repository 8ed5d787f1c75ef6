"""Owns where the hunks of somebody else's patch go in a file: where they say, or else where alone their lines stand.

Nothing is fuzzy: every line of context and every removed line has to be there, byte for byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copydesk.domain.errors import PatchError
from copydesk.domain.forms import encoded
from copydesk.domain.hunks import Hunk, moved

SEARCHED = 4 * 1024**3
"""Bytes that are looked through for the hunks of one file, all in all."""


@dataclass(frozen=True, slots=True)
class MovedHunk:
    """A hunk whose lines stand elsewhere than the patch says."""

    hunk: int
    """Counts from 1."""
    lines: int
    """How much further down; less than 0 for further up."""

    @property
    def words(self) -> str:
        """What happened to it, for people."""
        count = abs(self.lines)
        return f"hunk {self.hunk} fits {count} {'line' if count == 1 else 'lines'} {'up' if self.lines < 0 else 'down'}"


def placed(data: bytes, hunks: Sequence[Hunk], *, is_base: bool) -> tuple[list[Hunk], tuple[MovedHunk, ...]]:
    """The hunks as they fit these bytes, and which of them the patch has elsewhere.

    `is_base` says that the bytes are known to be those that the patch was made from, so that a hunk without any line of
    the old file may go by its number. PatchError where a hunk fits nowhere, or in several places.
    """
    finder = _Finder(data, len(hunks))
    found: list[Hunk] = []
    shifts: list[MovedHunk] = []
    for number, hunk in enumerate(hunks, 1):
        taken = encoded("".join(hunk.old_texts), "utf-8")
        if not taken and data and not is_base:
            raise PatchError(f"Hunk {number} has no lines around it that tell its place; make the patch with context.")
        shift = finder.shift_of(hunk, taken, number)
        found.append(moved(hunk, shift, shift))
        shifts += [MovedHunk(number, shift)] if shift else []
    _refuse_open_middle(data, found)
    return found, tuple(shifts)


class _Finder:
    """Where hunks stand in some bytes, one after the other."""

    def __init__(self, data: bytes, count: int) -> None:
        self._data = data
        self._at = 0
        """Where the next hunk may begin: a byte, and the number of lines before it."""
        self._line = 0
        self._shift = 0
        self._left = max(SEARCHED, len(data) * min(count, 8))

    def shift_of(self, hunk: Hunk, taken: bytes, number: int) -> int:
        """How far from its own place the next hunk stands; it is gone past."""
        place = self._expected(hunk.old_from + self._shift)
        if place is None or not self._is_at(place, taken):
            place = self._only_place(taken, number)
        line = self._line + self._data.count(b"\n", self._at, place)
        self._shift = line - hunk.old_from
        self._at, self._line = place + len(taken), line + taken.count(b"\n")
        return self._shift

    def _expected(self, line: int) -> int | None:
        """Where so many lines have ended; None where that is before what was gone past, or behind the end."""
        place, skipped = self._at, line - self._line
        if skipped < 0:
            return None
        for _ in range(skipped):
            place = self._data.find(b"\n", place) + 1
            if not place:
                return None
        return place

    def _is_at(self, place: int, taken: bytes) -> bool:
        end = place + len(taken)
        is_whole = end == len(self._data) or taken[-1:] in (b"\n", b"")
        begins_line = not place or self._data[place - 1 : place] == b"\n"
        return is_whole and begins_line and self._data.startswith(taken, place)

    def _only_place(self, taken: bytes, number: int) -> int:
        places = []
        for place in self._places(taken):
            places.append(place)
            if len(places) == 2:
                raise PatchError(f"Hunk {number} does not fit where it says, and fits in more than one other place.")
        if not places or not taken:
            raise PatchError(f"Hunk {number} does not fit: the file has not the lines that it was made from.")
        return places[0]

    def _places(self, taken: bytes) -> Iterator[int]:
        place = self._at - 1
        while True:
            start = place + 1
            place = self._data.find(taken, start)
            self._left -= (len(self._data) if place < 0 else place) - start
            if self._left < 0:
                raise PatchError("The patch is too far from the file to look for the place of each hunk.")
            if place < 0:
                return
            if self._is_at(place, taken):
                yield place


def _refuse_open_middle(data: bytes, hunks: Sequence[Hunk]) -> None:
    """A last line without line end must not come to stand before others."""
    end = data.count(b"\n") + (data[-1:] not in (b"\n", b""))
    for number, hunk in enumerate(hunks, 1):
        new = hunk.new_texts
        if new and not new[-1].endswith("\n") and hunk.old_from + hunk.old_length < end:
            raise PatchError(f"Hunk {number} leaves a line without line end in the middle of the file.")
