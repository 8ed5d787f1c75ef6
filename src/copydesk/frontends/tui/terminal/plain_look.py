"""Owns how everything looks where no colour is wanted: bold for what colour would raise, reverse for what it marks.

It stands behind all views, so that none of them has to know; words and signs are theirs.
"""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from copydesk.frontends.tui.theme import plain_colours

_COLOURS = plain_colours()
_RAISED = {_COLOURS.accent: Style(bold=True), _COLOURS.warning: Style(bold=True), _COLOURS.rule: Style(dim=True)}
"""Colour of a text → what it becomes."""
_QUIET = {_COLOURS.background, _COLOURS.added_line, _COLOURS.removed_line}
"""Backgrounds that say nothing which a sign beside them does not say."""


class PlainLook(LineFilter):
    """Takes the colours out of every line."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments without colour."""
        return [Segment(text, _without_colour(style) if style else style, control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _without_colour(style: Style) -> Style:
    plain = _plain(style)
    raised = _RAISED.get(_name(style.color), Style.null())
    is_marked = bool(style.bgcolor and not style.bgcolor.is_default and _name(style.bgcolor) not in _QUIET)
    return plain + raised + (Style(reverse=True) if is_marked else Style.null())


def _plain(style: Style) -> Style:
    return Style(
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=style.reverse,
        meta=style.meta or None,
    )


def _name(colour: RichColor | None) -> str:
    triplet = colour.triplet if colour else None
    return triplet.hex if triplet else ""
