"""Owns what can be found in a transcript: words in items, and paths of files in lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from copydesk.domain.display import show_lines
from copydesk.domain.items import Item, ToolCard

_NAME = r"[\w.\-]*\w\.[A-Za-z]\w{0,9}"
_PATH = re.compile(rf"(?<![\w/.:\\~-])(?:(?:[\w.\-]+/)+{_NAME}(?::(\d+))?|{_NAME}:(\d+))(?![\w/])")


@dataclass(frozen=True, slots=True)
class Link:
    """A path of the workspace in a line of text."""

    path: str
    line: int
    """Counts from 1."""
    start: int
    """Character in the line."""
    end: int


def links_in(text: str) -> Iterator[Link]:
    """Paths that are surely meant as such: with a folder, or with a line number; none leads out of the workspace."""
    for match in _PATH.finditer(text):
        number = match[1] or match[2]
        path = match[0].removesuffix(f":{number}") if number else match[0]
        if ".." not in path.split("/"):
            yield Link(path, int(number or 1), match.start(), match.end())


def holds(item: Item, wanted: str) -> bool:
    """Whether an item says `wanted` anywhere, folded or not; `wanted` is in lower case."""
    return any(wanted in show_lines(text).casefold() for text in _texts(item))


def _texts(item: Item) -> Iterator[str]:
    if not isinstance(item, ToolCard):
        yield item.text
        return
    yield from (f"{item.verb} {item.path}", item.reason, item.answer)
    for diff in item.diffs:
        for hunk in diff.hunks:
            yield from (line.text for line in hunk.lines)


def first_line(card: ToolCard) -> int:
    """The line that a call speaks of first: the first that it changes, or that it views."""
    if card.diffs and card.diffs[0].hunks:
        hunk = card.diffs[0].hunks[0]
        return max(hunk.new_start, 1) + hunk.changes[0]
    match card.input.get("view_range"):
        case [int(first), *_] if first > 0:
            return first
        case _:
            return 1
