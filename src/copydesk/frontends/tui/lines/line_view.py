"""Owns a scrolling view of blocks of lines in one widget: only what is visible is rendered, whatever is there.

Heights are estimated until a block is first shown. It knows nothing of what the blocks are.
"""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.theme import Theme

from copydesk.frontends.tui.lines.painted_lines import PaintedLines
from copydesk.frontends.tui.lines.tops import Tops
from copydesk.frontends.tui.terminal.mishaps import Sturdy

REMEMBERED_BLOCKS = 400
"""Blocks whose strips are kept; more than any screen shows at once."""
MOST_CORRECTIONS = 8
"""Rounds of measuring what a correction has moved into view."""


class LineView(Sturdy, PaintedLines, can_focus=True):
    """A column of blocks; subclasses say how many there are and render one at a time."""

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """
    margin = 0
    """Cells at the left that are no part of what is copied."""
    follows_end = False
    """Whether the view begins at its end and stays there until it is scrolled away."""

    def __init__(self) -> None:
        super().__init__()
        self.following = self.follows_end
        self.rendered_blocks = 0
        """How many times a block was rendered, for tests of laziness."""
        self.tops = Tops()
        """First line of each block, and the number of all lines at the end."""
        self._strips: OrderedDict[int, Sequence[Strip]] = OrderedDict()
        self._width = 0
        self._read: tuple[int, tuple[int, int]] = 0, (0, 0)
        """The top line after everything had changed, and what stood there: errors of many resizes do not add up."""
        self._settling = False
        self._own_style = Style.null()
        """The widget's colours; looked up once a frame, not once a line."""

    @abstractmethod
    def block_count(self) -> int:
        """How many blocks there are."""

    @abstractmethod
    def estimated_height(self, index: int, width: int) -> int:
        """A cheap guess of the lines that a block takes."""

    def estimated_heights(self, width: int) -> list[int]:
        """The same of all blocks."""
        return [self.estimated_height(index, width) for index in range(self.block_count())]

    @abstractmethod
    def render_block(self, index: int, width: int) -> Sequence[Strip]:
        """The lines of a block, each at most `width` cells."""

    def reset_blocks(self) -> None:
        """Everything may have changed; what is being read stays where it is, as far as it is still there."""
        index, characters = self._reading_place()
        self._strips.clear()
        self.tops = Tops(self.estimated_heights(self._width))
        if index and index < len(self.tops.heights) and self._width:
            self.tops.change(index, self._measure(index))
            self._settle(self.tops[index] + _line_after(self._strips[index], characters))
        else:
            self._settle()
        self._read = self.scroll_offset.y, (index, characters)

    def update_blocks(self, changed: Iterable[int], first_new: int | None = None) -> None:
        """The blocks named have changed, and from `first_new` on, or at the end, there are others."""
        top = self.scroll_offset.y
        shift = 0
        kept = len(self.tops.heights) if first_new is None else min(first_new, len(self.tops.heights))
        others = sorted(index for index in changed if index < kept)
        for index in others:
            was_rendered = self._strips.pop(index, None) is not None
            height = self._measure(index) if was_rendered else self.estimated_height(index, self._width)
            if self.tops[index + 1] <= top + shift:
                shift += height - self.tops.heights[index]
            self.tops.change(index, height)
        self._replace_from(kept)
        self._settle(top + shift, others[0] if others else kept)

    def _replace_from(self, first: int) -> None:
        """Take other blocks from one on; of those that were seen, the heights stay true."""
        rendered = {index for index in self._strips if index >= first}
        for index in rendered:
            del self._strips[index]
        self.tops.cut(first)
        for index in range(first, self.block_count()):
            is_seen = index in rendered
            self.tops.append(self._measure(index) if is_seen else self.estimated_height(index, self._width))

    def block_at(self, line: int) -> int | None:
        """The block that a line belongs to; None below the last."""
        return self.tops.block_at(line)

    def line_strip(self, line: int) -> Strip | None:
        """The rendered line, counted from the top of everything; None below the last."""
        index = self.block_at(line)
        if index is None:
            return None
        strips = self._block(index)
        inside = line - self.tops[index]
        return strips[inside] if inside < len(strips) else Strip([])

    def decorated(self, strip: Strip, line: int) -> Strip:
        """A line with the marks that come and go with every key, and that are not copied."""
        return strip

    def reveal_line(self, index: int, inside: int = 0, above: int = 0) -> None:
        """Show a line of a block, with as many lines above it; heights that this corrects do not move it away."""
        self.following = False
        for _ in range(MOST_CORRECTIONS):
            self.tops.change(index, len(self._block(index)))
            line = self.tops[index] + inside
            self._settle(max(line - above, 0))
            if self.tops[index] + inside == line:
                break
        self.following = self.follows_end and self.scroll_offset.y >= self.max_top

    def render_lines(self, crop: Region) -> list[Strip]:
        self._own_style = self.rich_style
        return super().render_lines(crop)

    def painted_line(self, y: int) -> Strip:
        line = self.scroll_offset.y + y
        width, base = self._width, self._own_style
        strip = self.line_strip(line)
        if strip is None:
            return Strip.blank(width, base)
        strip = self.decorated(strip, line)
        selection = self.text_selection
        span = selection.get_span(line) if selection is not None else None
        if span is not None:
            strip = marked(strip, span, self.screen.get_component_rich_style("screen--selection"))
        return strip.crop_extend(0, width, base).apply_style(base)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._draw_again)

    def on_unmount(self) -> None:
        """The signal would keep the view, and all that it shows, for as long as the program runs."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self.reset_blocks()
        else:
            self._settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._settling:
            self.following = self.follows_end and round(new_value) >= self.max_scroll_y
            self._read = -1, (0, 0)
            self._settle()

    def _scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> bool:
        """Jump, by keys and wheel too: a height that is found out on the way would break an animation off."""
        return super()._scroll_to(x, y, **{**options, "animate": False})

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it stands on screen."""
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self.tops[-1] - 1
        lines = []
        for line in range(first, min(last, self.tops[-1] - 1) + 1):
            strip, span = self.line_strip(line), selection.get_span(line)
            if strip is not None and span is not None:
                lines.append(strip.text[max(span[0], self.margin) : None if span[1] == -1 else span[1]].rstrip())
        return "\n".join(lines), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def _draw_again(self, theme: Theme) -> None:
        self.reset_blocks()

    def _reading_place(self) -> tuple[int, int]:
        """The block at the top, and how many of its characters are above the top, blanks not counted."""
        top = self.scroll_offset.y
        if top == self._read[0]:
            return self._read[1]
        index = self.block_at(top) or 0
        above = self._strips.get(index, ())[: top - self.tops[index]]
        return index, sum(len("".join(strip.text.split())) for strip in above)

    def _block(self, index: int) -> Sequence[Strip]:
        strips = self._strips.get(index)
        if strips is None:
            self._measure(index)
            strips = self._strips[index]
        self._strips.move_to_end(index)
        return strips

    def _measure(self, index: int) -> int:
        """Render a block and remember it; returns its height in lines."""
        self.rendered_blocks += 1
        strips = self.render_block(index, self._width)
        self._strips[index] = strips
        while len(self._strips) > REMEMBERED_BLOCKS:
            self._strips.popitem(last=False)
        return len(strips)

    def _settle(self, top: int | None = None, first: int = 0) -> None:
        """Make the heights of what is visible true, and keep what is being read where it is.

        Blocks before `first` are as they were, and drawn again only where they stand elsewhere now.
        """
        if not self._width or self._settling:
            return
        self._settling = True
        before, start = self.scroll_offset.y, self.tops[first]
        top = self.scroll_offset.y if top is None else top
        for _ in range(MOST_CORRECTIONS):
            last = self.max_top
            shift = self._correct_visible(last if self.following else min(top, last))
            if shift is None:
                break
            top += shift
        self._resize_content(Size(self._width, self.tops[-1]))
        self.scroll_to(y=self.max_top if self.following else top, animate=False, force=True)
        self._settling = False
        moved = first == 0 or (self.scroll_offset.y, self.tops[first]) != (before, start)
        self._draw_from(0 if moved else start)

    def _draw_from(self, line: int) -> None:
        """Draw what is seen from a line on; what is above it is neither painted nor sent to the terminal again."""
        above = min(max(line - self.scroll_offset.y, 0), self.size.height)
        self.refresh(*[Region(0, above, self.size.width, self.size.height - above)] * (above > 0))

    def _resize_content(self, size: Size) -> None:
        """Tell the scroll bar only: a plain assignment lays the whole screen out again, for each line that arrives."""
        if size != self.virtual_size:
            self.set_reactive(LineView.virtual_size, size)
            self._scroll_update(size)

    @property
    def max_top(self) -> int:
        """The topmost line when scrolled to the end."""
        return max(self.tops[-1] - self.size.height, 0)

    def _correct_visible(self, top: int) -> int | None:
        """Measure the blocks from line `top` on; None if all heights were true, else the lines gained above `top`."""
        is_true, shift = True, 0
        first = index = self.block_at(top)
        line = self.tops[index] if index is not None else 0
        while index is not None and index < len(self.tops.heights) and line < top + self.size.height:
            height = len(self._block(index))
            gained = height - self.tops.heights[index]
            if gained:
                is_true = False
                shift += gained if index == first and self.tops[index] < top else 0
                self.tops.change(index, height)
            line += height
            index += 1
        return None if is_true else shift


def _line_after(strips: Sequence[Strip], characters: int) -> int:
    """The line before which so many characters stand, blanks not counted."""
    for number, strip in enumerate(strips):
        characters -= len("".join(strip.text.split()))
        if characters < 0:
            return number
    return 0


def marked(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """Lay a style over some characters of a line; an end of -1 is the end of the line."""
    start = strip.index_to_cell_position(span[0])
    end = strip.cell_length if span[1] == -1 else strip.index_to_cell_position(span[1])
    parts = strip.divide([start, end, strip.cell_length]) if strip.cell_length else []
    marked = [Segment(text, (own or Style.null()) + style) for part in parts[1:2] for text, own, _ in part]
    return Strip.join([*parts[:1], Strip(marked), *parts[2:]])
