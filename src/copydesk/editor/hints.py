"""Owns what a model is told when `old_str` is not in the file: the real text nearby, and what differs.

Every hint is bounded in size and time. A hint changes nothing: the model sends the edit again.
"""

import re

from copydesk.domain.edits import StrReplace
from copydesk.domain.text import FileText, with_newlines
from copydesk.editor.differences import first_difference, shared_length
from copydesk.editor.lookalikes import Near, find_alike
from copydesk.editor.matching import Span
from copydesk.editor.nearest import find_nearest, part_to_search
from copydesk.editor.snippets import numbered

HINT_LINES = 12
HINT_LIMIT = 1_500
"""Characters of the real text that a hint shows."""
LONG_LINE = 600
"""A line with more characters is shown only around the place that differs, so many of them."""
LEAST_NEW = 8
"""From how many characters on `new_str` says something by being in the file."""
_NUMBERS = (re.compile("^ *([0-9]{1,9})([\t→|:])", re.MULTILINE), re.compile("^ *([0-9]{1,9})([|:]) ", re.MULTILINE))
"""Line numbers as views and searches print them before the text of a line."""


def explain_miss(text: FileText, command: StrReplace) -> str:
    """Say, in one paragraph that may end in numbered lines, why `old_str` was not found; never empty."""
    file = text.with_text(with_newlines(text.text, "\n"))
    wanted, new = with_newlines(command.old_str, "\n"), with_newlines(command.new_str, "\n")
    if not file.text:
        return "The file is empty; use insert with insert_line 0."
    if not wanted.strip():
        return "old_str is nothing but white space, and the file has none like it; send it with the text around it."
    return _numbers_said(file.text, wanted) or _difference_said(file, wanted, new)


def _difference_said(file: FileText, wanted: str, new: str) -> str:
    """The surest first; what is as `new_str` has it already is made, however alike."""
    part = part_to_search(file.text, wanted)
    alike, made = find_alike(file.text, part, wanted), _made_said(file.text, wanted, new)
    if alike and not (made and file.text[alike.span.start : alike.span.end] in new):
        return _near_said(file, alike)
    if made:
        return made
    near = find_nearest(file.text, part, wanted)
    return (
        _near_said(file, near)
        if near
        else "Nothing in the file is close to it. View the file before you edit it again."
    )


def _numbers_said(text: str, wanted: str) -> str:
    """Where the text is, if `old_str` holds line numbers and is there without them."""
    for pattern in _NUMBERS:
        marks, bare = pattern.findall(wanted), pattern.sub("", wanted)
        if not marks or not bare.strip() or bare not in text:
            continue
        line, first = _line(text, bare), int(marks[0][0])
        is_counted = [int(number) for number, _ in marks] == list(range(first, first + len(marks)))
        if is_counted and (len(marks) > 1 or marks[0][1] in "\t→" or line == first):
            return f"old_str holds the line numbers of a view; send it without them: that text is at line {line}."
    return ""


def _made_said(text: str, wanted: str, new: str) -> str:
    if len(new.strip()) < LEAST_NEW or new in wanted or new not in text:
        return ""
    line = _line(text, new)
    return f"new_str is already there, at line {line}: the edit may have been made before, or the two are swapped."


def _line(text: str, wanted: str) -> int:
    return text.count("\n", 0, text.index(wanted)) + 1


def _near_said(file: FileText, near: Near) -> str:
    focus = near.focus + shared_length(file.text, near.focus, near.rest)
    return f"{near.said}{first_difference(file, near.focus, near.rest)}{_shown(file.text, near.span, focus)}"


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
