"""Owns how text that is not ours is shown: the one function before any screen, terminal or log.

Every control, bidirectional or invisible character is replaced by something visible, one for one; nothing is dropped,
so no unfinished escape sequence can swallow what follows it. (Facts: a terminal obeys whatever reaches it.)
"""

import re
from functools import cache

TAB_WIDTH = 4

_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}

_HIDDEN_RANGES = (
    (0x80, 0x9F),  # C1 controls: 8-bit escape sequences
    (0xAD, 0xAD),  # soft hyphen
    (0x034F, 0x034F),  # grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x070F, 0x070F),  # Syriac abbreviation mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian selectors
    (0x200B, 0x200F),  # zero width, direction marks
    (0x2028, 0x202E),  # separators, bidirectional embedding
    (0x2060, 0x206F),  # word joiner, isolates
    (0x2800, 0x2800),  # a Braille cell without dots
    (0x3164, 0x3164),  # Hangul filler
    (0xD800, 0xDFFF),  # lone surrogates: bytes that are not text
    (0xE000, 0xF8FF),  # private use: each font, and each program, has its own
    (0xFE00, 0xFE0E),  # variation selectors (FE0F makes an emoji and stays)
    (0xFEFF, 0xFEFF),  # byte order mark inside the text
    (0xFFA0, 0xFFA0),  # half-width filler
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0xFFFE, 0xFFFF),  # no characters at all
    (0x13430, 0x13455),  # hieroglyph controls
    (0x1BCA0, 0x1BCA3),  # shorthand controls
    (0x1D173, 0x1D17A),  # musical controls
    (0xE0000, 0xE0FFF),  # tags, variation supplement
    (0xF0000, 0x10FFFF),  # private use again
)

_HIDDEN = "".join(f"{chr(low)}-{chr(high)}" for low, high in _HIDDEN_RANGES)
_UNSAFE = re.compile(f"[\x00-\x1f\x7f{_HIDDEN}]")
_HIDDEN_ONLY = f"[\x00-\x08\x0b-\x1f\x7f{_HIDDEN}]"
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f"
)
"""Marks that are drawn over the character before them; only those of scripts in which one follows another."""
_PILED = re.compile(
    f"(?:^|(?<=[{_MARKS}]{{4}}))[{_MARKS}]+|(?<![\u203c-\u3299\U0001f000-\U0001faff#*0-9\xa9\xae])\ufe0f"
)
"""Marks on nothing of the line itself, those after the fourth on one character, and an emoji's selector on no emoji."""
_TWINS = (
    "[\u0410\u0412\u0415\u0417\u041a\u041c-\u041e\u0420-\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445"
    "\u0405\u0406\u0408\u0455\u0456\u0458\u04bb\u04c0\u04cf\u0501\u051b\u051d"
    "\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\uff21-\uff3a\uff41-\uff5a]"
)
"""Letters of other scripts, and wide ones, that look like Latin ones."""
_WORD = re.compile(r"\w+")
_LATIN = re.compile("[A-Za-z]")
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"

_compiled = cache(re.compile)
"""What only the text of files and of the model can need is compiled then: large classes take a millisecond."""


def show(text: str) -> str:
    """Make one line of text safe to show: no character of the result moves the cursor or hides.

    Controls become their Unicode pictures, a tab four spaces, everything hidden a token such as `‹U+202E›`. A line
    feed becomes a picture too: split into lines first (`show_lines`).
    """
    if text.isascii():
        return text if text.isprintable() else _UNSAFE.sub(_visible, text)
    return _UNSAFE.sub(_visible, _PILED.sub(_tokens, text))


def show_lines(text: str) -> str:
    """Make text of several lines safe to show; line feeds stay, a CR before one is not shown."""
    return "\n".join(show(line.removesuffix("\r")) for line in text.split("\n"))


def hidden_characters(text: str) -> int:
    """Count the characters that a reader would not see as they are; CR before LF does not count."""
    if text.isascii() and text.isprintable():
        return 0
    piled = sum(len(found[0]) for found in _PILED.finditer(text))
    return piled + len(_compiled(_HIDDEN_ONLY).findall(text.replace("\r\n", "\n")))


def lookalike_letters(text: str) -> int:
    """Count the letters that pass for Latin ones in words with Latin letters, such as a Cyrillic a in `paypal`."""
    if text.isascii():
        return 0
    words = (word for word in _WORD.findall(text) if _LATIN.search(word))
    return sum(len(_compiled(_TWINS).findall(word)) for word in words)


def runs_right_to_left(text: str) -> bool:
    """True where some terminals draw a part of it in another order than it has."""
    return not text.isascii() and _compiled(_RIGHT_TO_LEFT).search(text) is not None


def is_unsafe(character: str) -> bool:
    """True for a character that must not reach a terminal as it is."""
    return _UNSAFE.match(character) is not None


def _tokens(match: re.Match[str]) -> str:
    return "".join(f"‹U+{ord(character):04X}›" for character in match.group())


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\t":
        return " " * TAB_WIDTH
    code = ord(character)
    return _CONTROLS.get(code) or f"‹U+{code:04X}›"
