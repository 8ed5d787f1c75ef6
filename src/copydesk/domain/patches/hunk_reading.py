"""Owns reading the hunks of a unified diff: exactly as many lines as their headers say, in order, none overlapping."""

import re
from collections.abc import Iterator

from copydesk.domain.hunks import Hunk, HunkLine, LineKind, hunk_at, renumbered
from copydesk.domain.patches.patch_text import PatchText, quoted

_HEADER = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_KINDS = {" ": LineKind.CONTEXT, "+": LineKind.ADDED, "-": LineKind.REMOVED}
_SIGNATURE = ("--", "-- ")
"""What a mail ends with."""


def read_hunks(text: PatchText, *, is_converted: bool = False) -> tuple[Hunk, ...]:
    """Read all hunks that begin at the next line; PatchError where one is not what it says, or none fits its place.

    Where the patch itself was given CR LF line ends, `is_converted` takes them off again.
    """
    hunks: list[Hunk] = []
    end = 0
    while text.peek().startswith("@@ "):
        line = text.number
        hunk = _hunk(text, "\r" if is_converted else "")
        if hunk.old_from < end:
            raise text.error("the hunk overlaps the one before, or comes too late", line)
        end = hunk.old_from + hunk.old_length
        hunks.append(hunk)
    return tuple(renumbered(hunks))


def _hunk(text: PatchText, ending: str) -> Hunk:
    start = text.number
    match = _HEADER.match(text.peek())
    if match is None:
        raise text.error(f"{quoted(text.header())} is no header of a hunk")
    text.take()
    old_start, old, new_start, new = (int(number or 1) for number in match.groups())
    lines = tuple(_lines(text, old, new, ending))
    if not any(line.kind is not LineKind.CONTEXT for line in lines):
        raise text.error("the hunk changes nothing", start)
    if (old and not old_start) or (new and not new_start):
        raise text.error("lines are counted from 1", start)
    _refuse_more(text, start)
    return hunk_at(old_start - bool(old), new_start - bool(new), lines)


def _lines(text: PatchText, old: int, new: int, ending: str) -> Iterator[HunkLine]:
    """So many lines of each side; a line without line end has to be the last of its side."""
    start = text.number - 1
    while old or new:
        line = text.peek()
        # Programs that mail patches cut the blank off a line of context that is empty.
        kind = _KINDS.get(line.removesuffix(ending)[:1] or " ")
        if text.is_done or kind is None:
            raise text.error("the hunk ends before it has the lines that its header says", start)
        number = text.number
        text.take()
        old -= kind is not LineKind.ADDED
        new -= kind is not LineKind.REMOVED
        if old < 0 or new < 0:
            raise text.error("the hunk has more lines of a side than its header says", number)
        is_open = text.peek().startswith("\\ ")
        if is_open:
            text.take()
            if (old and kind is not LineKind.ADDED) or (new and kind is not LineKind.REMOVED):
                raise text.error("only the last line of a file has no line end", number)
        yield HunkLine(kind, line[1:].removesuffix(ending) + ("" if is_open else "\n"))


def _refuse_more(text: PatchText, start: int) -> None:
    """What comes right after a hunk must not look like more of it, which others would take and we would not."""
    line = text.header()
    is_next = line in _SIGNATURE or (line.startswith("--- ") and text.peek(1).startswith("+++ "))
    if line[:1] in ("+", "-", " ", "\\") and line and not is_next:
        raise text.error(f"the hunk of line {start} goes on after the lines that its header says")
