"""Owns how text that is not ours is shown: the one function before any screen, terminal or log.

Every control, bidirectional or invisible character is replaced by something visible, one for one; nothing is dropped,
so no unfinished escape sequence can swallow what follows it. (Facts: a terminal obeys whatever reaches it.)
"""

import re

TAB_WIDTH = 4

_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}

_HIDDEN_RANGES = (
    (0x80, 0x9F),  # C1 controls: 8-bit escape sequences
    (0xAD, 0xAD),  # soft hyphen
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian selectors
    (0x200B, 0x200F),  # zero width, direction marks
    (0x2028, 0x202E),  # separators, bidirectional embedding
    (0x2060, 0x206F),  # word joiner, isolates
    (0x3164, 0x3164),  # Hangul filler
    (0xD800, 0xDFFF),  # lone surrogates: bytes that are not text
    (0xFE00, 0xFE0E),  # variation selectors (FE0F makes an emoji and stays)
    (0xFEFF, 0xFEFF),  # byte order mark inside the text
    (0xFFA0, 0xFFA0),  # half-width filler
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0x1D173, 0x1D17A),  # musical controls
    (0xE0000, 0xE0FFF),  # tags, variation supplement
)

_HIDDEN = "".join(f"{chr(low)}-{chr(high)}" for low, high in _HIDDEN_RANGES)
_UNSAFE = re.compile(f"[\x00-\x1f\x7f{_HIDDEN}]")
_HIDDEN_ONLY = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{_HIDDEN}]")


def show(text: str) -> str:
    """Make one line of text safe to show: no character of the result moves the cursor or hides.

    Controls become their Unicode pictures, a tab four spaces, everything hidden a token such as `‹U+202E›`. A line
    feed becomes a picture too: split into lines first (`show_lines`).
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_visible, text)


def show_lines(text: str) -> str:
    """Make text of several lines safe to show; line feeds stay, a CR before one is not shown."""
    return "\n".join(show(line.removesuffix("\r")) for line in text.split("\n"))


def hidden_characters(text: str) -> int:
    """Count the characters that a reader would not see as they are; CR before LF does not count."""
    return len(_HIDDEN_ONLY.findall(text.replace("\r\n", "\n")))


def is_unsafe(character: str) -> bool:
    """True for a character that must not reach a terminal as it is."""
    return _UNSAFE.match(character) is not None


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\t":
        return " " * TAB_WIDTH
    code = ord(character)
    return _CONTROLS.get(code) or f"‹U+{code:04X}›"
