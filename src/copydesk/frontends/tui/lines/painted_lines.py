"""Owns how the lines of a scrolling view are painted: what was painted once costs next to nothing when it moves.

It never asks for a line that is not in view, and keeps none itself: each line remembers what was made of it.
"""

from functools import reduce

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip


class PaintedLines(ScrollView):
    """A view without a frame, whose lines are already in its colours."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines to paint; or the one under the mouse, for the library asks for one of many only to find out about that.

        Where each piece of a text stands is told of the latter alone. It would give each piece a style of its own, of
        which the library remembers some 16,000, and no line could be painted again as it was.
        """
        if any(self.styles.gutter.totals):
            return super().render_lines(crop)
        if crop.height == 1 < self.size.height:
            line = self.scroll_offset.y + crop.y
            return [self.render_line(crop.y).apply_offsets(0, line).crop_extend(crop.x, crop.right, None)]
        filters, (_, background), base = self.get_line_filters(), self.background_colors, self.rich_style
        lines = (self.render_line(y).crop_extend(crop.x, crop.right, base) for y in crop.line_range)
        return [reduce(lambda strip, each: strip.apply_filter(each, background), filters, line) for line in lines]
