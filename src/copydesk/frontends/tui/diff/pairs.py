"""Owns which line of a hunk became which, and what differs within the two: found out when a line is asked for.

Its cost is bounded by what is asked for, not by the size of the hunk.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from copydesk.domain.diffs import Hunk, HunkLine, LineKind
from copydesk.domain.words import MOST_PAIRS, Spans, pair_lines, word_changes
from copydesk.frontends.present import plural


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between a changed line and what it was, or became."""

    spans: Spans
    """Stretches of its characters as they are, not as they are shown."""
    note: str = ""
    """In words, where nothing but blanks differs; on the added line."""
    is_line_end: bool = False
    """Nothing but the line end differs."""


class Region(NamedTuple):
    """Changed lines without an unchanged one between them, as indices of the hunk's lines."""

    start: int
    end: int
    removed: list[int]
    added: list[int]


class HunkPairs:
    """The pairs of one hunk."""

    def __init__(self, hunk: Hunk) -> None:
        self._hunk = hunk
        self._regions: list[Region] | None = None
        self._partners: dict[int, dict[int, int]] = {}
        self._changes: dict[int, Change | None] = {}

    def rows(self) -> Iterator[tuple[int, int]]:
        """The lines beside each other, old and new; -1 where there is none on that side."""
        position = 0
        for region in self.regions:
            yield from ((index, index) for index in range(position, region.start))
            yield from self._beside(region)
            position = region.end
        yield from ((index, index) for index in range(position, len(self._hunk.lines)))

    def row_count(self) -> int:
        """How many of them there are."""
        changed = sum(region.end - region.start for region in self.regions)
        return len(self._hunk.lines) - changed + sum(map(self._row_count, self.regions))

    def change(self, index: int) -> Change | None:
        """What differs within a line; None where it is unchanged, or only put in or taken out."""
        if index not in self._changes:
            partner = self._partner(index)
            self._changes[index] = None if partner is None else _change(self._hunk.lines, index, partner)
        return self._changes[index]

    @property
    def regions(self) -> list[Region]:
        """The regions that change."""
        if self._regions is None:
            self._regions = list(_regions(self._hunk))
        return self._regions

    def _partner(self, index: int) -> int | None:
        place = bisect_right(self.regions, index, key=lambda region: region.start) - 1
        region = self.regions[place] if place >= 0 else None
        if region is None or index >= region.end:
            return None
        if len(region.removed) * len(region.added) <= MOST_PAIRS:
            return self._paired(region).get(index)
        return self._opposite(region, index)

    def _paired(self, region: Region) -> dict[int, int]:
        """The partners in a small region, both ways."""
        found = self._partners.get(region.start)
        if found is None:
            pairs = pair_lines(Hunk(1, 1, self._hunk.lines[region.start : region.end])) if all(region[2:]) else ()
            found = {pair.removed + region.start: pair.added + region.start for pair in pairs}
            found |= {added: removed for removed, added in found.items()}
            self._partners[region.start] = found
        return found

    def _opposite(self, region: Region, index: int) -> int | None:
        """The line at the same place of the other side of a large region, if the two are alike."""
        is_old = self._hunk.lines[index].kind is LineKind.REMOVED
        own, other = (region.removed, region.added) if is_old else (region.added, region.removed)
        place = bisect_left(own, index)
        if place >= len(other):
            return None
        lines = self._hunk.lines[region.removed[place]], self._hunk.lines[region.added[place]]
        return other[place] if pair_lines(Hunk(1, 1, lines)) else None

    def _row_count(self, region: Region) -> int:
        sizes = len(region.removed), len(region.added)
        if min(sizes) <= 1 or sizes[0] * sizes[1] > MOST_PAIRS:
            return max(sizes)
        return sum(1 for _ in self._beside(region))

    def _beside(self, region: Region) -> Iterator[tuple[int, int]]:
        removed, added = region.removed, region.added
        if (
            len(removed) * len(added) > MOST_PAIRS
            or min(len(removed), len(added)) == max(len(removed), len(added)) <= 1
        ):
            yield from _aligned(removed, added)
            return
        paired = self._paired(region)
        first = second = 0
        for place, index in enumerate(removed):
            if index in paired:
                partner = bisect_left(added, paired[index])
                yield from _aligned(removed[first:place], added[second:partner])
                yield index, added[partner]
                first, second = place + 1, partner + 1
        yield from _aligned(removed[first:], added[second:])


def _regions(hunk: Hunk) -> Iterator[Region]:
    for is_context, group in groupby(enumerate(hunk.lines), lambda item: item[1].kind is LineKind.CONTEXT):
        if not is_context:
            lines = list(group)
            removed = [index for index, line in lines if line.kind is LineKind.REMOVED]
            added = [index for index, line in lines if line.kind is LineKind.ADDED]
            yield Region(lines[0][0], lines[-1][0] + 1, removed, added)


def _aligned(removed: list[int], added: list[int]) -> Iterator[tuple[int, int]]:
    for place in range(max(len(removed), len(added))):
        yield removed[place] if place < len(removed) else -1, added[place] if place < len(added) else -1


def _change(lines: tuple[HunkLine, ...], index: int, partner: int) -> Change:
    is_old = lines[index].kind is LineKind.REMOVED
    old, new = (lines[index].text, lines[partner].text) if is_old else (lines[partner].text, lines[index].text)
    spans = word_changes(old, new)[0 if is_old else 1]
    return Change(spans, "" if is_old else blank_note(old, new), _bare(old) == _bare(new))


def blank_note(old: str, new: str) -> str:
    """Say it where two lines differ in nothing but blanks or their line end; empty where more differs."""
    was, becomes = _bare(old), _bare(new)
    if was == becomes:
        ends = [_END_WORDS.get(text[len(_bare(text)) :], "") for text in (old, new)]
        return f"line end {ends[0]} → {ends[1]}" if all(ends) else ""
    if was.split() != becomes.split() and "".join(was.split()) != "".join(becomes.split()):
        return ""
    if was.rstrip() == becomes.rstrip():
        return f"only blanks at the end: {_blanks(was[len(was.rstrip()) :])} → {_blanks(becomes[len(was.rstrip()) :])}"
    if was.lstrip() == becomes.lstrip():
        indents = (text[: len(text) - len(text.lstrip())] for text in (was, becomes))
        return f"only the indentation: {' → '.join(map(_blanks, indents))}"
    return "only blanks differ"


_END_WORDS = {"\r\n": "CRLF", "\n": "LF"}


def _bare(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _blanks(text: str) -> str:
    """Blanks in words, such as `1 tab` or `4 spaces`."""
    kinds = [plural(text.count("\t"), "tab")] * ("\t" in text) + [plural(text.count(" "), "space")] * (" " in text)
    others = len(text) - text.count("\t") - text.count(" ")
    return " and ".join([*kinds, *([plural(others, "other blank")] if others else [])]) or "none"
