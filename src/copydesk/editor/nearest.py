"""Owns finding the place of a text that comes nearest to `old_str`.

It serves hints only; nothing is ever edited by it. Line ends are LF only here. The time it takes is bounded: of a file
that is too long, only what is around a line or word of `old_str` is looked at.
"""

import re
from collections import defaultdict
from heapq import nlargest

from copydesk.domain.text import FileText
from copydesk.editor.differences import largest
from copydesk.editor.matching import Span, occurrences
from copydesk.editor.parting import (
    ALIGNED_LINES,
    COMPARED_LENGTH,
    LIKENESS,
    Aligned,
    Near,
    comparison,
    is_distinct,
    line_likeness,
    parting,
)

MOST_LINES = 20_000
MOST_CHARACTERS = 1_000_000
"""A file with more lines or characters is looked at only around a line or word of `old_str` that it has."""
MOST_ESCAPES = 20_000
"""The same for a file with more backslashes and ampersands, which are looked at one by one."""
REACH = 100_000
"""Characters before and after such a word that are looked at."""
MOST_SOUGHT, LONGEST_SOUGHT = 4, 40
"""How many pieces of lines, and how many words, of `old_str` are looked for there, and the length of a piece."""
MOST_PLACES = 20
"""How many places are compared to find the nearest."""
PIECE, MOST_PIECES = 3, 16
"""Length and number of the pieces of a line by which those like it are found."""
_WORD = re.compile(r"\w{4,}")


def part_to_search(text: str, wanted: str) -> Span | None:
    """The part of a text in which something near to `wanted` may be: all, or what is around one of its words."""
    escapes = text.count("\\") + text.count("&")
    if len(text) <= MOST_CHARACTERS and text.count("\n") <= MOST_LINES and escapes <= MOST_ESCAPES:
        return Span(0, len(text))
    lines = [line.strip() for line in wanted.split("\n")]
    pieces = {line[at : at + LONGEST_SOUGHT] for line in lines for at in range(0, len(line), LONGEST_SOUGHT)}
    for sought in (set(filter(is_distinct, pieces)), set(_WORD.findall(wanted))):
        longest = sorted(sought, key=lambda piece: (-len(piece), piece))[:MOST_SOUGHT]
        counts = {piece: count for piece in longest if (count := text.count(piece))}
        if counts:
            return _around(text, text.find(min(counts, key=counts.__getitem__)))
    return None


def _around(text: str, at: int) -> Span:
    """What is around an offset, whole lines if they are not too long."""
    earliest, latest = max(0, at - REACH), at + REACH
    begin = text.find("\n", earliest, at) + 1 if earliest else 0
    return Span(begin or earliest, text.rfind("\n", at, latest) + 1 or min(latest, len(text)))


def find_nearest(text: str, part: Span, wanted: str) -> Near | None:
    """The place in a part of a text that has most of `wanted`; None where nothing is near."""
    block, sent = text[part.start : part.end], wanted.split("\n")
    lines = block.split("\n")
    for starts in (_by_beginning(block, sent), _by_longest_line(lines, sent)):
        if starts:
            start = max(starts, key=lambda start: (*_agreement(lines, start, sent), -start))
            return parting(Aligned(text, part.start, lines, start, sent))
    number = _longest(sent)
    place = _most_like(lines, sent[number])
    if place is None:
        return _by_characters(block, part.start, wanted)
    return comparison(Aligned(text, part.start, lines, place - number, sent), number)


def _longest(sent: list[str]) -> int:
    """Number of the longest line of `old_str`, from 0."""
    return max(range(len(sent[:ALIGNED_LINES])), key=lambda number: len(sent[number].strip()))


def _by_beginning(block: str, sent: list[str]) -> list[int]:
    """Where as many of the first lines of `old_str` as possible are; numbers of lines, from 0, as below."""

    def beginning(count: int) -> str:
        return "".join(f"{line}\n" for line in sent[:count])

    most = beginning(largest(len(sent) - 1, lambda count: beginning(count) in block))
    places = occurrences(FileText(block), most)[:MOST_PLACES] if is_distinct(most) else []
    return [block.count("\n", 0, place.start) for place in places]


def _by_longest_line(lines: list[str], sent: list[str]) -> list[int]:
    """Where `old_str` begins if its longest line that is in the file, margins aside, is where it should be.

    A line that is short beside the longest of all tells less than what is like that one.
    """
    least = len(sent[_longest(sent)].strip()) / 2
    numbers = {line.strip(): number for number, line in enumerate(sent[:ALIGNED_LINES]) if is_distinct(line)}
    found = defaultdict[str, list[int]](list)
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare in numbers and len(bare) >= least:
            found[bare].append(number - numbers[bare])
    return found[max(found, key=len)][:MOST_PLACES] if found else []


def _most_like(lines: list[str], sent: str) -> int | None:
    """The line that is most like another, by number from 0; None where none is."""
    sent = sent.strip()[:COMPARED_LENGTH]
    if not is_distinct(sent):
        return None
    step = max(1, len(sent) // MOST_PIECES)
    pieces = {sent[at : at + PIECE] for at in range(0, len(sent) - PIECE + 1, step)}
    shared = [sum(piece in line for piece in pieces) for line in lines]
    near = nlargest(MOST_PLACES, range(len(lines)), key=shared.__getitem__)
    likeness, place = max((line_likeness(lines[place], sent), -place) for place in near)
    return -place if likeness >= LIKENESS else None


def _agreement(lines: list[str], start: int, sent: list[str]) -> tuple[int, float]:
    """How many lines are the same, margins aside, if `old_str` begins at a line; how like the first other one is.

    The first line of `old_str` need not be whole and says nothing here.
    """
    numbers = [number for number, line in enumerate(sent[:ALIGNED_LINES]) if number and line.strip()]
    pairs = [(sent[number], lines[start + number]) for number in numbers if 0 <= start + number < len(lines)]
    others = [(line, real) for line, real in pairs if line.strip() != real.strip()]
    return len(pairs) - len(others), line_likeness(*others[0]) if others else 1


def _by_characters(block: str, begin: int, wanted: str) -> Near | None:
    """The place of the longer of the beginning and the end of `old_str` that are in the file, if long enough."""
    head = wanted[: largest(len(wanted) - 1, lambda length: wanted[:length] in block)]
    tail = wanted[len(wanted) - largest(len(wanted) - 1, lambda length: wanted[-length:] in block) :]
    longer = max(head, tail, key=len)
    if not is_distinct(longer) or len(longer) < min(len(wanted) / 2, LONGEST_SOUGHT):
        return None
    at = begin + block.find(longer)
    if longer == head:
        return Near(Span(at, at + len(wanted)), at, "", wanted)
    said = f"The last {len(tail):,} characters of old_str are in the file; what is before them is not. "
    return Near(Span(at, at + len(tail)), at, said)
