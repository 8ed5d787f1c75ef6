"""Owns where a text and `old_str` go apart, given the line at which `old_str` should begin.

It serves hints only; nothing is ever edited by it. Line ends are LF only here.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher

from copydesk.editor.differences import largest, shared_length
from copydesk.editor.lookalikes import without_space
from copydesk.editor.matching import Span

ALIGNED_LINES = 200
"""Lines of `old_str`, from the first that differs on, that are aligned with the file's."""
SLACK = 3
"""Lines, or characters, before and after a place that are aligned, too, where one side may have more than the other."""
LEAST_DISTINCT = 4
"""From how many characters on, white space aside, a text tells a place from others."""
COMPARED_LENGTH = 120
"""Characters of a line that are compared; minified lines are not worth more."""
MOST_EARLIER = 10
"""Lines before the one that tells the place that are compared with theirs."""
LIKENESS = 0.6
"""From which ratio on a line counts as the one that was meant."""


@dataclass(frozen=True, slots=True)
class Near:
    """A place that is the same as `old_str` in part."""

    span: Span
    """Where `old_str` would be."""
    focus: int
    """Offset in the line in which the two go apart."""
    said: str
    """What is the same, or what one of them leaves out; sentences, each with a space after it."""
    rest: str = ""
    """What `old_str` has from the focus on; empty where there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Lines of a file and of `old_str`, put beside each other."""

    text: str
    begin: int
    """Offset in the text at which the lines begin."""
    lines: list[str]
    """What is after the last line end is a line, too, if only an empty one."""
    start: int
    """Which of the lines is the first of `old_str`, from 0; negative where it would be before them."""
    sent: list[str]

    def offset(self, line: int) -> int:
        """Where a line begins, in the text."""
        return min(self.begin + sum(len(line) + 1 for line in self.lines[: max(0, line)]), len(self.text))

    def span(self, first: int) -> Span:
        """The place of as many lines as `old_str` has; a line end at its end begins none."""
        return Span(self.offset(first), self.offset(first + len(self.sent) - (self.sent[-1] == "")))

    def number(self, line: int) -> int:
        """The number of a line in the file, from 1."""
        return self.text.count("\n", 0, self.begin) + 1 + line


@dataclass(frozen=True, slots=True)
class _Gap:
    """Lines that stand in one place and are not the same; numbers from 0."""

    real: range
    sent: range


def is_distinct(text: str) -> bool:
    """True where a text has enough to tell a place from others."""
    return len(without_space(text)) >= LEAST_DISTINCT


def line_likeness(line: str, other: str) -> float:
    """From 0 for nothing in common to 1 for the same, margins aside."""
    line, other = line.strip()[:COMPARED_LENGTH], other.strip()[:COMPARED_LENGTH]
    return SequenceMatcher(None, line, other, autojunk=False).ratio()


def parting(aligned: Aligned) -> Near:
    """Find the first line in which the file and `old_str` go apart, and say what is the same before it."""
    gap = _first_gap(aligned)
    count = gap.sent.start
    first = gap.real.start - count
    there = _lines(range(aligned.number(first), aligned.number(first + count)))
    some = f"The first {count} lines of old_str are" if count > 1 else "The first line of old_str is"
    return _described(aligned, gap, aligned.span(first), f"{some} at {there}. " if count else "")


def comparison(aligned: Aligned, number: int) -> Near:
    """Compare a line of `old_str`, or an earlier one that is as like, with the line of the file that it is like."""
    pairs = [(line, aligned.start + line) for line in (*range(min(number, MOST_EARLIER)), number)]
    alike = (pair for pair in pairs if pair[1] >= 0 and _is_like(aligned, *pair))
    sent_line, line = next(alike, pairs[-1])
    focus = aligned.offset(line) + (0 if sent_line else _column(aligned.lines[line], aligned.sent))
    said = f"Line {aligned.number(line)} comes nearest to line {sent_line + 1} of old_str. "
    rest = "\n".join(aligned.sent[sent_line:])
    return Near(aligned.span(aligned.start), focus, said if len(aligned.sent) > 1 else "", rest)


def _is_like(aligned: Aligned, sent_line: int, line: int) -> bool:
    real, sent = aligned.lines[line], aligned.sent[sent_line]
    return is_distinct(sent) and real != sent and line_likeness(real, sent) >= LIKENESS


def _described(aligned: Aligned, gap: _Gap, span: Span, before: str) -> Near:
    focus = aligned.offset(gap.real.start)
    real_lines = _lines(range(aligned.number(gap.real.start), aligned.number(gap.real.stop)))
    sent_lines = _lines(range(gap.sent.start + 1, gap.sent.stop + 1))
    if focus == len(aligned.text):
        return Near(span, focus, f"{before}The file ends there, and old_str goes on. ")
    if not gap.sent:
        return Near(span, focus, f"{before}The file has {real_lines} next, which old_str leaves out. ")
    if not gap.real:
        return Near(span, focus, f"{before}The file lacks {sent_lines} of old_str there. ")
    real, sent = aligned.lines[gap.real.start], aligned.sent[gap.sent.start]
    column = 0 if gap.sent.start else _column(real, aligned.sent)
    if line_likeness(real[column : column + len(sent)], sent) < LIKENESS:
        return Near(span, focus, f"{before}At {real_lines} the file has something else than {sent_lines} of old_str. ")
    return Near(span, focus + column, before, "\n".join(aligned.sent[gap.sent.start :]))


def _lines(numbers: range) -> str:
    return f"line {numbers.start}" if len(numbers) == 1 else f"lines {numbers.start}-{numbers.stop - 1}"


def _column(real: str, sent: list[str]) -> int:
    """Where in a line of the file `old_str` begins, which is within it or before it with its margin."""
    first = sent[0].lstrip()
    margin = sent[0][: len(sent[0]) - len(first)]
    before = real[: _inner_column(real, first, is_end=len(sent) > 1)]
    return len(before.removesuffix(margin)) if before.endswith(margin) else len(before.rstrip())


def _inner_column(real: str, sent: str, *, is_end: bool) -> int:
    """Where in a line another begins, whose end should be the end of the line, too, if `is_end`."""
    likely: int = max(0, len(real) - len(sent) if is_end else _offset_of_likest(real, sent))
    columns: list[int] = [0, *range(max(0, likely - SLACK), likely + SLACK + 1)]
    shared = sent[: largest(len(sent), lambda length: sent[:length] in real)]
    if is_distinct(shared) or shared == sent:
        columns.append(real.find(shared))
    return max(columns, key=lambda column: (shared_length(real, column, sent), -abs(column - likely)))


def _offset_of_likest(real: str, sent: str) -> int:
    """How far the longest stretch that two lines have in common is further on in the first."""
    matcher = SequenceMatcher(None, real[:COMPARED_LENGTH], sent[:COMPARED_LENGTH], autojunk=False)
    block = matcher.find_longest_match()
    return int(block.a) - int(block.b)


def _first_gap(aligned: Aligned) -> _Gap:
    """The first lines that differ, aligned by those that are the same but for their margins."""
    same = min(_same_lines(aligned), len(aligned.sent) - 1)
    begin = aligned.start + same if same else max(0, aligned.start - SLACK)
    sent = aligned.sent[same : same + ALIGNED_LINES]
    real = aligned.lines[begin : max(0, aligned.start + same) + len(sent) + SLACK]
    real = [_without_rest(line, aligned.sent) for line in real]
    bare_real, bare_sent = [line.strip() for line in real], [line.strip() for line in sent]
    matcher = SequenceMatcher(lambda line: not is_distinct(line), bare_real, bare_sent, autojunk=False)
    for tag, *numbers in matcher.get_opcodes():
        gap = _gap(tag, numbers, aligned, begin, same)
        if gap:
            return gap
    return _Gap(range(begin, begin + 1), range(same, same + 1))


def _gap(tag: str, numbers: list[int], aligned: Aligned, begin: int, same: int) -> _Gap | None:
    """What differs in a stretch of the alignment; what the file has before and after `old_str` is no difference."""
    real_lines, lines = range(begin + numbers[0], begin + numbers[1]), range(same + numbers[2], same + numbers[3])
    end = min(same + ALIGNED_LINES, len(aligned.sent))
    if tag == "equal":
        pairs = zip(real_lines, lines, strict=True)
        return next((_Gap(range(r, r + 1), range(s, s + 1)) for r, s in pairs if not _stands(aligned, r, s)), None)
    if not lines:
        return _Gap(real_lines, lines) if lines.start not in (0, end) else None
    if lines.start == 0:
        real_lines = real_lines[-len(lines) :] if len(real_lines) >= len(lines) else real_lines[:0]
    return _Gap(real_lines[: len(lines)] if lines.stop == end else real_lines, lines)


def _same_lines(aligned: Aligned) -> int:
    """How many lines stand in the file without a break, from the first of `old_str` on."""
    numbers = range(len(aligned.sent) if aligned.start >= 0 else 0)
    return next((number for number in numbers if not _stands(aligned, aligned.start + number, number)), len(numbers))


def _stands(aligned: Aligned, number: int, sent_number: int) -> bool:
    """True where a line of the file holds one of `old_str`; the first and the last of `old_str` need not be whole."""
    is_last = sent_number == len(aligned.sent) - 1
    if number >= len(aligned.lines) - (not is_last and aligned.lines[-1] == ""):
        return False
    real, sent = aligned.lines[number], aligned.sent[sent_number]
    match sent_number == 0, is_last:
        case True, True:
            return sent in real
        case True, False:
            return real.endswith(sent)
        case False, True:
            return real.startswith(sent)
        case _:
            return real == sent


def _without_rest(line: str, sent: list[str]) -> str:
    """A line of the file without what comes after the last line of `old_str` in it."""
    return sent[-1] if line not in sent and is_distinct(sent[-1]) and line.startswith(sent[-1]) else line
