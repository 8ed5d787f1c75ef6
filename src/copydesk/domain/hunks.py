"""Owns hunks: how they are computed, taken apart, chosen from and rewritten, each as a value made of values.

None is applied here, and nothing here knows of bytes but how they are compared: `domain/splicing.py` does that.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from copydesk.domain.forms import MARK, decoded
from copydesk.domain.lines import Opcode, changed_regions, split_lines
from copydesk.domain.stretches import changed_byte_regions, changed_stretch
from copydesk.domain.text import dominant_newline, with_newlines

CONTEXT_LINES = 3

Line = TypeVar("Line", str, bytes)


class LineKind(StrEnum):
    """The role of a line in a hunk."""

    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk, with its line end."""

    kind: LineKind
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """A region that changes, with context; its lengths are counted, never stored."""

    old_start: int
    """1-based number of the first line in the old file; the line before it where there are no old lines."""
    new_start: int
    lines: tuple[HunkLine, ...]

    @property
    def old_texts(self) -> list[str]:
        """The lines that it covers in the old file."""
        return [line.text for line in self.lines if line.kind is not LineKind.ADDED]

    @property
    def new_texts(self) -> list[str]:
        """The lines that it covers in the new file."""
        return [line.text for line in self.lines if line.kind is not LineKind.REMOVED]

    @property
    def old_length(self) -> int:
        """Lines that it covers in the old file."""
        return len(self.old_texts)

    @property
    def new_length(self) -> int:
        """Lines that it covers in the new file."""
        return len(self.new_texts)

    @property
    def old_from(self) -> int:
        """How many lines of the old file come before it."""
        return self.old_start - _has_other(self.lines, LineKind.ADDED)

    @property
    def new_from(self) -> int:
        """How many lines of the new file come before it."""
        return self.new_start - _has_other(self.lines, LineKind.REMOVED)

    @property
    def changes(self) -> list[int]:
        """Which of its lines are added or removed, as indices."""
        return [index for index, line in enumerate(self.lines) if line.kind is not LineKind.CONTEXT]

    @property
    def is_void(self) -> bool:
        """True where it changes nothing."""
        return not self.changes

    @property
    def header(self) -> str:
        """The `@@` line of a unified diff."""
        old, new = _span(self.old_start, self.old_length), _span(self.new_start, self.new_length)
        return f"@@ -{old} +{new} @@"


def _has_other(lines: Iterable[HunkLine], kind: LineKind) -> bool:
    """True where there is a line of another kind."""
    return any(line.kind is not kind for line in lines)


def _span(start: int, length: int) -> str:
    return f"{start}" if length == 1 else f"{start},{length}"


def diff_lines(old: Sequence[str], new: Sequence[str], context: int = CONTEXT_LINES) -> tuple[Hunk, ...]:
    """Give the hunks that turn `old` into `new`, with `context` unchanged lines around each."""
    groups = _grouped(changed_regions(old, new), context)
    return tuple(_hunk(old, new, group, context, list) for group in groups)


def diff_bytes(old: bytes, new: bytes, encoding: str = "utf-8", context: int = CONTEXT_LINES) -> tuple[Hunk, ...]:
    """Give the hunks between two texts as `diff_lines` would; lines far from every difference are not even decoded.

    Lines are found in the bytes, so in the encoding an LF byte is an LF wherever it stands.
    """
    head, tail = changed_stretch(old, new, context)
    old_lines, new_lines, regions = changed_byte_regions(old[head : len(old) - tail], new[head : len(new) - tail])
    skipped = old.count(b"\n", 0, head) if regions else 0

    def read(lines: Sequence[bytes]) -> list[str]:
        return split_lines(decoded(b"".join(lines), encoding))

    hunks = (_hunk(old_lines, new_lines, group, context, read) for group in _grouped(regions, context))
    return tuple(moved(hunk, skipped, skipped) for hunk in hunks)


def _grouped(regions: Iterable[Opcode], context: int) -> Iterator[list[Opcode]]:
    group: list[Opcode] = []
    for region in regions:
        if group and region[0] - group[-1][1] > 2 * context:
            yield group
            group = []
        group.append(region)
    if group:
        yield group


def _hunk(
    old: Sequence[Line],
    new: Sequence[Line],
    group: list[Opcode],
    context: int,
    read: Callable[[Sequence[Line]], list[str]],
) -> Hunk:
    lead = min(context, group[0][0], group[0][2])
    position = old_from = group[0][0] - lead
    lines: list[HunkLine] = []
    for old_start, old_end, new_start, new_end in group:
        lines += [HunkLine(LineKind.CONTEXT, text) for text in read(old[position:old_start])]
        lines += [HunkLine(LineKind.REMOVED, text) for text in read(old[old_start:old_end])]
        lines += [HunkLine(LineKind.ADDED, text) for text in read(new[new_start:new_end])]
        position = old_end
    lines += [HunkLine(LineKind.CONTEXT, text) for text in read(old[position : position + context])]
    return hunk_at(old_from, group[0][2] - lead, lines)


def hunk_at(old_from: int, new_from: int, lines: Iterable[HunkLine]) -> Hunk:
    """A hunk after so many lines of the old file and of the new one."""
    held = tuple(lines)
    return Hunk(old_from + _has_other(held, LineKind.ADDED), new_from + _has_other(held, LineKind.REMOVED), held)


def moved(hunk: Hunk, old: int, new: int) -> Hunk:
    """The same hunk so many lines further down."""
    return Hunk(hunk.old_start + old, hunk.new_start + new, hunk.lines) if old or new else hunk


def split_at(hunk: Hunk, index: int) -> tuple[Hunk, ...]:
    """Split a hunk before one of its lines (from 0); it stays whole where one part would change nothing."""
    parts = part_of(hunk, 0, index), part_of(hunk, index, len(hunk.lines))
    return (hunk,) if any(part.is_void for part in parts) else parts


def split_everywhere(hunk: Hunk) -> tuple[Hunk, ...]:
    """Split a hunk in the middle of all the unchanged lines that lie between two changes."""
    between = pairwise(hunk.changes)
    cuts = [0, *((left + right + 2) // 2 for left, right in between if right > left + 1), len(hunk.lines)]
    return tuple(part_of(hunk, first, end) for first, end in pairwise(cuts))


def part_of(hunk: Hunk, first: int, end: int) -> Hunk:
    """Some lines of a hunk, by index, as a hunk; one without lines is none that could be shown."""
    before = hunk.lines[:first]
    old = sum(line.kind is not LineKind.ADDED for line in before)
    new = sum(line.kind is not LineKind.REMOVED for line in before)
    return hunk_at(hunk.old_from + old, hunk.new_from + new, hunk.lines[first:end])


def touching(hunks: Iterable[Hunk]) -> Iterator[list[Hunk]]:
    """Gather hunks between which no line of the old file lies: the parts of one that was split."""
    group: list[Hunk] = []
    end = -1
    for hunk in hunks:
        start = hunk.old_from
        if group and start > end:
            yield group
            group = []
        group.append(hunk)
        end = start + hunk.old_length
    if group:
        yield group


def joined(hunks: Sequence[Hunk]) -> Hunk:
    """One hunk of several that touch."""
    if len(hunks) == 1:
        return hunks[0]
    return hunk_at(hunks[0].old_from, hunks[0].new_from, (line for hunk in hunks for line in hunk.lines))


def renumbered(hunks: Iterable[Hunk]) -> Iterator[Hunk]:
    """Say where each hunk begins in the new file, now that these are all that is made."""
    shift = 0
    for hunk in hunks:
        yield moved(hunk, 0, hunk.old_from + shift - hunk.new_from)
        shift += hunk.new_length - hunk.old_length


def only(hunk: Hunk, chosen: Collection[int]) -> Hunk:
    """The hunk with only some changes, given as indices of its lines; it covers the same old lines.

    A line that would have been removed is then unchanged, one that would have been added is not there. Where something
    comes after a last line without line end, that line is ended, as there is no other way.
    """
    if all(map(chosen.__contains__, hunk.changes)):
        return hunk
    lines: list[HunkLine] = []
    for index, line in enumerate(hunk.lines):
        if index in chosen or line.kind is LineKind.CONTEXT:
            lines.append(line)
        elif line.kind is LineKind.REMOVED:
            lines.append(HunkLine(LineKind.CONTEXT, line.text))
    return hunk_at(hunk.old_from, hunk.new_from, _ended(lines))


def _ended(lines: Sequence[HunkLine]) -> Iterator[HunkLine]:
    """End every line of the new file that another one comes after."""
    for index, line in enumerate(lines):
        is_open = not line.text.endswith("\n") and line.kind is not LineKind.REMOVED
        if is_open and _has_other(lines[index + 1 :], LineKind.REMOVED):
            newline = dominant_newline("".join(other.text for other in lines)) or "\n"
            if line.kind is LineKind.CONTEXT:
                yield HunkLine(LineKind.REMOVED, line.text)
            yield HunkLine(LineKind.ADDED, line.text + newline)
        else:
            yield line


def trimmed(hunk: Hunk) -> Hunk:
    """The hunk without more context than it needs; one that changes nothing as it is."""
    changes = hunk.changes
    if not changes:
        return hunk
    return part_of(hunk, max(changes[0] - CONTEXT_LINES, 0), changes[-1] + 1 + CONTEXT_LINES)


def with_text(hunk: Hunk, text: str, newline: str = "\n", write: Callable[[str], str] = str) -> Hunk:
    """The hunk with a person's text in place of its new lines, as `worded` has it; it may then change nothing."""
    old, new = hunk.old_texts, worded(hunk.new_texts, text, newline, write)
    made = diff_lines(old, new, max(len(old), len(new)))
    lines = made[0].lines if made else (HunkLine(LineKind.CONTEXT, line) for line in old)
    return hunk_at(hunk.old_from, hunk.new_from, lines)


def worded(shown: Sequence[str], text: str, newline: str = "\n", write: Callable[[str], str] = str) -> list[str]:
    """A person's text, LF between lines, as lines in place of those that were shown.

    Lines that the person left alone stay as they are. Others are what `write` makes of them, with the line end of most
    lines that were shown, or `newline` where these tell none. The last line is ended, unless neither the text nor what
    was shown ends with a line end. A byte order mark is not the person's to write or to take out.
    """
    whole = "".join(shown)
    mark = MARK if whole.startswith(MARK) else ""
    lines, typed = split_lines(whole.removeprefix(mark)), split_lines(text.removeprefix(MARK))
    newline = dominant_newline(whole) or newline
    new: list[str] = []
    position = 0
    for start, end, first, last in changed_regions(_bare(lines), _bare(typed)):
        new += lines[position:start]
        new += split_lines(write(with_newlines("".join(typed[first:last]), newline)))
        position = end
    new += lines[position:]
    is_open = bool(lines and typed) and not lines[-1].endswith("\n") and not typed[-1].endswith("\n")
    ended = [line if line.endswith("\n") else line + newline for line in new[: len(new) - is_open]]
    return split_lines(mark + "".join([*ended, *new[len(ended) :]])) if new else []


def _bare(lines: Iterable[str]) -> list[str]:
    """Lines without their ends."""
    return [line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line for line in lines]
