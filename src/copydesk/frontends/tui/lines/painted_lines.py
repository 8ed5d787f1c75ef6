"""Owns how the lines of a scrolling view are painted: what was painted once costs next to nothing when it moves.

It never asks for a line that is not in view, and keeps none itself: each line remembers what was made of it.
"""

from abc import abstractmethod
from functools import reduce

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip


class PaintedLines(ScrollView):
    """A view without a frame; subclasses give its lines, in its colours."""

    # Here, and in all classes of the screen, `abstractmethod` is held by mypy alone: the metaclass is Textual's own.

    @abstractmethod
    def painted_line(self, y: int) -> Strip:
        """The line at a height of the view, ready to be seen."""

    def render_line(self, y: int) -> Strip:
        """The same with the places of its texts in the whole, which are asked for where the mouse selects.

        They are kept from what is painted: each would make a style of its own there, of which the screen library
        remembers some 16,000, and a line that moved could not be painted as it was.
        """
        return self.painted_line(y).apply_offsets(0, self.scroll_offset.y + y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is seen of some lines."""
        if any(self.styles.gutter.totals):
            return super().render_lines(crop)
        filters, (_, background), base = self.get_line_filters(), self.background_colors, self.rich_style
        lines = (self.painted_line(y).crop_extend(crop.x, crop.right, base) for y in crop.line_range)
        return [reduce(lambda strip, each: strip.apply_filter(each, background), filters, line) for line in lines]
