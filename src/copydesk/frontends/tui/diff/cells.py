"""Owns how the text of one line is drawn in a column: coloured, marked, folded at its width or cut to what is in sight.

However long the line is, only the rows that are asked for are drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import overload

from pygments.lexer import Lexer
from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.frontends.tui.lines.highlight import highlight
from copydesk.frontends.tui.lines.wrapping import wrap_segments
from copydesk.frontends.tui.theme import Palette

LONG_LINE = 8_000
"""Characters from which on the rows of a folded line are drawn one by one."""

MOST_KEPT = 100
"""Rows of one line up to which those that were drawn are kept."""

Mark = tuple[int, int, Style]
"""A stretch of the shown text, the end excluded, and the style that is laid over it."""


class Drawn(Sequence[Strip]):
    """Rows that are counted now, and drawn when they are asked for: what is only scrolled past is never coloured."""

    def __init__(self, count: int, draw: Callable[[int], Strip]) -> None:
        self._count, self._draw = count, draw
        self._kept: dict[int, Strip] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Strip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Strip]: ...
    def __getitem__(self, index: int | slice) -> Strip | Sequence[Strip]:
        if isinstance(index, slice):
            return [self._row(number) for number in range(*index.indices(self._count))]
        return self._row(range(self._count)[index])

    def _row(self, number: int) -> Strip:
        if self._count > MOST_KEPT:
            return self._draw(number)
        if number not in self._kept:
            self._kept[number] = self._draw(number)
        return self._kept[number]


@dataclass(frozen=True, slots=True)
class Column:
    """Where text stands, and what part of long lines is in sight."""

    width: int
    wraps: bool
    shift: int
    """Cells that it is scrolled sideways, where it does not wrap."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """The text of a line as it is shown, with marks laid over."""

    text: str
    """Safe to show."""
    marks: tuple[Mark, ...]
    lexer: Lexer

    def rows(self, column: Column, palette: Palette) -> Sequence[Strip]:
        """The rows that it takes in a column."""
        if not column.wraps:
            return Drawn(1, lambda _: self._in_sight(column, palette))
        if len(self.text) > LONG_LINE:
            return self._long(column.width, palette)
        width = cell_len(self.text)
        if width <= column.width:
            return Drawn(1, lambda _: Strip(self._coloured(palette), width))
        count = len(chop_cells(self.text, column.width))
        folded = cache(lambda: wrap_segments(self._coloured(palette), column.width, Segment("")))
        return Drawn(count, lambda row: folded()[row])

    def _coloured(self, palette: Palette) -> list[Segment]:
        return _laid_over(highlight(self.text, self.lexer, palette), self.marks)

    def _long(self, width: int, palette: Palette) -> Drawn:
        """Rows of the same number of characters, as many as fit even where all of them are wide."""
        each = width if self.text.isascii() else max(width // 2, 1)
        return Drawn(-(-len(self.text) // each), lambda row: self._stretch(row * each, (row + 1) * each, palette))

    def _stretch(self, start: int, end: int, palette: Palette) -> Strip:
        marks = [(max(first - start, 0), last - start, style) for first, last, style in self.marks if last > start]
        return Strip(_laid_over([Segment(self.text[start:end], palette.text)], marks))

    def _in_sight(self, column: Column, palette: Palette) -> Strip:
        start, end = column.shift, column.shift + column.width
        if len(self.text) > LONG_LINE:
            strip, has_more = self._stretch(start, end, palette).crop(0, column.width), len(self.text) > end
        else:
            whole = Strip(self._coloured(palette))
            strip, has_more = whole.crop(start, end), whole.cell_length > end
        if start and self.text:
            strip = Strip.join([Strip([Segment("‹", palette.accent)]), strip.crop(1)])
        if has_more:
            strip = Strip.join([strip.crop(0, column.width - 1), Strip([Segment("›", palette.accent)])])
        return strip


def shown_text(text: str, shows_return: bool) -> str:
    """A line without its end, safe to show; with a CR that is something to see."""
    bare = text.removesuffix("\n")
    return show(bare if shows_return else bare.removesuffix("\r"))


def shown_spans(text: str, spans: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Stretches of a line as stretches of its shown text, which has `length` characters."""
    is_plain = text.isascii() and text.removesuffix("\n").isprintable()
    for start, end in spans:
        first, last = (start, end) if is_plain else (len(show(text[:start])), len(show(text[:end])))
        if first < min(last, length):
            yield first, min(last, length)


def found_spans(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Where a needle occurs in shown text; capital letters count only where the needle has some."""
    heap = text if needle != needle.lower() else text.lower()
    if len(heap) != len(text):
        return
    start = heap.find(needle) if needle else -1
    while start >= 0:
        yield start, start + len(needle)
        start = heap.find(needle, start + len(needle))


def cells(text: str) -> int:
    """The width of text that is safe to show; of a very long one, as if no character were wide."""
    return len(text) if text.isascii() or len(text) > LONG_LINE else cell_len(text)


def _laid_over(segments: Iterable[Segment], marks: Iterable[Mark]) -> list[Segment]:
    """The segments with the marks' styles added where they lie."""
    result = list(segments)
    for start, end, style in marks:
        result = list(_marked(result, start, end, style))
    return result


def _marked(segments: Iterable[Segment], start: int, end: int, style: Style) -> Iterator[Segment]:
    position = 0
    for text, own, _ in segments:
        first, last = (min(max(edge - position, 0), len(text)) for edge in (start, end))
        for part, is_marked in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if part:
                yield Segment(part, (own or Style.null()) + style if is_marked else own)
        position += len(text)
