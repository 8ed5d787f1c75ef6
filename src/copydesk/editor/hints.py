"""Owns what a model is told when `old_str` is not in the file: the real text nearby, and what differs.

Every hint is bounded in size and time. A hint changes nothing: the model sends the edit again.
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from heapq import nlargest

from copydesk.domain.edits import StrReplace
from copydesk.domain.text import FileText, with_newlines
from copydesk.editor.matching import occurrences
from copydesk.editor.snippets import numbered

MOST_LINES = 20_000
"""Files longer than this get no nearest region: looking would take too long."""
HINT_LINES = 12
HINT_LIMIT = 1_500
"""Characters of the real text that a hint shows."""
COMPARED_LENGTH = 120
"""Characters of a line that are compared; minified lines are not worth more."""
MOST_COMPARED = 50
"""Lines that are compared in full, which is quadratic in their length; the others only by their characters."""
_NUMBER_PREFIX = re.compile(r"^ *\d+\t", re.MULTILINE)
LIKENESS = 0.6
"""From which ratio on a line counts as the one that was meant."""


def explain_miss(text: FileText, command: StrReplace) -> str:
    """Say, in one paragraph that may end in numbered lines, why `old_str` was not found; never empty."""
    if not text.text:
        return "The file is empty; use insert with insert_line 0."
    return next(_reasons(text, command), "Nothing in the file is close to it. View the file before you edit it again.")


def _reasons(text: FileText, command: StrReplace) -> Iterator[str]:
    """Explanations, the surest first; each is computed only if those before it found nothing."""
    without_numbers = _NUMBER_PREFIX.sub("", command.old_str)
    if without_numbers != command.old_str and occurrences(text, without_numbers):
        yield "old_str holds the line numbers of a view; send the text without them."
    if len(command.new_str.strip()) > 1:
        there = occurrences(text, command.new_str)
        if there:
            line = text.line_at(there[0].start)
            yield f"new_str is already there, at line {line}: the edit may have been made before."
    if text.line_count > MOST_LINES:
        yield f"The file has {text.line_count:,} lines; view the part that you mean and quote it exactly."
    lines, wanted = text.lines, with_newlines(command.old_str, "\n").strip("\n").split("\n")
    yield from _spacing(lines, wanted)
    yield from _nearest(lines, wanted)


def _spacing(lines: list[str], wanted: list[str]) -> Iterator[str]:
    """Find the lines that are the same but for white space."""
    bare, bare_wanted = [_bare(line) for line in lines], [_bare(line) for line in wanted]
    if not any(bare_wanted):
        return
    for start in _starts(bare, bare_wanted):
        region = lines[start : start + len(wanted)]
        real_tab, sent_tab = "\t" in "".join(region), "\t" in "".join(wanted)
        tabs = {(True, False): " The file has tabs.", (False, True): " The file has no tabs here."}
        yield f"Only white space differs.{tabs.get((real_tab, sent_tab), '')} " + _shown(lines, start, len(wanted))
        return


def _starts(lines: list[str], wanted: list[str]) -> Iterator[int]:
    for start in range(len(lines) - len(wanted) + 1):
        if lines[start] == wanted[0] and lines[start : start + len(wanted)] == wanted:
            yield start


def _bare(line: str) -> str:
    return "".join(line.split())


def _nearest(lines: list[str], wanted: list[str]) -> Iterator[str]:
    """Find the region by the longest line of `old_str` that has a like in the file, and name what differs first."""
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index].strip()))
    found = _most_like(lines, wanted[anchor])
    if found is None:
        return
    start = min(max(found - anchor, 0), max(len(lines) - len(wanted), 0))
    difference = _difference(lines[found - anchor : found - anchor + len(wanted)] if found >= anchor else [], wanted)
    yield difference + _shown(lines, start, len(wanted))


def _most_like(lines: list[str], wanted: str) -> int | None:
    """The line that is most like another; None where none is."""
    matcher = SequenceMatcher(None, "", wanted.strip()[:COMPARED_LENGTH], autojunk=False)

    def likeness(number: int, *, is_exact: bool = False) -> float:
        matcher.set_seq1(lines[number].strip()[:COMPARED_LENGTH])
        return matcher.ratio() if is_exact else matcher.quick_ratio()

    near = nlargest(MOST_COMPARED, range(len(lines)), key=likeness)
    ratio, place = max((likeness(number, is_exact=True), -number) for number in near)
    return -place if ratio >= LIKENESS else None


def _difference(region: list[str], wanted: list[str]) -> str:
    """Name the first character that differs, since look-alikes cannot be told apart by looking."""
    for line, (real, sent) in enumerate(zip(region, wanted, strict=False), 1):
        for real_character, sent_character in zip(real, sent, strict=False):
            if real_character != sent_character:
                return (
                    f"The first difference, in line {line} of old_str: the file has {_named(real_character)} "
                    f"where old_str has {_named(sent_character)}. "
                )
    return ""


def _named(character: str) -> str:
    if 0x20 < ord(character) < 0x7F:
        return f'"{character}"'
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _shown(lines: list[str], start: int, count: int) -> str:
    excerpt = numbered(lines[start : start + min(count, HINT_LINES)], start + 1, HINT_LIMIT)
    return f"The nearest lines of the file are:\n{excerpt.text}"
