"""Owns the last line of defence before the terminal: a filter that every line of every widget passes.

Texts are made safe where they enter (`domain.display`); this filter must never be the only one, and it never changes
the width of a line.
"""

from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from copydesk.domain.display import is_unsafe

STAND_IN = "\ufffd"
REMEMBERED_TEXTS = 1024
"""Pieces of lines, with letters beyond ASCII, that were looked at; more than any screen shows at once."""


class Guard(LineFilter):
    """Replaces what a terminal would obey, and removes hyperlinks and control segments."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments back unless one of them is not safe."""
        if all(_is_safe(segment) for segment in segments):
            return segments
        guarded = [_guarded(segment) for segment in segments if not segment.control]
        return Segment.adjust_line_length(guarded, Segment.get_line_length(segments), pad=False)


def _is_safe(segment: Segment) -> bool:
    if segment.control or (segment.style and segment.style.link):
        return False
    return (segment.text.isascii() and segment.text.isprintable()) or _guarded_text(segment.text) == segment.text


def _guarded(segment: Segment) -> Segment:
    style = segment.style
    return Segment(_guarded_text(segment.text), style.update_link(None) if style and style.link else style)


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _guarded_text(text: str) -> str:
    # What is safe, as nearly all of it is, is remembered as what it is and not as a second text that equals it.
    if not any(map(is_unsafe, text)):
        return text
    return "".join(_stand_in(character) if is_unsafe(character) else character for character in text)


def _stand_in(character: str) -> str:
    """One visible cell: the Unicode picture of a control, or the replacement character."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else STAND_IN
