"""Owns Markdown as lines: how a section of a reply looks.

It never follows a link, never interprets HTML or entities, and never lets a character through that `show` would not.
"""

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
from copydesk.frontends.tui.lines.highlight import highlight, lexer_for_language
from copydesk.frontends.tui.lines.wrapping import wrap_segments
from copydesk.frontends.tui.theme import Palette
from copydesk.frontends.tui.transcript.sections import Opened, Section, cut


def render_reply(text: str, width: int, palette: Palette) -> list[Strip]:
    """Render a whole reply."""
    strips: list[Strip] = []
    for piece in cut(text, Opened()):
        rendered = render_section(piece.section, width, palette)
        if rendered and strips and not piece.section.continues:
            strips.append(Strip([]))
        strips += rendered
    return strips


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
