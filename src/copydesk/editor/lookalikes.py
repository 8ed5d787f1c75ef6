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
from operator import itemgetter

from copydesk.domain.text import FileText
from copydesk.editor.matching import Span, occurrences

LEAST_DISTINCT = 4
"""From how many characters on, white space aside, a text tells a place from others."""
LONGEST_ALIKE = 200_000
"""A longer `old_str` is not looked for in other ways of writing it."""
MOST_PLACES = 20
"""How many places are compared to find the best."""
MOST_COMPARED = 50_000
"""Characters that are compared in all places together, the first excepted."""
LONGEST_UNIT = 16
"""Characters that one escaped character may take where it is shown."""
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
_WITHIN_WORD = re.compile(r"\w\w")
_QUOTES = dict.fromkeys(map(ord, '"`´‘’‚‛“”„‟′″«»'), "'")
_PLAIN = _QUOTES | {
    ord(double): letter
    for doubles, letters in [
        ("−─×∗∕⁄∶", "--x*//:"),
        ("аеорсухіјѕһԁ", "aeopcyxijshd"),
        ("АВЕКМНОРСТХІЈЅ", "ABEKMHOPCTXIJS"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον", "ABEZHIKMNOPTYXov"),
    ]
    for double, letter in zip(doubles, letters, strict=True)
}
"""Quotes, signs, Cyrillic and Greek letters that look like ASCII; Unicode does not take them for compatible with it."""


@dataclass(frozen=True, slots=True)
class Near:
    """A place of a text that is `old_str`, but in part only or written otherwise."""

    span: Span
    """Where `old_str` would be."""
    focus: int
    """Offset from which on the two are compared."""
    said: str
    """What is the same, or what differs; sentences, each with a space after it."""
    rest: str = ""
    """What `old_str` has from the focus on; empty where there is nothing to compare."""


def _look(letter: str) -> str:
    """What a character looks like: dashes are one, invisible ones nothing, bytes as a view shows them."""
    kind = unicodedata.category(letter)
    if kind in ("Cf", "Cs"):
        return "\ufffd" if kind == "Cs" else ""
    parts = _QUOTES.get(ord(letter)) or unicodedata.normalize("NFKD", letter)
    return "".join("-" if unicodedata.category(part) == "Pd" else _PLAIN.get(ord(part), part) for part in parts)


def _without_space(text: str) -> str:
    return "".join(text.split())


class _Table(dict[int, str | None]):
    """Gives `str.translate` what a function makes of a character: None, which is fast, for nothing."""

    def __init__(self, of: Callable[[str], str]) -> None:
        self._of = of

    def __missing__(self, code: int) -> str | None:
        self[code] = self._of(chr(code)) or None
        return self[code]


_LOOKS = _Table(_look)
_BARE = _Table(lambda letter: _without_space(_look(letter).casefold()))


def is_distinct(text: str) -> bool:
    """True where a text has enough to tell a place from others."""
    return len(_without_space(text)) >= LEAST_DISTINCT


def with_plain_letters(text: str) -> str:
    """A text with one sign for all that look the same."""
    return text.translate(_LOOKS)


def unescaped(text: str) -> str:
    """A text with the characters that are escaped in it, however often."""
    return _UNIT.sub(lambda unit: _character(unit[0]), text)


def unit_at(text: str, at: int) -> str:
    """The escaped character that begins at an offset; where there is none, the character itself."""
    unit = _UNIT.match(text, at, at + LONGEST_UNIT)
    return unit[0] if unit else text[at : at + 1]


def _character(unit: str) -> str:
    """What an escaped character stands for."""
    if unit[0] == "&":
        return html.unescape("&" + unit.replace("amp;", "").lstrip("&"))
    codes = [chr(int(code, 16)) for code in _CODE.findall(unit)]
    if codes:
        return "".join(codes).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    last = unit.lstrip("\\")
    return {"n": "\n", "r": "\r", "t": "\t"}.get(last, last or "\\")


def _bare(piece: str) -> str:
    """What is left of a piece of a text where nothing but the letters count."""
    return (_character(piece) if piece[0] in "\\&" else piece).translate(_BARE)


class _Bared:
    """What is left of a text, and where each letter of it comes from."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str] = _PIECE.findall(text)
        bare = list(map(_bare, self._pieces))
        self.text = "".join(bare)
        self._ends = list(accumulate(map(len, bare)))

    def span(self, start: int, length: int) -> Span:
        """The place in the text of a stretch of what is left of it."""
        return Span(self._origin(start).start, self._origin(start + length - 1).end)

    def _origin(self, offset: int) -> Span:
        number = bisect_right(self._ends, offset)
        piece, start = self._pieces[number], sum(map(len, self._pieces[:number]))
        if piece[0] in "\\&":
            return Span(start, start + len(piece))
        left = offset - (self._ends[number - 1] if number else 0)
        at = start + bisect_right(range(len(piece)), left, key=lambda index: len(_bare(piece[: index + 1])))
        return Span(at, at + 1)


_KINDS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Only white space differs.", _without_space),
    ("Only escaped characters differ.", unescaped),
    ("Only quotes differ.", lambda text: text.translate(_QUOTES)),
    ("Only the Unicode normalisation differs.", lambda text: unicodedata.normalize("NFC", text)),
    ("Only characters that look alike differ.", with_plain_letters),
    ("Only upper and lower case differ.", str.casefold),
    ("Only white space, escapes, look-alikes or letter case differ.", lambda text: unescaped(text).translate(_BARE)),
)
"""What may differ and nothing else: a sentence, and what takes the difference away; the narrowest first."""
_TABS = {(True, False): "The file has tabs. ", (False, True): "The file has no tabs here. "}
"""What is said where only one of them, the file or `old_str`, has tabs."""


def find_alike(text: str, part: Span, wanted: str) -> Near | None:
    """The place in a part of a text that differs least from `wanted`, and only in how it is written; None if none."""
    if len(wanted) > LONGEST_ALIKE or not (sent := _Bared(wanted)).text:
        return None
    bare = _Bared(text[part.start : part.end])
    core, length = sent.span(0, len(sent.text)), len(sent.text)
    found = []
    for place in occurrences(FileText(bare.text), sent.text)[: 1 + min(MOST_PLACES, MOST_COMPARED // len(wanted))]:
        inner = bare.span(place.start, length)
        inner = Span(part.start + inner.start, part.start + inner.end)
        span = _with_margins(text, inner, wanted[: core.start], wanted[core.end :])
        found.append((_rank(text, span, wanted), span))
    rank, span = min(found, key=itemgetter(0), default=(len(_KINDS), part))
    if rank == len(_KINDS):
        return None
    about_tabs = _TABS.get(("\t" in text[span.start : span.end], "\t" in wanted), "")
    return Near(span, span.start, f"{_KINDS[rank][0]} {about_tabs}", wanted)


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
