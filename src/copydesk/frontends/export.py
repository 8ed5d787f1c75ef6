"""Owns a transcript as Markdown: for the clipboard, and for files of whole sessions.

It passes everything through `show_lines`, so that what is pasted or printed elsewhere obeys no control sequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, assert_never

from copydesk.domain.display import show, show_lines
from copydesk.domain.items import Item, Notice, Prompt, Reply, Thought, ToolCard
from copydesk.frontends.present import card_line

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff

SHORTEST_FENCE = 3

_TICKS = re.compile(r"`+")


def markdown_of(items: Iterable[Item]) -> str:
    """Write items as Markdown, with one line feed at the end; empty where there is nothing to say.

    A prompt is a heading with the prompt quoted below it, a reply stands as the model wrote it, an edit is its diff.
    """
    blocks = [block for item in items if (block := _block(item))]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def fenced(text: str, language: str = "") -> str:
    """Put text into a code block whose fence occurs nowhere in it."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(longest + 1, SHORTEST_FENCE)
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"


def _block(item: Item) -> str:
    match item:
        case Prompt(text=text, turn=turn):
            return f"## Turn {turn}\n\n{_quoted(text)}" if turn else _quoted(text)
        case Reply(text=text):
            return show_lines(text).strip("\n")
        case Thought(text=text, seconds=seconds):
            return f"*Thought {seconds:.0f} s*" + (f"\n\n{_quoted(text)}" if text.strip() else "")
        case ToolCard():
            return _card(item)
        case Notice(text=text):
            return f"*{' '.join(show_lines(text).split())}*"
        case _:
            assert_never(item)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in show_lines(text).strip("\n").split("\n"))


def _card(card: ToolCard) -> str:
    """A call in one line; below it the diff, or why it did not do what was asked."""
    line = card_line(card)
    said = [f"`{line.path}`" if "`" not in line.path else line.path, line.extent, line.outcome.strip()]
    parts = [f"**{line.verb}** " + " · ".join(part for part in said if part)]
    if card.reason and card.state not in ("applied", "done", "gathered"):
        parts.append(_quoted(card.reason))
    parts += [fenced(show_diff(diff), "diff") for diff in card.diffs]
    return "\n\n".join(parts)


def show_diff(diff: FileDiff) -> str:
    """Write a diff as `git apply` takes it, but for what would not be safe to show."""
    return "\n".join(map(show, diff.to_unified().removesuffix("\n").split("\n")))
