"""Owns what a model is told when `old_str` is not in the file: the real text nearby, and what differs.

Every hint is bounded in size and time. A hint changes nothing: the model sends the edit again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from copydesk.domain.edits import StrReplace
from copydesk.domain.text import FileText, with_newlines
from copydesk.editor.differences import first_difference, shared_length
from copydesk.editor.lookalikes import find_alike
from copydesk.editor.matching import Span
from copydesk.editor.nearest import find_nearest, part_to_search
from copydesk.editor.snippets import numbered

HINT_LINES = 12
HINT_LIMIT = 1_500
"""Characters of the real text that a hint shows."""
LONG_LINE = 600
"""A line with more characters is shown only around the place that differs, so many of them."""
LONGEST_ALIKE = 200_000
"""A longer `old_str` is not looked for in other ways of writing it."""
LEAST_NEW = 8
"""From how many characters on `new_str` says something by being in the file."""
_NUMBERS = (re.compile("^ *([0-9]{1,9})([\t→|:])", re.MULTILINE), re.compile("^ *([0-9]{1,9})([|:]) ", re.MULTILINE))
"""Line numbers as views and searches print them before the text of a line."""


@dataclass(frozen=True, slots=True)
class _Miss:
    """An `old_str` that is not in a file; line ends are LF in all three."""

    file: FileText
    wanted: str
    new: str
    part: Span | None
    """What of a long file is searched."""

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.file.text


def explain_miss(text: FileText, command: StrReplace) -> str:
    """Say, in one paragraph that may end in numbered lines, why `old_str` was not found; never empty."""
    file = text.with_text(with_newlines(text.text, "\n"))
    wanted, new = with_newlines(command.old_str, "\n"), with_newlines(command.new_str, "\n")
    miss = _Miss(file, wanted, new, part_to_search(file.text, wanted))
    return next(filter(None, (reason(miss) for reason in _REASONS)))


def _is_empty(miss: _Miss) -> str:
    return "" if miss.text else "The file is empty; use insert with insert_line 0."


def _is_blank(miss: _Miss) -> str:
    if miss.wanted.strip():
        return ""
    return (
        "old_str is nothing but white space, and the file has none like it; send it with the text before or after it."
    )


def _has_line_numbers(miss: _Miss) -> str:
    for pattern in _NUMBERS:
        marks, bare = pattern.findall(miss.wanted), pattern.sub("", miss.wanted)
        if not marks or not bare.strip() or bare not in miss.text:
            continue
        line, first = _line(miss.text, bare), int(marks[0][0])
        is_counted = [int(number) for number, _ in marks] == list(range(first, first + len(marks)))
        if is_counted and (len(marks) > 1 or marks[0][1] in "\t→" or line == first):
            return f"old_str holds the line numbers of a view; send it without them: that text is at line {line}."
    return ""


def _is_alike(miss: _Miss) -> str:
    """What already is as `new_str` has it is left to the next reason."""
    if miss.part is None or len(miss.wanted) > LONGEST_ALIKE:
        return ""
    alike = find_alike(miss.text, miss.part, miss.wanted)
    real = miss.text[alike.span.start : alike.span.end] if alike else ""
    if alike is None or (real in miss.new and _is_done(miss)):
        return ""
    tabs = {(True, False): "The file has tabs. ", (False, True): "The file has no tabs here. "}
    about_tabs = tabs.get(("\t" in real, "\t" in miss.wanted), "")
    focus = alike.span.start + shared_length(real, 0, miss.wanted)
    difference = first_difference(miss.file, alike.span.start, miss.wanted)
    return f"{alike.said} {about_tabs}{difference}{_shown(miss.text, alike.span, focus)}"


def _is_done(miss: _Miss) -> str:
    if len(miss.new.strip()) < LEAST_NEW or miss.new in miss.wanted or miss.new not in miss.text:
        return ""
    line = _line(miss.text, miss.new)
    return f"new_str is already there, at line {line}: the edit may have been made before, or the two are swapped."


def _is_near(miss: _Miss) -> str:
    near = miss.part and find_nearest(miss.text, miss.part, miss.wanted)
    if not near:
        return ""
    difference = first_difference(miss.file, near.focus, near.rest)
    focus = near.focus + shared_length(miss.text, near.focus, near.rest)
    return f"{near.said}{difference}{_shown(miss.text, near.span, focus)}"


def _is_elsewhere(miss: _Miss) -> str:
    return "Nothing in the file is close to it. View the file before you edit it again."


_REASONS: tuple[Callable[[_Miss], str], ...] = (
    _is_empty,
    _is_blank,
    _has_line_numbers,
    _is_alike,
    _is_done,
    _is_near,
    _is_elsewhere,
)
"""The surest first; each gives its hint, or an empty string where it does not hold."""


def _line(text: str, wanted: str) -> int:
    return text.count("\n", 0, text.index(wanted)) + 1


def _shown(text: str, span: Span, focus: int) -> str:
    """The lines of a place, numbered; from the one on that the focus is in, where all of them are too many."""
    focus = min(focus, len(text) - text.endswith("\n"))
    line_begin = text.rfind("\n", 0, focus) + 1
    line_end = text.find("\n", focus) if text.find("\n", focus) >= 0 else len(text)
    if line_end - line_begin > LONG_LINE:
        return _shown_columns(text, Span(line_begin, line_end), focus)
    first = text.rfind("\n", 0, min(span.start, line_begin)) + 1
    is_near = line_begin - first < HINT_LIMIT // 2 and text.count("\n", first, line_begin) < HINT_LINES
    begin = first if is_near else line_begin
    count = text.count("\n", begin, max(span.end - 1, focus)) + 1
    lines = text[begin : begin + HINT_LIMIT + 1].split("\n")[: min(count, HINT_LINES)]
    excerpt = numbered(lines, text.count("\n", 0, begin) + 1, HINT_LIMIT)
    return f"The nearest lines of the file are:\n{excerpt.text}"


def _shown_columns(text: str, line: Span, focus: int) -> str:
    """A part of a line that is too long to be shown."""
    begin = max(line.start, focus - LONG_LINE // 2)
    shown = text[begin : min(begin + LONG_LINE, line.end)]
    number, column = text.count("\n", 0, line.start) + 1, begin - line.start + 1
    return f"Line {number} is long; its columns {column:,} to {column + len(shown) - 1:,} are:\n{number:6}\t{shown}"
