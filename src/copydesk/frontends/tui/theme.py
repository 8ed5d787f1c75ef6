"""Owns the look: one accent, green and red only inside diffs, dim for what is secondary; dark and light.

The plain look has the colours of the dark one, from which `plain_look` makes words without any.
"""

from functools import cache
from typing import NamedTuple

from rich.style import Style
from textual.theme import Theme

DARK = "desk-dark"
LIGHT = "desk-light"
PLAIN = "desk-plain"
THEMES = {"dark": DARK, "light": LIGHT, "plain": PLAIN}
"""What people call a look → its name."""


class Colours(NamedTuple):
    """The colours of one look, as `#rrggbb`."""

    background: str
    foreground: str
    secondary: str
    rule: str
    accent: str
    """The desk's blue pencil."""
    warning: str
    added: str
    added_line: str
    added_words: str
    """Behind what differs within an added line."""
    removed: str
    removed_line: str
    removed_words: str
    code: tuple[str, str, str]
    """Keyword, string, number."""


_DARK = Colours(
    background="#15171b",
    foreground="#d5d8de",
    secondary="#858b96",
    rule="#333842",
    accent="#6aa9ff",
    warning="#e0b25c",
    added="#7fcf93",
    added_line="#16291d",
    added_words="#24482f",
    removed="#ef8a87",
    removed_line="#331b1e",
    removed_words="#5a2a2e",
    code=("#a9b8d6", "#bcb48d", "#c7a185"),
)
_LIGHT = Colours(
    background="#fbfbf9",
    foreground="#22252b",
    secondary="#6c727d",
    rule="#ccced3",
    accent="#1b5fc1",
    warning="#8a5a00",
    added="#1a7f37",
    added_line="#e3f5e6",
    added_words="#bfe8c8",
    removed="#b3261e",
    removed_line="#fbe6e5",
    removed_words="#f6c4c1",
    code=("#3b4f7d", "#6b5a12", "#8a4b1f"),
)


class Palette(NamedTuple):
    """The styles that line-drawn views use; no style sets a background but those of changed lines."""

    is_dark: bool
    text: Style
    secondary: Style
    strong: Style
    accent: Style
    waiting: Style
    """What wants a decision."""
    warning: Style
    added: Style
    added_line: Style
    added_words: Style
    removed: Style
    removed_line: Style
    removed_words: Style
    found: Style
    """What a search has found; told apart without colours too."""
    keyword: Style
    string: Style
    number: Style
    comment: Style


@cache
def palette(is_dark: bool) -> Palette:
    """Give the styles of the dark or the light look."""
    colours = _DARK if is_dark else _LIGHT
    keyword, string, number = colours.code
    return Palette(
        is_dark=is_dark,
        text=Style(color=colours.foreground),
        secondary=Style(color=colours.secondary),
        strong=Style(color=colours.foreground, bold=True),
        accent=Style(color=colours.accent),
        waiting=Style(color=colours.accent, bold=True),
        warning=Style(color=colours.warning),
        added=Style(color=colours.added),
        added_line=Style(bgcolor=colours.added_line),
        added_words=Style(bgcolor=colours.added_words, underline=True),
        removed=Style(color=colours.removed),
        removed_line=Style(bgcolor=colours.removed_line),
        removed_words=Style(bgcolor=colours.removed_words, underline=True),
        found=Style(reverse=True),
        keyword=Style(color=keyword),
        string=Style(color=string),
        number=Style(color=number),
        comment=Style(color=colours.secondary, italic=True),
    )


def themes() -> tuple[Theme, ...]:
    """The looks as Textual knows them."""
    return _theme(DARK, _DARK, True), _theme(LIGHT, _LIGHT, False), _theme(PLAIN, _DARK, True)


def plain_colours() -> Colours:
    """The colours that the plain look is made from."""
    return _DARK


def _theme(name: str, colours: Colours, is_dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=colours.accent,
        secondary=colours.accent,
        accent=colours.accent,
        warning=colours.warning,
        error=colours.removed,
        success=colours.added,
        foreground=colours.foreground,
        background=colours.background,
        surface=colours.background,
        panel=colours.background,
        boost=colours.background,
        dark=is_dark,
        variables={
            "desk-rule": colours.rule,
            "panel-darken-1": colours.background,
            "desk-secondary": colours.secondary,
            "scrollbar": colours.rule,
            "scrollbar-hover": colours.secondary,
            "scrollbar-active": colours.accent,
            "scrollbar-background": colours.background,
            "scrollbar-background-hover": colours.background,
            "scrollbar-background-active": colours.background,
            "scrollbar-corner-color": colours.background,
            "block-cursor-foreground": colours.foreground,
            "block-cursor-background": colours.rule,
            "block-cursor-text-style": "none",
            "input-selection-background": f"{colours.accent} 30%",
        },
    )
