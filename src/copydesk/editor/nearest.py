"""Owns finding the place of a text that comes nearest to `old_str`, and the first lines that differ there.

It serves hints only; nothing is ever edited by it. Line ends are LF only, and lines count from 0 here. The time it
takes is bounded: of a file that is too long, only what is around a line or word of `old_str` is looked at.
"""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest

from copydesk.editor.differences import largest
from copydesk.editor.lookalikes import MOST_PLACES, Near, is_distinct
from copydesk.editor.matching import Span

MOST_LINES, MOST_CHARACTERS, MOST_ESCAPES = 20_000, 1_000_000, 20_000
"""A file with more lines, or characters, or backslashes and ampersands, is looked at only in part."""
REACH = 100_000
"""Characters before and after a piece of `old_str` in such a file that are looked at."""
MOST_SOUGHT, LONGEST_SOUGHT = 4, 40
"""How many pieces of lines, and how many words, of `old_str` are looked for there, and the length of a piece."""
ALIGNED_LINES, SLACK = 200, 3
"""Lines of `old_str` that are aligned with the file's, and how many more of these."""
COMPARED_LENGTH = 120
"""Characters of a line that are compared; minified lines are not worth more."""
MOST_EARLIER = 10
"""Lines before the one that tells the place that are compared with theirs."""
PIECE, MOST_PIECES = 3, 16
"""Length and number of the pieces of a line by which those like it are found."""
LIKENESS = 0.6
"""From which ratio on a line counts as the one that was meant."""
_WORD = re.compile(r"\w{4,}")


def part_to_search(text: str, wanted: str) -> Span:
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
            at = text.find(min(counts, key=counts.__getitem__))
            begin, end = max(0, at - REACH), min(at + REACH, len(text))
            line_begin = text.find("\n", begin, at) + 1 if begin else 0
            return Span(line_begin or begin, text.rfind("\n", at, end) + 1 or end)
    return Span(0, 0)


def find_nearest(text: str, part: Span, wanted: str) -> Near | None:
    """The place in a part of a text that has most of `wanted`; None where nothing is near."""
    block, sent = text[part.start : part.end], wanted.split("\n")
    lines = block.removesuffix("\n").split("\n")
    beside = _Beside(text, part.start, lines, _matched(lines, sent), sent)
    longest = max(range(len(sent[:ALIGNED_LINES])), key=lambda number: len(sent[number].strip()))
    votes = _votes(beside)
    if votes and max(votes.values()) >= len(sent[longest].strip()) / 2:
        likest = nlargest(MOST_PLACES, votes, key=votes.__getitem__)
        return _parting(beside, max(likest, key=lambda start: (votes[start], _agreement(beside, start), -start)))
    place = _most_like(lines, sent[longest])
    if place is None:
        return _by_characters(block, part.start, wanted)
    return _comparison(beside, place - longest, longest)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Lines of a file, to be put beside those of `old_str`."""

    text: str
    begin: int
    """Offset in the text at which the lines begin."""
    lines: list[str]
    matched: list[str]
    """The same, where the first and the last line of `old_str`, which need not be whole, count as whole."""
    sent: list[str]

    def offset(self, line: int) -> int:
        """Where a line begins, in the text."""
        return min(self.begin + sum(len(line) + 1 for line in self.lines[: max(0, line)]), len(self.text))

    def near(self, start: int, line: int, column: int, said: str, number: int | None = None) -> Near:
        """The place where `old_str` begins at line `start`, compared from a column on with its line of a number."""
        end = start + len(self.sent) - (self.sent[-1] == "")
        rest = self.sent[number:] if number is not None else []
        return Near(Span(self.offset(start), self.offset(end)), self.offset(line) + column, said, "\n".join(rest))

    @property
    def first_number(self) -> int:
        """The number in the file of the first of the lines."""
        return self.text.count("\n", 0, self.begin) + 1

    def named(self, lines: range) -> str:
        """Some lines of the file as a sentence names them."""
        return _named(lines, self.first_number)


def _named(lines: range, first: int = 1) -> str:
    last = lines.stop - 1 + first
    return f"line {last}" if len(lines) == 1 else f"lines {lines.start + first}-{last}"


def _matched(lines: list[str], sent: list[str]) -> list[str]:
    """Lines of a file; one that ends with the first of `old_str`, or begins with its last, counts as that."""
    first, last = (line if is_distinct(line) else "\n" for line in (sent[0], sent[-1]))
    whole = set(sent[:ALIGNED_LINES])
    return [
        line if line in whole else first if line.endswith(first) else last if line.startswith(last) else line
        for line in lines
    ]


def _votes(beside: _Beside) -> dict[int, int]:
    """By line at which `old_str` may begin: how many characters its lines have, margins aside, that would be right."""
    numbered = reversed([*enumerate(beside.sent[:ALIGNED_LINES])])
    numbers = {line.strip(): number for number, line in numbered if is_distinct(line)}
    votes = Counter[int]()
    for place, line in enumerate(map(str.strip, beside.matched)):
        if line in numbers:
            votes[place - numbers[line]] += len(line)
    return votes


def _agreement(beside: _Beside, start: int) -> float:
    """How like the first line is that is another, from the second on, if `old_str` begins at a line."""
    pairs = zip(beside.sent[1:ALIGNED_LINES], beside.matched[max(0, start) + 1 :], strict=False)
    return next((_likeness(real, sent) for sent, real in pairs if sent.strip() != real.strip()), 1)


def _likeness(line: str, other: str) -> float:
    """From 0 for nothing in common to 1 for the same, margins aside."""
    line, other = line.strip()[:COMPARED_LENGTH], other.strip()[:COMPARED_LENGTH]
    return SequenceMatcher(None, line, other, autojunk=False).ratio()


def _most_like(lines: list[str], sent: str) -> int | None:
    """The line that is most like another; None where none is."""
    sent = sent.strip()[:COMPARED_LENGTH]
    if not is_distinct(sent):
        return None
    step = max(1, len(sent) // MOST_PIECES)
    pieces = {sent[at : at + PIECE] for at in range(0, len(sent) - PIECE + 1, step)}
    shared = [sum(piece in line for piece in pieces) for line in lines]
    near = nlargest(MOST_PLACES, range(len(lines)), key=shared.__getitem__)
    likeness, place = max((_likeness(lines[place], sent), -place) for place in near)
    return -place if likeness >= LIKENESS else None


def _by_characters(block: str, begin: int, wanted: str) -> Near | None:
    """The place of the beginning of `old_str`, if enough of it is in the file."""
    head = wanted[: largest(len(wanted) - 1, lambda length: wanted[:length] in block)]
    if not is_distinct(head) or len(head) < min(len(wanted) / 2, LONGEST_SOUGHT):
        return None
    at = begin + block.find(head)
    return Near(Span(at, at + len(wanted)), at, "", wanted)


def _comparison(beside: _Beside, start: int, number: int) -> Near:
    """Compare a line of `old_str`, or an earlier one that is as like, with the line of the file that it is like."""
    earlier = (line for line in range(max(0, -start), min(number, MOST_EARLIER)) if is_distinct(beside.sent[line]))
    first = next((line for line in earlier if _is_like(beside.lines[start + line], beside.sent[line])), number)
    column = 0 if first else _column(beside.lines[start], beside.sent[0])
    said = f"Line {beside.first_number + start + first} comes nearest to line {first + 1} of old_str. "
    return beside.near(start, start + first, column, said if len(beside.sent) > 1 else "", first)


def _parting(beside: _Beside, start: int) -> Near:
    """Find the first lines in which the file and `old_str` go apart, and say what is the same before them."""
    real, sent = _gap(beside, start)
    start, line, number = real.start - sent.start, real.start, sent.start
    some = "The first line of old_str is" if number == 1 else f"The first {number} lines of old_str are"
    before = f"{some} at {beside.named(range(start, line))}. " if number else ""
    if beside.offset(line) == len(beside.text):
        return beside.near(start, line, 0, f"{before}The file ends there, and old_str goes on. ")
    if not sent:
        return beside.near(
            start, line, 0, f"{before}The file has {beside.named(real)} next, which old_str leaves out. "
        )
    if not real:
        return beside.near(start, line, 0, f"{before}The file lacks {_named(sent)} of old_str there. ")
    column = 0 if number else _column(beside.lines[line], beside.sent[0])
    if _is_like(beside.lines[line][column:][: len(beside.sent[number])], beside.sent[number]):
        return beside.near(start, line, column, before, number)
    said = f"{before}At {beside.named(real)} the file has something else than {_named(sent)} of old_str. "
    return beside.near(start, line, 0, said)


def _is_like(real: str, sent: str) -> bool:
    return _likeness(real, sent) >= LIKENESS


def _gap(beside: _Beside, start: int) -> tuple[range, range]:
    """The first lines that differ, of both; those of the file before and after `old_str` are no difference."""
    same = _same_lines(beside, start)
    begin, sent = start + same if same else max(0, start - SLACK), beside.sent[same : same + ALIGNED_LINES]
    real = beside.matched[begin : max(0, start) + same + len(sent) + SLACK]
    matcher = SequenceMatcher(lambda line: not is_distinct(line), real, sent, autojunk=False)
    others = (places for tag, *places in matcher.get_opcodes() if tag != "equal")
    gaps = (places for places in others if same + places[3] > 0 and places[2] < len(sent))
    first, last, sent_first, sent_last = next(gaps, [max(0, start) + same - begin, len(real), 0, len(sent)])
    if same + sent_first == 0:
        placed = max(0, start) - begin
        first = max(first, min(placed, last - sent_last)) if sent_last < len(sent) else placed
    if sent_last == len(sent):
        last = min(last, first + sent_last - sent_first)
    return range(begin + first, begin + last), range(same + sent_first, same + sent_last)


def _same_lines(beside: _Beside, start: int) -> int:
    """How many lines stand in the file without a break, from the first of `old_str` on; its last is not asked."""
    most = max(0, min(len(beside.lines) - start, len(beside.sent) - 1)) if start >= 0 else 0
    return next((number for number in range(most) if beside.matched[start + number] != beside.sent[number]), most)


def _column(real: str, sent: str) -> int:
    """Where in a line of the file the first one of `old_str` begins: within it, or before it with its margin."""
    bare = sent.lstrip()
    margin, before = sent[: len(sent) - len(bare)], real[: _bare_column(real, bare)]
    return len(before.removesuffix(margin)) if before.endswith(margin) else len(before.rstrip())


def _bare_column(real: str, sent: str) -> int:
    head = sent[: largest(len(sent), lambda length: sent[:length] in real)]
    if is_distinct(head) or head == sent:
        ends = real.find(head), real.rfind(head)
        return max(ends, key=lambda column: _likeness(real[column : column + len(sent)], sent))
    matcher = SequenceMatcher(None, real[:COMPARED_LENGTH], sent[:COMPARED_LENGTH], autojunk=False)
    return next((max(0, at - sent_at) for at, sent_at, size in matcher.get_matching_blocks() if size >= PIECE), 0)
