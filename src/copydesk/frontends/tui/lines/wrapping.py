"""Owns how lines too long for the screen are folded: nothing is cut off, no wide character is split."""

from io import StringIO
from itertools import accumulate

from rich.cells import chop_cells
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

_PLAIN = Console(file=StringIO(), width=80, _environ={})


def wrap_segments(segments: list[Segment], width: int, margin: Segment) -> list[Strip]:
    """Fold a line at `width` cells into as many as it needs, each behind the margin."""
    if Segment.get_line_length(segments) <= width:
        return [Strip([margin, *segments])]
    ends = list(accumulate(len(row) for row in chop_cells("".join(text for text, _, _ in segments), width)))
    rows: list[list[Segment]] = [[margin] for _ in ends]
    position = number = 0
    for text, style, _ in segments:
        while text:
            taken, text = text[: ends[number] - position], text[ends[number] - position :]
            rows[number].append(Segment(taken, style))
            position += len(taken)
            number += position == ends[number]
    return [Strip(row) for row in rows]


def wrap_text(text: str, width: int, style: Style) -> list[Strip]:
    """Fold text that is safe to show at spaces; one strip a row."""
    rows: list[Strip] = []
    for line in text.split("\n"):
        for row in Text(line).wrap(_PLAIN, max(width, 8)):
            rows.append(Strip([Segment(row.plain.rstrip("\n"), style)]))
    return rows
