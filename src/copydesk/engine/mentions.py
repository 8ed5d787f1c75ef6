"""Owns what goes in with a prompt: instruction files (once trusted) and the files that it mentions with `@`."""

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

from copydesk.domain.errors import CopydeskError
from copydesk.domain.proposals import FileImage
from copydesk.domain.text import FileText

INSTRUCTION_FILES = ("AGENTS.md", "CLAUDE.md")
"""Read in this order; both count."""
MENTION_LIMIT = 100_000
"""Characters of one mentioned file that go in; the model can view the rest."""

_MENTION = re.compile(r'(?:(?<=\s)|^)@(?:("(?:[^"\\\n]|\\.)+")|([^\s@]+))')
"""A path in quotes, written as a JSON string, or up to the next white space."""
_CLOSING = ".,;:!?)]}'\""
"""What ends a sentence or a bracket, not a path."""

Reader = Callable[[str], Awaitable[FileImage | None]]
"""Reads a file of the workspace that the policy lets the model see; raises CopydeskError otherwise."""


def mentioned_paths(prompt: str) -> tuple[str, ...]:
    """The paths after `@` in a prompt, without closing punctuation, each once."""
    found = (_unquoted(match[1]) or match[0][1:].rstrip(_CLOSING) for match in _MENTION.finditer(prompt))
    return tuple(dict.fromkeys(path for path in found if path))


def mention_of(path: str) -> str:
    """How a path is written behind `@` so that it is read again: in quotes where it holds more than plain signs."""
    is_plain = path.isprintable() and mentioned_paths(f"@{path}") == (path,)
    return path if is_plain else json.dumps(path, ensure_ascii=not path.isprintable())


def _unquoted(quoted: str | None) -> str:
    """What stands in quotes; empty where it is not well written."""
    try:
        return str(json.loads(quoted)) if quoted else ""
    except ValueError:
        return ""


async def mention_texts(prompt: str, read: Reader) -> tuple[list[str], list[str]]:
    """Give the blocks for the mentioned files, and a sentence for each that could not be taken in."""
    blocks, problems = [], []
    for path in mentioned_paths(prompt):
        try:
            image = await read(path)
            if image is not None:
                blocks.append(_block(path, image))
        except (CopydeskError, OSError) as error:
            problems.append(f"@{path} was not included: {error}")
    return blocks, problems


async def instruction_texts(read: Reader) -> list[str]:
    """Give the blocks for the workspace's instruction files that exist."""
    blocks = []
    for path in INSTRUCTION_FILES:
        with suppress(CopydeskError, OSError):
            image = await read(path)
            if image is not None:
                blocks.append(_block(path, image))
    return blocks


def _block(path: str, image: FileImage) -> str:
    text = FileText.decode(image.data).text
    note = ""
    if len(text) > MENTION_LIMIT:
        note = f"\n[the first {MENTION_LIMIT} of {len(text)} characters; view the file for the rest]"
        text = text[:MENTION_LIMIT]
    return f'<file path="{path}">\n{text}{note}\n</file>'
