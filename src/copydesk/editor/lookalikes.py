"""Owns finding text that is `old_str` but for how it is written: white space, escapes, case, look-alikes.

It serves hints only; nothing is ever edited by it. Line ends are LF only here.
"""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from copydesk.domain.text import FileText
from copydesk.editor.matching import Span, occurrences

MOST_PLACES = 20
"""How many places are compared to find the one that differs least."""
MOST_COMPARED = 50_000
"""Characters that are compared in all places together, the first excepted."""
LONGEST_MARGIN = 10_000
"""Characters of white space around a place that are looked at."""

_ESCAPED = (
    r"\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}"
    r"|\\+[nrt\"'`/$]?|&(?:amp;)*(?:lt|gt|quot|apos|nbsp|#39|#34|#x27|#x22);|&(?:amp;)+"
)
"""One character as string literals, JSON or HTML escape it, any number of times over."""
_UNIT = re.compile(_ESCAPED)
_PIECE = re.compile(rf"{_ESCAPED}|[^\\&]{{1,1024}}|&")
_CODE = re.compile(r"[ux]([0-9a-fA-F]{2,4})")
_LONGEST_UNIT = 16
"""Characters before an offset, and half of those after it, that are searched for an escaped one that it is in."""
_WITHIN_WORD = re.compile(r"\w\w")
_QUOTES = dict.fromkeys(map(ord, '"`´‘’‚‛“”„‟′″«»'), "'")
_DOUBLES = {
    ord(double): letter
    for doubles, letters in [
        ("−─×∗∕⁄∶", "--x*//:"),
        ("аеорсухіјѕһԁ", "aeopcyxijshd"),
        ("АВЕКМНОРСТХІЈЅ", "ABEKMHOPCTXIJS"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον", "ABEZHIKMNOPTYXov"),
    ]
    for double, letter in zip(doubles, letters, strict=True)
}
"""Signs, Cyrillic and Greek letters that look like ASCII and that Unicode does not take for compatible with it."""


def without_space(text: str) -> str:
    """A text without its white space."""
    return "".join(text.split())


def with_plain_quotes(text: str) -> str:
    """A text with one sign for all quotes."""
    return text.translate(_QUOTES)


def with_plain_letters(text: str) -> str:
    """A text with one sign for all that look the same."""
    return "".join(map(_seen, text))


def unescaped(text: str) -> str:
    """A text with the characters that are escaped in it, however often."""
    return _UNIT.sub(lambda unit: _character(unit[0]), text)


def unit_around(text: str, at: int) -> Span:
    """The place of the escaped character that an offset is in; where there is none, of the character itself."""
    begin = len(text[:at].rstrip("\\"))
    for unit in _UNIT.finditer(text, max(0, begin - _LONGEST_UNIT), at + 2 * _LONGEST_UNIT):
        if unit.start() <= at < unit.end():
            return Span(*unit.span())
    return Span(at, at + 1)


def _character(unit: str) -> str:
    """What an escaped character stands for."""
    if unit[0] == "&":
        return html.unescape("&" + unit.replace("amp;", "").lstrip("&"))
    codes = [chr(int(code, 16)) for code in _CODE.findall(unit)]
    if codes:
        return "".join(codes).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    last = unit.lstrip("\\")
    return {"n": "\n", "r": "\r", "t": "\t"}.get(last, last or "\\")


def _seen(letter: str) -> str:
    """What a character looks like: quotes and dashes are one, invisible ones nothing, bytes as a view shows them."""
    if unicodedata.category(letter) == "Cf":
        return ""
    if "\udc80" <= letter <= "\udcff":
        return "\ufffd"
    parts = letter if ord(letter) in _QUOTES else unicodedata.normalize("NFKD", letter)
    return "".join(_plain(part) for part in parts)


def _plain(letter: str) -> str:
    if unicodedata.category(letter) == "Pd":
        return "-"
    return _QUOTES.get(ord(letter)) or _DOUBLES.get(ord(letter)) or letter


class _Bare(dict[int, str | None]):
    """Maps a code point to what is left of it where nothing but the letter counts; None for nothing."""

    def __missing__(self, code: int) -> str | None:
        self[code] = without_space(_seen(chr(code)).casefold()) or None
        return self[code]


class Folded:
    """A text without its white space and escapes, its letters in one case and form, and where each comes from."""

    def __init__(self, text: str) -> None:
        self._bare = _Bare()
        self._pieces: list[str] = _PIECE.findall(text)
        folded = [self._fold(piece) for piece in self._pieces]
        self.text = "".join(folded)
        self._ends = list(accumulate(map(len, folded)))

    def _fold(self, piece: str) -> str:
        return (_character(piece) if _is_unit(piece) else piece).translate(self._bare)

    def span(self, start: int, length: int) -> Span:
        """The place, in the text as it is, of a stretch of what is left of it."""
        return Span(self._origin(start).start, self._origin(start + length - 1).end)

    def _origin(self, offset: int) -> Span:
        number = bisect_right(self._ends, offset)
        piece, start = self._pieces[number], sum(map(len, self._pieces[:number]))
        if _is_unit(piece):
            return Span(start, start + len(piece))
        left = offset - (self._ends[number - 1] if number else 0)
        lengths = accumulate(len(self._fold(letter)) for letter in piece)
        index = next(index for index, length in enumerate(lengths) if length > left)
        return Span(start + index, start + index + 1)


def _is_unit(piece: str) -> bool:
    return piece[0] in "\\&"


_KINDS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Only white space differs.", without_space),
    ("Only escaped characters differ.", unescaped),
    ("Only quotes differ.", with_plain_quotes),
    ("Only the Unicode normalisation differs.", lambda text: unicodedata.normalize("NFC", text)),
    ("Only characters that look alike differ.", with_plain_letters),
    ("Only upper and lower case differ.", str.casefold),
    ("Only white space, escapes, look-alikes or letter case differ.", lambda text: Folded(text).text),
)
"""What may differ and nothing else: a sentence, and what takes the difference away; the narrowest first."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A place of a text that is `old_str`, written otherwise."""

    span: Span
    rank: int
    """Which of the kinds of difference it is."""

    @property
    def said(self) -> str:
        """What differs, and nothing else does, as a sentence."""
        return _KINDS[self.rank][0]


def find_alike(text: str, part: Span, wanted: str) -> Alike | None:
    """The place in a part of a text that differs least from `wanted`, and only in how it is written; None if none."""
    folded, folded_wanted = Folded(text[part.start : part.end]), Folded(wanted)
    if not folded_wanted.text:
        return None
    core = folded_wanted.span(0, len(folded_wanted.text))
    lead, tail = wanted[: core.start], wanted[core.end :]
    found = []
    most = 1 + min(MOST_PLACES, MOST_COMPARED // len(wanted))
    for place in occurrences(FileText(folded.text), folded_wanted.text)[:most]:
        inner = folded.span(place.start, len(folded_wanted.text))
        span = _with_margins(text, Span(part.start + inner.start, part.start + inner.end), lead, tail)
        found.append(Alike(span, _rank(text, span, wanted)))
    return min((alike for alike in found if alike.rank < len(_KINDS)), key=lambda alike: alike.rank, default=None)


def _rank(text: str, span: Span, wanted: str) -> int:
    if any(at and _WITHIN_WORD.match(text, at - 1) for at in (span.start, span.end)):
        return len(_KINDS)
    real = text[span.start : span.end]
    return next((rank for rank, (_, same) in enumerate(_KINDS) if same(real) == same(wanted)), len(_KINDS))


def _with_margins(text: str, span: Span, lead: str, tail: str) -> Span:
    """Take in as much white space before and after a place as `old_str` has there, or what the file has instead."""
    before, after = text[max(0, span.start - LONGEST_MARGIN) : span.start], text[span.end : span.end + LONGEST_MARGIN]
    if not before.endswith(lead):
        lead = "\n".join(before[len(before.rstrip()) :].split("\n")[-1 - lead.count("\n") :])
    if not after.startswith(tail):
        tail = "\n".join(after[: len(after) - len(after.lstrip())].split("\n")[: tail.count("\n") + 1])
    return Span(span.start - len(lead), span.end + len(tail))
