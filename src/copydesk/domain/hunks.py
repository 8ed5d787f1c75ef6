"""Owns hunks: how they are computed, applied, taken apart and rewritten, each as a value made of values.

Applying is done in one place, and only to the text that the hunks were computed from: anything else is an error.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from copydesk.domain.encodings import HEAD, marked
from copydesk.domain.lines import Opcode, changed_regions, split_lines
from copydesk.domain.stretches import changed_byte_regions, changed_stretch
from copydesk.domain.text import dominant_newline

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


def apply_hunks(old: Sequence[str], hunks: Iterable[Hunk]) -> list[str]:
    """Splice hunks, in order, into the lines that they were computed from; raises ValueError for any others."""
    return split_lines(_spliced("".join(old), hunks, "\n", str))


def splice_lines(data: bytes, hunks: Iterable[Hunk], encoding: str = "utf-8") -> bytes:
    """Splice hunks, as `diff_images` gives them, into the bytes of the old file; raises ValueError for any others.

    `encoding` is what the text is in without a byte order mark; a character that it does not have is an error too.
    Bytes outside of the hunks are copied as they are.
    """
    mark = marked(data[:HEAD])
    if mark and mark.name.startswith("utf-16"):
        text = data[len(mark.mark) :].decode(mark.name)
        return mark.mark + _spliced(text, hunks, "\n", str).encode(mark.name)
    return _spliced(data, hunks, b"\n", lambda text: text.encode(encoding, "surrogateescape"))


def _spliced(data: Line, hunks: Iterable[Hunk], newline: Line, write: Callable[[str], Line]) -> Line:
    pieces: list[Line] = []
    at = line = 0
    for hunk in hunks:
        first, texts = hunk.old_from, hunk.old_texts
        taken = write("".join(texts))
        place = _place_of(data, at, first - line, taken, newline)
        if place < 0:
            raise ValueError(f"The hunk at line {hunk.old_start} does not fit the text that it is applied to.")
        pieces += [data[at:place], write("".join(hunk.new_texts))]
        at, line = place + len(taken), first + len(texts)
    pieces.append(data[at:])
    return newline[:0].join(pieces)


def _place_of(data: Line, at: int, skipped: int, taken: Line, newline: Line) -> int:
    """Where the lines of a hunk stand, so many lines after `at`; -1 where they do not.

    What is looked for mostly stands there only, and finding it is quicker than finding where lines begin.
    """
    place = data.find(taken, at)
    begins_line = place <= at or data[place - 1 : place] == newline
    if place < 0 or not begins_line or data.count(newline, at, place) != skipped:
        place = at if skipped >= 0 else -1
        for _ in range(skipped):
            place = data.find(newline, place) + 1
            if not place:
                return -1
    is_whole = place + len(taken) == len(data) or taken[-1:] in (newline, newline[:0])
    return place if place >= 0 and is_whole and data.startswith(taken, place) else -1


def decoded(data: bytes, encoding: str) -> str:
    """Bytes as text; what the encoding does not have as UTF-8, and what is neither as surrogates."""
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def split_at(hunk: Hunk, index: int) -> tuple[Hunk, ...]:
    """Split a hunk before one of its lines (from 0); it stays whole where one part would change nothing."""
    parts = _part(hunk, 0, index), _part(hunk, index, len(hunk.lines))
    return (hunk,) if any(part.is_void for part in parts) else parts


def split_everywhere(hunk: Hunk) -> tuple[Hunk, ...]:
    """Split a hunk in the middle of all the unchanged lines that lie between two changes."""
    between = pairwise(hunk.changes)
    cuts = [0, *((left + right + 2) // 2 for left, right in between if right > left + 1), len(hunk.lines)]
    return tuple(_part(hunk, first, end) for first, end in pairwise(cuts))


def _part(hunk: Hunk, first: int, end: int) -> Hunk:
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


def only(hunk: Hunk, chosen: Collection[int]) -> Hunk:
    """The hunk with only some changes, given as indices of its lines; it has no more context than it needs.

    A line that would have been removed is then unchanged, one that would have been added is not there. Where something
    is added after a last line without line end, that line is ended, as there is no other way.
    """
    last_chosen = max((index for index in chosen if hunk.lines[index].kind is LineKind.ADDED), default=-1)
    lines: list[HunkLine] = []
    for index, line in enumerate(hunk.lines):
        if index in chosen or line.kind is LineKind.CONTEXT:
            lines.append(line)
        elif line.kind is LineKind.REMOVED and index < last_chosen and not line.text.endswith("\n"):
            lines += [line, HunkLine(LineKind.ADDED, line.text + _newline(hunk))]
        elif line.kind is LineKind.REMOVED:
            lines.append(HunkLine(LineKind.CONTEXT, line.text))
    return _trimmed(hunk_at(hunk.old_from, hunk.new_from, lines))


def _trimmed(hunk: Hunk) -> Hunk:
    changes = hunk.changes
    if not changes:
        return hunk
    return _part(hunk, max(changes[0] - CONTEXT_LINES, 0), changes[-1] + 1 + CONTEXT_LINES)


def _newline(hunk: Hunk) -> str:
    return dominant_newline("".join(hunk.new_texts)) or dominant_newline("".join(hunk.old_texts)) or "\n"


def with_text(hunk: Hunk, text: str, *, ends_file: bool = False) -> Hunk:
    """The hunk with a person's text, LF between lines, in place of its new lines; it may then change nothing.

    Lines that the person left alone keep their line ends, others get those of most lines of the hunk. A last line
    without line end stays so at the end of the file, which is where `ends_file` or the hunk itself says so; elsewhere
    it is ended, or the line after the hunk would be joined to it.
    """
    is_last = ends_file or not all(line.text.endswith("\n") for line in hunk.lines)
    typed = text.replace("\r\n", "\n")
    if typed and not typed.endswith("\n") and not is_last:
        typed += "\n"
    old, new = hunk.old_texts, _in_style(hunk, split_lines(typed))
    regions = list(changed_regions(old, new))
    if not regions:
        return replace(hunk, lines=tuple(HunkLine(LineKind.CONTEXT, line) for line in old))
    rewritten = _hunk(old, new, regions, max(len(old), len(new)), list)
    return hunk_at(hunk.old_from, hunk.new_from, rewritten.lines)


def _in_style(hunk: Hunk, typed: list[str]) -> list[str]:
    """Give typed lines the line ends of the lines that they are, or of those around them."""
    shown, newline = hunk.new_texts, _newline(hunk)
    result: list[str] = []
    position = 0
    for start, end, first, last in changed_regions([line.replace("\r\n", "\n") for line in shown], typed):
        result += shown[position:start]
        result += [line.replace("\n", newline) for line in typed[first:last]]
        position = end
    return result + shown[position:]
