"""Owns Markdown as lines: replies cut into sections, each finished section rendered once, whatever follows it.

It never follows a link, never interprets HTML or entities, and never lets a character through that `show` would not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import ClassVar

from markdown_it import MarkdownIt
from rich.console import Console, JustifyMethod
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme
from textual.strip import Strip

from copydesk.domain.display import show, show_lines
from copydesk.frontends.tui.highlight import highlight, lexer_for_language
from copydesk.frontends.tui.theme import Palette
from copydesk.frontends.tui.wrapping import wrap_segments

CODE_CHUNK = 40
"""Lines of a code block that are settled together, so that a long one is not rendered again and again."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$")
_LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s")


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code block."""

    marker: str
    language: str

    def is_closed_by(self, line: str) -> bool:
        """True for a line that ends the block."""
        stripped = line.strip()
        return len(stripped) >= len(self.marker) and set(stripped) == {self.marker[0]}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a reply that can be rendered by itself."""

    lines: tuple[str, ...]
    language: str | None = None
    """Word after the fence of a code block; None for prose."""
    continues: bool = False
    """The code block began in the section before."""


class ReplyLines:
    """One reply as lines at one width; it may grow, and then only its unfinished end is rendered again."""

    def __init__(self, width: int, palette: Palette) -> None:
        self.width = width
        self.palette = palette
        self._text = ""
        self._settled: list[Strip] = []
        self._settled_characters = 0
        self._fence: Fence | None = None
        self._continues = False

    def lines(self, text: str) -> list[Strip]:
        """Render the reply; cheap where `text` begins as the one given before."""
        if not text.startswith(self._text):
            self._settled, self._settled_characters, self._fence, self._continues = [], 0, None, False
        self._text = text
        tail: list[Strip] = []
        for piece in _pieces(text[self._settled_characters :], self._fence, self._continues):
            target = self._settled if piece.is_finished else tail
            strips = render_section(piece.section, self.width, self.palette)
            if strips and (self._settled or tail) and not piece.section.continues:
                target.append(Strip([]))
            target.extend(strips)
            if piece.is_finished:
                self._settled_characters += piece.length
                self._fence, self._continues = piece.fence, piece.continues
        return [*self._settled, *tail]


@dataclass(frozen=True, slots=True)
class Piece:
    """A section where it was found."""

    section: Section
    length: int
    """Characters, the line end included."""
    fence: Fence | None
    """The code block that is open after it."""
    continues: bool
    """Lines of that block have come already."""
    is_finished: bool
    """What follows cannot change it."""


def _pieces(text: str, fence: Fence | None, continues: bool) -> Iterator[Piece]:
    """Cut text into sections."""
    lines = text.split("\n")
    while lines:
        if fence:
            taken, is_finished, is_closed = _take_code(lines, fence)
            section = Section(tuple(lines[: taken - is_closed]), fence.language, continues)
            fence, continues = (None, False) if is_closed else (fence, True)
        elif opened := _FENCE.match(lines[0]):
            taken, is_finished = 1, len(lines) > 1
            section, fence, continues = Section(()), Fence(opened[1], opened[2]), False
        else:
            taken, is_finished = _take_prose(lines)
            section = Section(tuple(lines[:taken]))
        yield Piece(section, sum(len(line) + 1 for line in lines[:taken]), fence, continues, is_finished)
        lines = lines[taken:]


def _take_code(lines: list[str], fence: Fence) -> tuple[int, bool, bool]:
    """Lines that belong to the block, whether they are final, and whether the last of them closes it."""
    for number, line in enumerate(lines[: CODE_CHUNK + 1]):
        is_whole = number + 1 < len(lines)
        if fence.is_closed_by(line):
            return number + 1, is_whole, True
        if number == CODE_CHUNK and is_whole:
            return CODE_CHUNK, True, False
    return len(lines), False, False


def _take_prose(lines: list[str]) -> tuple[int, bool]:
    """Lines up to where something new surely begins, and whether that was seen."""
    is_list = bool(_LIST_ITEM.match(lines[0].lstrip()))
    for number in range(1, len(lines)):
        line = lines[number]
        is_whole = number + 1 < len(lines)
        if _FENCE.match(line) and is_whole:
            return number, True
        if lines[number - 1].strip() or not line.strip() or line[0].isspace():
            continue
        if is_list and (_LIST_ITEM.match(line) or not is_whole):
            continue
        return number, True
    return len(lines), False


def render_section(section: Section, width: int, palette: Palette) -> list[Strip]:
    """Render prose as Markdown, code in colour with its long lines wrapped; nothing is cut."""
    if section.language is not None:
        return render_code(section.lines, section.language, width, palette)
    text = show_lines("\n".join(section.lines)).strip("\n")
    if not text.strip():
        return []
    console = console_for(palette)
    options = console.options.update(width=max(width, 8))
    rendered = console.render_lines(QuietMarkdown(text), options, pad=False)
    return _without_blank_ends([_trimmed(line) for line in rendered])


def render_code(lines: tuple[str, ...], language: str, width: int, palette: Palette) -> list[Strip]:
    """Code, indented by two cells, without a box."""
    lexer = lexer_for_language(language)
    strips: list[Strip] = []
    for line in lines:
        segments = highlight(show(line.removesuffix("\r")), lexer, palette)
        strips.extend(wrap_segments(segments, max(width - 2, 8), Segment("  ")))
    return strips


class QuietCode(CodeBlock):
    """A code block inside a list or quotation."""

    def __init__(self, lexer_name: str, theme: str) -> None:
        super().__init__(lexer_name, "ansi_dark" if theme == "dark" else "ansi_light")


class QuietHeading(Heading):
    """A heading at the left edge, whatever its level."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class QuietMarkdown(Markdown):
    """Markdown without links to click, boxes or backgrounds."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": QuietHeading,
        "fence": QuietCode,
        "code_block": QuietCode,
    }

    def __init__(self, markup: str) -> None:
        # The parent builds a parser for each text, which costs more than parsing; these are all its attributes.
        self.markup = markup
        self.parsed = _PARSER.parse(markup)
        self.code_theme = self.inline_code_theme = "dark"
        self.justify = None
        self.style = "none"
        self.hyperlinks = False
        self.inline_code_lexer = None


_PARSER = MarkdownIt().enable(["strikethrough", "table"])
_PARSER.disable(["entity", "html_block", "html_inline", "autolink", "image"])


@cache
def console_for(palette: Palette) -> Console:
    """The console that lays out Markdown in a palette; it writes nowhere."""
    quiet = {"strong": "bold", "em": "italic", "s": "strike", "h1": "bold underline"}
    quiet |= dict.fromkeys(["h2", "h3", "h4", "h5", "h6", "table.header", "item.number", "item.bullet"], "bold")
    quiet |= {"hr": "dim", "table.border": "dim", "block_quote": "dim", "link_url": "underline", "paragraph": ""}
    styles: dict[str, str | Style] = {f"markdown.{name}": style for name, style in quiet.items()}
    styles |= {
        "markdown.code": palette.accent,
        "markdown.code_block": palette.text,
        "markdown.link": palette.text,
        "markdown.list": palette.text,
    }
    return Console(
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        theme=Theme(styles),
        _environ={},
    )


def _trimmed(line: list[Segment]) -> Strip:
    """Drop the blanks that fill a line up to the width."""
    while line and not line[-1].text.rstrip():
        line = line[:-1]
    return Strip([*line[:-1], Segment(line[-1].text.rstrip(), line[-1].style)]) if line else Strip([])


def _without_blank_ends(strips: list[Strip]) -> list[Strip]:
    while strips and not strips[-1].text.strip():
        strips.pop()
    start = 0
    while start < len(strips) and not strips[start].text.strip():
        start += 1
    return strips[start:]
