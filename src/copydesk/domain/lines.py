"""Owns where two sequences of lines differ, at any size: never in time that grows with the square of it.

Lines end at LF only and keep it, so that CR, form feeds and U+2028 are data and nothing is lost. First come anchors,
lines that occur once on each side, in their heaviest common order; between them the longest common subsequence, in
pieces where it would be too large.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from itertools import chain, compress, count, islice, pairwise
from math import ceil, sqrt
from operator import ne, sub
from typing import NamedTuple

Opcode = tuple[int, int, int, int]
"""A changed region: old start, old end, new start, new end; 0-based, end excluded."""
Lines = Sequence[Hashable]

LARGEST_TABLE = 32_000_000
"""Bits of the table of a longest common subsequence: about 10 ms and 4 MB (measured)."""
PASSES = 3
"""How often anchors are looked for in what lies between anchors, where that is still too large for a table."""


def split_lines(text: str) -> list[str]:
    """Split on LF only, keeping it; the last line may lack one; no phantom line after a final LF."""
    return StringIO(text, newline="\n").readlines()


def split_bytes(data: bytes) -> list[bytes]:
    """Split bytes as `split_lines` does a text."""
    return BytesIO(data).readlines()


def changed_regions(old: Lines, new: Lines) -> Iterator[Opcode]:
    """Give the regions that differ, in order; there is an unchanged line between any two of them."""
    merged: Opcode | None = None
    for region in _regions(old, new, (0, len(old), 0, len(new)), PASSES):
        if merged and merged[1] == region[0] and merged[3] == region[2]:
            merged = (merged[0], region[1], merged[2], region[3])
            continue
        if merged:
            yield merged
        merged = region
    if merged:
        yield merged


def _regions(old: Lines, new: Lines, region: Opcode, passes: int) -> Iterator[Opcode]:
    region = _trimmed(old, new, region)
    rows, columns = region[1] - region[0], region[3] - region[2]
    if not rows or not columns or rows == columns == 1:
        if rows or columns:
            yield region
        return
    is_large = rows * columns > LARGEST_TABLE
    if passes == PASSES or (passes and is_large):
        matches = list(_anchored(old, new, region))
        if matches:
            for gap in _gaps(region, matches):
                yield from _regions(old, new, gap, passes - 1)
            return
    for piece in _pieces(region) if is_large else [region]:
        yield from _gaps(piece, _longest_common(old, new, piece))


def _trimmed(old: Lines, new: Lines, region: Opcode) -> Opcode:
    old_start, old_end, new_start, new_end = region
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return old_start, old_end, new_start, new_end


class _Match(NamedTuple):
    """Lines that are the same on both sides."""

    old: int
    new: int
    length: int
    weight: int = 0
    """How many of them are anchors."""


def _gaps(region: Opcode, matches: Iterable[_Match]) -> Iterator[Opcode]:
    """What lies between the matches of a region."""
    old, old_end, new, new_end = region
    for match in matches:
        if old < match.old or new < match.new:
            yield old, match.old, new, match.new
        old, new = match.old + match.length, match.new + match.length
    if old < old_end or new < new_end:
        yield old, old_end, new, new_end


def _pieces(region: Opcode) -> Iterator[Opcode]:
    """Cut a region into pieces that are small enough for a table, evenly on both sides."""
    old, old_end, new, new_end = region
    number = ceil(sqrt((old_end - old) * (new_end - new) / LARGEST_TABLE))
    cuts = [(old + (old_end - old) * cut // number, new + (new_end - new) * cut // number) for cut in range(number + 1)]
    for (old, new), (old_end, new_end) in pairwise(cuts):
        yield old, old_end, new, new_end


def _anchored(old: Lines, new: Lines, region: Opcode) -> Iterator[_Match]:
    """Match the lines that occur once on each side, in their heaviest common order, and those between them."""
    old_start, old_end, new_start, new_end = region
    old_lines, new_lines = old[old_start:old_end], new[new_start:new_end]
    old_places, new_places = _unique_places(old_lines), _unique_places(new_lines)
    anchors = list(filter(new_places.__contains__, old_places))
    runs = _runs(list(map(old_places.__getitem__, anchors)), list(map(new_places.__getitem__, anchors)))
    for run in _heaviest_chain(runs):
        olds, news = old_lines[run.old : run.old + run.length], new_lines[run.new : run.new + run.length]
        start = 0
        for end in chain(compress(count(), map(ne, olds, news)), [run.length]):
            if any(line in old_places and line in new_places for line in olds[start:end]):
                yield _Match(old_start + run.old + start, new_start + run.new + start, end - start)
            start = end + 1


def _unique_places(lines: Lines) -> dict[Hashable, int]:
    """Where the lines are that occur only once, in their order."""
    places = dict(zip(lines, count(), strict=False))
    if len(places) < len(lines):
        for line in set(compress(lines, map(ne, map(places.__getitem__, lines), count()))):
            del places[line]
    return places


def _runs(old: list[int], new: list[int]) -> Iterator[_Match]:
    """Gather neighbouring anchors that are equally far apart on both sides; places in the old text ascend."""
    shifts = list(map(sub, new, old))
    breaks = [*compress(count(1), map(ne, shifts, islice(shifts, 1, None))), len(old)] if old else []
    for start, end in zip([0, *breaks], breaks, strict=False):
        yield _Match(old[start], new[start], old[end - 1] - old[start] + 1, end - start)


def _heaviest_chain(runs: Iterable[_Match]) -> list[_Match]:
    """Choose runs that are in order on both sides and hold the most anchors (patience)."""
    chosen = list(runs)
    ends: list[int] = []
    weights: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for number, run in enumerate(chosen):
        before = bisect_right(ends, run.new)
        previous.append(last[before - 1] if before else -1)
        weight = run.weight + (weights[before - 1] if before else 0)
        place = bisect_left(ends, run.new + run.length)
        if place and weights[place - 1] >= weight:
            continue
        beyond = place
        while beyond < len(ends) and weights[beyond] <= weight:
            beyond += 1
        ends[place:beyond], weights[place:beyond], last[place:beyond] = [run.new + run.length], [weight], [number]
    links = [last[-1]] if last else []
    while links and previous[links[-1]] >= 0:
        links.append(previous[links[-1]])
    return [chosen[number] for number in reversed(links)]


def _longest_common(old: Lines, new: Lines, region: Opcode) -> list[_Match]:
    """Match the most lines that can be matched in order; the shorter side is held as the bits of integers."""
    old_start, old_end, new_start, new_end = region
    shared = set(old[old_start:old_end]).intersection(new[new_start:new_end])
    olds = [place for place in range(old_start, old_end) if old[place] in shared]
    news = [place for place in range(new_start, new_end) if new[place] in shared]
    if len(olds) < len(news):
        pairs = _common_pairs([new[place] for place in news], [old[place] for place in olds])
        return [_Match(olds[second], news[first], 1) for first, second in pairs]
    pairs = _common_pairs([old[place] for place in olds], [new[place] for place in news])
    return [_Match(olds[first], news[second], 1) for first, second in pairs]


def _common_pairs(longer: Lines, shorter: Lines) -> list[tuple[int, int]]:
    """The longest common subsequence, a row of its table at a time (Hyyrö's bit-parallel form).

    A bit of a row is 0 where the length grows from that column's left to it.
    """
    masks: dict[Hashable, int] = {}
    for column, line in enumerate(shorter):
        masks[line] = masks.get(line, 0) | 1 << column
    full = (1 << len(shorter)) - 1
    row, rows = full, []
    for line in longer:
        kept = row & masks[line]
        row = (row + kept | row - kept) & full
        rows.append(row)
    first, second = len(longer) - 1, len(shorter) - 1
    pairs = []
    while first >= 0 and second >= 0:
        if longer[first] == shorter[second]:
            pairs.append((first, second))
            first, second = first - 1, second - 1
        elif rows[first] >> second & 1:
            second -= 1
        else:
            first -= 1
    return pairs[::-1]
