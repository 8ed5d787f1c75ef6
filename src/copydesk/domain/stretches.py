"""Owns what comparing bytes tells of two texts before anything is looked at as lines: most of it is the same.

The regions that it gives are as `domain/lines.py` would give them, or nearly as short; where that is not certain it
gives those.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from copydesk.domain.lines import Lines, Opcode, changed_regions, split_bytes

_SMALLEST_BLOCK, _LARGEST_BLOCK = 64, 65_536
"""Bytes that are compared at once: more and more while they are the same, then fewer, down to the one that differs."""
_LARGE = 32_768
"""Bytes from which it pays to look for the differences before the lines."""
_NEEDLE = 256
"""Bytes from the start of a line on that two texts share where they have met again."""
_NEAR, _FAR = 4_096, 65_536
"""Bytes in which a meeting is looked for: behind every line, and behind lines that were only put in or taken out."""
_MOST_SKIPPED = 64
"""Lines behind which a meeting is looked for."""
_SPARE = 5
"""Of so many lines that are taken out, or put in, one may be among those that are put in, or taken out, elsewhere."""


def changed_byte_regions(old: bytes, new: bytes) -> tuple[list[bytes], list[bytes], list[Opcode]]:
    """Give the lines of both texts, and the regions in which they differ."""
    old_lines, new_lines = split_bytes(old), split_bytes(new)
    met = _met_regions(old, new) if min(len(old), len(new)) >= _LARGE else None
    if met is not None:
        regions = list(_refined(old_lines, new_lines, _counted(old, new, met)))
        if _is_near_the_least(old_lines, new_lines, regions):
            return old_lines, new_lines, regions
    return old_lines, new_lines, list(changed_regions(old_lines, new_lines))


def changed_stretch(old: bytes, new: bytes, context: int) -> tuple[int, int]:
    """How many bytes before and after all differences can be left aside: whole lines, `context` of them kept."""
    head = _line_start(old, same_start(old, new))
    same = same_end(old, new, head)
    tail = len(old) - same
    if not (_begins_line(old, tail) and _begins_line(new, len(new) - same)):
        tail = _next_line(old, tail)
    for _ in range(context):
        head, tail = _line_start(old, max(head - 1, 0)), _next_line(old, tail)
    return head, len(old) - tail


def same_start(old: str | bytes, new: str | bytes, old_from: int = 0, new_from: int = 0) -> int:
    """How many characters or bytes are the same from these places on."""
    at, size, most = 0, _SMALLEST_BLOCK, min(len(old) - old_from, len(new) - new_from)
    while at < most and _block(old, old_from + at, size) == _block(new, new_from + at, size):
        at, size = at + size, min(2 * size, _LARGEST_BLOCK)
    while at < most and size > 1:
        size //= 2
        if _block(old, old_from + at, size) == _block(new, new_from + at, size):
            at += size
    return min(at, most)


def same_end(old: str | bytes, new: str | bytes, head: int = 0) -> int:
    """How many characters or bytes are the same up to the end, leaving the first `head` aside."""
    at, size, most = 0, _SMALLEST_BLOCK, min(len(old), len(new)) - head
    while at < most and _block_before(old, at, size) == _block_before(new, at, size):
        at, size = at + size, min(2 * size, _LARGEST_BLOCK)
    while at < most and size > 1:
        size //= 2
        if _block_before(old, at, size) == _block_before(new, at, size):
            at += size
    return min(at, most)


def _block(data: str | bytes, at: int, size: int) -> str | bytes:
    return data[at : at + size]


def _block_before(data: str | bytes, from_end: int, size: int) -> str | bytes:
    end = max(len(data) - from_end, 0)
    return data[max(end - size, 0) : end]


def _met_regions(old: bytes, new: bytes) -> list[Opcode] | None:
    """Walk along both texts from one difference to where they meet again; None where they do not soon.

    Gives regions of bytes that begin and end with lines.
    """
    regions: list[Opcode] = []
    old_at = new_at = 0
    while True:
        same = same_start(old, new, old_at, new_at)
        if old_at + same == len(old) and new_at + same == len(new):
            return regions
        whole = old.rfind(b"\n", old_at, old_at + same) + 1 - old_at
        if whole <= 0 and regions:
            # They met at no whole line: in lines this long there is nothing to walk along.
            return None
        old_from, new_from = old_at + max(whole, 0), new_at + max(whole, 0)
        if max(len(old) - old_from, len(new) - new_from) <= _NEAR:
            return [*regions, (old_from, len(old), new_from, len(new))]
        meeting = _next_meeting(old, new, old_from, new_from)
        if meeting is None:
            return None
        old_at, new_at = meeting
        regions.append((old_from, old_at, new_from, new_at))


def _next_meeting(old: bytes, new: bytes, old_from: int, new_from: int) -> tuple[int, int] | None:
    at = old_from
    for _ in range(_MOST_SKIPPED):
        found = _find_line(new, old[at : at + _NEEDLE], new_from, new_from + _NEAR)
        if found is not None:
            return at, found
        at = old.find(b"\n", at) + 1
        if not at:
            break
    found = _find_line(new, old[old_from : old_from + _NEEDLE], new_from, new_from + _FAR)
    if found is not None:
        return old_from, found
    found = _find_line(old, new[new_from : new_from + _NEEDLE], old_from, old_from + _FAR)
    return None if found is None else (found, new_from)


def _find_line(data: bytes, start: bytes, first: int, last: int) -> int | None:
    """Where a line starts so, between two places."""
    place = data.find(start, first, last)
    return place if place >= 0 and _begins_line(data, place) and len(start) == _NEEDLE else None


def _counted(old: bytes, new: bytes, regions: Iterable[Opcode]) -> Iterator[Opcode]:
    """Regions of bytes as regions of lines."""
    at, lines = [0, 0], [0, 0]
    for region in regions:
        counted = []
        for side, data in ((0, old), (1, new)):
            start, end = region[2 * side], region[2 * side + 1]
            first = lines[side] + data.count(b"\n", at[side], start)
            lines[side] = first + data.count(b"\n", start, end) + (end == len(data) and not _begins_line(data, end))
            at[side] = end
            counted += [first, lines[side]]
        yield counted[0], counted[1], counted[2], counted[3]


def _refined(old: Lines, new: Lines, regions: Iterable[Opcode]) -> Iterator[Opcode]:
    for region in regions:
        if region[0] == region[1] or region[2] == region[3]:
            yield region
            continue
        for start, end, new_start, new_end in changed_regions(old[region[0] : region[1]], new[region[2] : region[3]]):
            yield region[0] + start, region[0] + end, region[2] + new_start, region[2] + new_end


def _is_near_the_least(old: Lines, new: Lines, regions: Sequence[Opcode]) -> bool:
    """True where no other difference can be much shorter.

    However the lines are matched, as many stay over as one side has more of than the other. What is longer than that
    are lines that this one both takes out and puts in: most of them are, where the texts met in a wrong place.
    """
    removed = Counter(chain.from_iterable(old[start:end] for start, end, _, _ in regions))
    added = Counter(chain.from_iterable(new[start:end] for _, _, start, end in regions))
    return (removed & added).total() * _SPARE <= min(removed.total(), added.total())


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _next_line(data: bytes, at: int) -> int:
    return data.find(b"\n", at) + 1 or len(data)


def _begins_line(data: bytes, at: int) -> bool:
    return at == 0 or data[at - 1 : at] == b"\n"
