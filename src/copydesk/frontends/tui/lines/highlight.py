"""Owns code in colour: one line at a time, so that only what is visible is ever highlighted."""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import PurePosixPath

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Literal, Number, _TokenType
from pygments.util import ClassNotFound
from rich.segment import Segment
from rich.style import Style

from copydesk.frontends.tui.theme import Palette

LONGEST_HIGHLIGHTED = 1_000
"""Characters; a longer line is data or minified, and is shown plain."""


@lru_cache(maxsize=64)
def lexer_for_path(path: str) -> Lexer:
    """The lexer for a file by its name; plain text where none is known."""
    return _lexer_for_name(PurePosixPath(path).name)


@lru_cache(maxsize=64)
def lexer_for_language(language: str) -> Lexer:
    """The lexer for the word after a code fence; plain text where none is known."""
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else plain_lexer()
    except ClassNotFound:
        return plain_lexer()


def highlight(line: str, lexer: Lexer, palette: Palette) -> list[Segment]:
    """Colour one line that is already safe to show; its characters stay as they are."""
    if len(line) > LONGEST_HIGHLIGHTED or isinstance(lexer, TextLexer):
        return [Segment(line, palette.text)]
    styles = _styles(palette)
    runs = groupby(lexer.get_tokens(line), lambda token: styles[token[0]])
    parts = (("".join(text for _, text in tokens).removesuffix("\n"), style) for style, tokens in runs)
    return [Segment(text, style) for text, style in parts if text]


def _lexer_for_name(name: str) -> Lexer:
    try:
        return get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return plain_lexer()


@cache
def plain_lexer() -> Lexer:
    """The lexer that colours nothing."""
    return TextLexer(stripnl=False, ensurenl=False)


class _Styles(dict[_TokenType, Style]):
    """The style of each kind of token, found out when it is first met."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette

    def __missing__(self, kind: _TokenType) -> Style:
        self[kind] = style = _style(kind.split(), self._palette)
        return style


@lru_cache(maxsize=4)
def _styles(palette: Palette) -> _Styles:
    return _Styles(palette)


def _style(kinds: Sequence[_TokenType], palette: Palette) -> Style:
    if Comment in kinds:
        return palette.comment
    if Keyword in kinds:
        return palette.keyword
    if Number in kinds:
        return palette.number
    return palette.string if Literal in kinds else palette.text
