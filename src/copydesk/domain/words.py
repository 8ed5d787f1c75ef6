"""Owns what differs inside of changed lines: which line became which, which words of it, or only its line end.

Its results are data for screens; nothing is decided or applied by them. Its cost is bounded: in very long lines only
what is the same at both ends is told apart, and in large regions lines are paired in order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import NamedTuple

from copydesk.domain.diffs import FileDiff
from copydesk.domain.hunks import Hunk, LineKind
from copydesk.domain.lines import Opcode, changed_regions
from copydesk.domain.stretches import same_end, same_start

Spans = tuple[tuple[int, int], ...]
"""Stretches of a line in characters, the end excluded; in order, with something between any two of them."""

LONGEST_LINE = 4_000
"""Characters of both lines together up to which words are told apart."""
MOST_PAIRS = 400
"""Removed lines times added lines, in one place, up to which the lines that are most alike are paired."""
LEAST_ALIKE = 0.4
"""Lines of which a smaller share is the same are two lines, not one that changed."""

_WORD = re.compile(r"\w+|\r?\n|[^\S\r\n]+|.", re.DOTALL)


class LinePair(NamedTuple):
    """A removed line and the added one that it became, as indices of the hunk's lines."""

    removed: int
    added: int


@dataclass(frozen=True, slots=True)
class NewlineFlip:
    """How many lines of a difference change in nothing but their line end."""

    to_crlf: int
    to_lf: int
    is_whole: bool
    """Nothing else changes."""


def word_changes(old: str, new: str) -> tuple[Spans, Spans]:
    """The stretches of both lines that differ, by words, blanks and single other characters; line ends count too."""
    if len(old) + len(new) > LONGEST_LINE:
        head = same_start(old, new)
        tail = same_end(old, new, head)
        old_end, new_end = len(old) - tail, len(new) - tail
        return ((head, old_end),) * (head < old_end), ((head, new_end),) * (head < new_end)
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    regions = _readable(changed_regions(old_words, new_words), old_words)
    return (
        _spans(old_words, [(start, end) for start, end, _, _ in regions]),
        _spans(new_words, [(start, end) for _, _, start, end in regions]),
    )


def pair_lines(hunk: Hunk) -> tuple[LinePair, ...]:
    """The removed lines that became added ones, in order; the others were only taken out or put in."""
    pairs = []
    for removed, added in _changed_places(hunk):
        old, new = ([hunk.lines[index].text for index in side] for side in (removed, added))
        pairs += [LinePair(removed[first], added[second]) for first, second in _paired(old, new)]
    return tuple(pairs)


def newline_flip(diff: FileDiff) -> NewlineFlip | None:
    """Say where lines change in nothing but their line end; None where no line does."""
    ends: Counter[bool] = Counter()
    for hunk in diff.hunks:
        for removed, added in _changed_places(hunk):
            old, new = ([hunk.lines[index].text for index in side] for side in (removed, added))
            alike = ((old[first], new[second]) for first, second in _same_but_ends(old, new))
            ends.update(after.endswith("\r\n") for before, after in alike if before[-1:] == after[-1:] == "\n")
    if not ends:
        return None
    return NewlineFlip(ends[True], ends[False], is_whole=2 * ends.total() == diff.added + diff.removed)


def _readable(regions: Iterable[Opcode], words: Sequence[str]) -> list[Opcode]:
    """Join what only a blank keeps apart."""
    result: list[Opcode] = []
    for region in regions:
        if result and "".join(words[result[-1][1] : region[0]]).isspace():
            old_start, _, new_start, _ = result.pop()
            region = old_start, region[1], new_start, region[3]
        result.append(region)
    return result


def _spans(words: Sequence[str], regions: Sequence[tuple[int, int]]) -> Spans:
    offsets = [0, *accumulate(map(len, words))]
    return tuple((offsets[start], offsets[end]) for start, end in regions if start < end)


def _changed_places(hunk: Hunk) -> Iterator[tuple[list[int], list[int]]]:
    """The removed and the added lines between unchanged ones, as indices."""
    for is_context, group in groupby(enumerate(hunk.lines), lambda item: item[1].kind is LineKind.CONTEXT):
        if not is_context:
            lines = list(group)
            removed = [index for index, line in lines if line.kind is LineKind.REMOVED]
            yield removed, [index for index, line in lines if line.kind is LineKind.ADDED]


def _same_but_ends(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    position = shift = 0
    for start, end, _, new_end in [*_differing(old, new), (len(old), 0, 0, 0)]:
        yield from ((place, place + shift) for place in range(position, start))
        position, shift = end, new_end - end


def _differing(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    bare = ([line.removesuffix("\n").removesuffix("\r") for line in lines] for lines in (old, new))
    return list(changed_regions(*bare))


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    pairs = list(_same_but_ends(old, new))
    for old_start, old_end, new_start, new_end in _differing(old, new):
        found = _most_alike(old[old_start:old_end], new[new_start:new_end])
        pairs += [(old_start + first, new_start + second) for first, second in found]
    return sorted(pairs)


def _most_alike(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pair lines in order so that they are as much alike as can be; many lines just as they come."""
    olds, news = ([Counter(_WORD.findall(line[:LONGEST_LINE])) for line in lines] for lines in (old, new))
    if len(old) * len(new) > MOST_PAIRS:
        return [(place, place) for place, bags in enumerate(zip(olds, news, strict=False)) if _likeness(*bags)]
    scores = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_likeness(before, after) for after in news] for before in olds]
    for first, row in enumerate(alike):
        for second, likeness in enumerate(row):
            apart = max(scores[first][second + 1], scores[first + 1][second])
            scores[first + 1][second + 1] = max(apart, scores[first][second] + likeness)
    pairs, first, second = [], len(old), len(new)
    while first and second:
        if scores[first][second] == scores[first - 1][second]:
            first -= 1
        elif scores[first][second] == scores[first][second - 1]:
            second -= 1
        else:
            first, second = first - 1, second - 1
            pairs.append((first, second))
    return pairs[::-1]


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """The share of characters in words that both lines have; 0 where it is too small to count."""
    whole = _size(old) + _size(new)
    share = 2 * _size(old & new) / whole if whole else 0.0
    return share if share >= LEAST_ALIKE else 0.0


def _size(bag: Counter[str]) -> int:
    return sum(len(word) * number for word, number in bag.items() if not word.isspace())
