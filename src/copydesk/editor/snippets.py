"""Owns how lines are shown to a model: numbered, bounded, cut at line ends.

The form of a line (number right-aligned in 6, TAB, text) and the clip marker are what models were trained on.
"""

from dataclasses import dataclass

from copydesk.domain.text import Characters, FileText, Splice

VIEW_LIMIT = 24_000
"""Characters that a view shows where the tool's declaration sets no other limit."""
SNIPPET_LIMIT = 8_000
"""Characters of the snippet that follows an edit; the model knows its own text."""
STRETCH = 400
"""Characters shown before and after a place in a line that is too long to be shown."""
CONTEXT_LINES = 4
"""Unchanged lines shown before and after an edit."""
CLIPPED = "<response clipped>"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Numbered lines, and how far they reach."""

    text: str
    last: int
    """Number of the last line that is shown, 1-based."""
    is_clipped: bool = False


def numbered(lines: list[str], first: int, limit: int) -> Excerpt:
    """Number lines from `first` on, as many whole ones as `limit` characters hold; a longer first line is cut."""
    shown: list[str] = []
    room = limit
    for number, line in enumerate(lines, first):
        row = f"{number:6}\t{line}"
        if len(row) > room:
            break
        shown.append(row)
        room -= len(row) + 1
    if lines and not shown:
        return Excerpt(f"{first:6}\t{lines[0]}"[:limit], first, True)
    return Excerpt("\n".join(shown), first + len(shown) - 1, len(shown) < len(lines))


def excerpt_around(text: FileText, splice: Splice, total: int) -> str:
    """Show the lines that a splice makes, with context, under a line that says which they are of the `total` then.

    Context before them is given up where it leaves no room for them; of a line that is too long itself, what is around
    the splice is shown. An empty text gives one sentence.
    """
    if total == 0:
        return "It is empty now."
    is_at_end = not splice.text and splice.end == len(text.characters)
    at = splice.start - is_at_end
    changed, begin = text.line_at(at), _line_start(text.characters, at)
    lines = _lines_around(text.characters, begin, splice)
    first = changed - min(CONTEXT_LINES, changed - 1)
    excerpt = numbered(lines, first, SNIPPET_LIMIT)
    while excerpt.last < changed:
        del lines[0]
        first += 1
        excerpt = numbered(lines, first, SNIPPET_LIMIT)
    column = splice.start - begin
    if first == changed and column + STRETCH > SNIPPET_LIMIT:
        return _stretch(lines[0], column, first, total)
    clip = f"\n{CLIPPED}" if excerpt.is_clipped else ""
    return f"Lines {first}-{excerpt.last} of {total} now:\n{excerpt.text}{clip}"


def _lines_around(text: Characters, begin: int, splice: Splice) -> list[str]:
    """The lines, once a splice is made, from the one that begins at an offset to its last one, with context."""
    stop = splice.end if splice.text.endswith("\n") else _next_line(text, splice.end)
    for _ in range(CONTEXT_LINES):
        begin, stop = _line_start(text, max(begin - 1, 0)), _next_line(text, stop)
    return FileText("".join((text[begin : splice.start], splice.text, text[splice.end : stop]))).lines


def _next_line(text: Characters, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _line_start(text: Characters, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _stretch(line: str, column: int, number: int, total: int) -> str:
    """Show what is around a column (from 0) of a line that is too long to be shown."""
    first, last = max(column - STRETCH, 0), min(column + STRETCH, len(line))
    which = f"characters {first + 1:,}-{last:,} of the {len(line):,} of line {number} of {total}"
    return f"Around the change, {which}, now:\n{number:6}\t{line[first:last]}\n{CLIPPED}"


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: `1 line`, `1,200 lines`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
