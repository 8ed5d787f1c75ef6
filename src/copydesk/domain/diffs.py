"""Owns line differences: `Hunk`, `FileDiff`, how they are computed, applied and written as a unified diff.

Lines are split on LF only and keep their line end, so that CR, form feeds and U+2028 are data and nothing is lost.
"""

from bisect import bisect_left
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

CONTEXT_LINES = 3
GAP_LIMIT = 2_000
"""Lines in a gap without unique anchors up to which the quadratic matcher is still quick (measured)."""

_BLOCKS = (65_536, 1_024, 32, 1)
"""Bytes that are compared at once, while they are the same; then fewer, down to the one that differs."""

Opcode = tuple[int, int, int, int]
"""A changed region: old start, old end, new start, new end; 0-based, end excluded."""


class LineKind(StrEnum):
    """The role of a line in a hunk."""

    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"


class ChangeStatus(StrEnum):
    """What happens to the file as a whole."""

    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"


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
    def old_length(self) -> int:
        """Lines that it covers in the old file."""
        return sum(line.kind is not LineKind.ADDED for line in self.lines)

    @property
    def new_length(self) -> int:
        """Lines that it covers in the new file."""
        return sum(line.kind is not LineKind.REMOVED for line in self.lines)

    @property
    def header(self) -> str:
        """The `@@` line of a unified diff."""
        old, new = _span(self.old_start, self.old_length), _span(self.new_start, self.new_length)
        return f"@@ -{old} +{new} @@"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The difference of one file, for people and for patches."""

    path: str
    status: ChangeStatus
    hunks: tuple[Hunk, ...]
    is_binary: bool = False
    """Binary files have no hunks; their change is all or nothing."""

    @property
    def added(self) -> int:
        """Lines added."""
        return self._count(LineKind.ADDED)

    @property
    def removed(self) -> int:
        """Lines removed."""
        return self._count(LineKind.REMOVED)

    def _count(self, kind: LineKind) -> int:
        return sum(line.kind is kind for hunk in self.hunks for line in hunk.lines)

    def to_unified(self) -> str:
        """Write it as `git apply` takes it (text with surrogateescape for bytes that are not UTF-8)."""
        return "".join(_unified_lines(self))


def diff_images(path: str, before: bytes | None, after: bytes | None, encoding: str = "utf-8") -> FileDiff:
    """Compare two versions of a file given as bytes, None for absent; `encoding` is what they are in without a mark."""
    status = ChangeStatus.MODIFIED
    if before is None:
        status = ChangeStatus.CREATED
    elif after is None:
        status = ChangeStatus.DELETED
    sides = before or b"", after or b""
    if any(map(_has_mark, sides)):
        sides, encoding = (_as_utf8(sides[0], encoding), _as_utf8(sides[1], encoding)), "utf-8"
    if any(b"\0" in data for data in sides):
        return FileDiff(path, status, (), is_binary=True)
    return FileDiff(path, status, diff_bytes(*sides, encoding))


def diff_bytes(old: bytes, new: bytes, encoding: str = "utf-8", context: int = CONTEXT_LINES) -> tuple[Hunk, ...]:
    """Give the hunks between two texts as `diff_lines` would; lines far from every difference are not even decoded.

    Lines are found in the bytes, so in the encoding an LF byte is an LF wherever it stands.
    """
    head = _line_start(old, _same_start(old, new))
    same_end = _same_end(old, new, head)
    tail = len(old) - same_end
    if not (_begins_line(old, tail) and _begins_line(new, len(new) - same_end)):
        tail = _next_line(old, tail)
    for _ in range(context):
        head, tail = _line_start(old, max(head - 1, 0)), _next_line(old, tail)
    tail = len(old) - tail
    before, after = (split_lines(_text(data[head : len(data) - tail], encoding)) for data in (old, new))
    hunks = diff_lines(before, after, context)
    skipped = old.count(b"\n", 0, head) if hunks else 0
    return tuple(
        replace(hunk, old_start=hunk.old_start + skipped, new_start=hunk.new_start + skipped) for hunk in hunks
    )


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _next_line(data: bytes, at: int) -> int:
    return data.find(b"\n", at) + 1 or len(data)


def _begins_line(data: bytes, at: int) -> bool:
    return at == 0 or data[at - 1 : at] == b"\n"


def _same_start(old: bytes, new: bytes) -> int:
    """How many bytes are the same from the start on."""
    at, most = 0, min(len(old), len(new))
    for block in _BLOCKS:
        while at < most and old[at : at + block] == new[at : at + block]:
            at += block
    return min(at, most)


def _same_end(old: bytes, new: bytes, head: int) -> int:
    """How many bytes are the same up to the end, leaving the first `head` aside."""
    at, most = 0, min(len(old), len(new)) - head
    for block in _BLOCKS:
        while at < most and _block_before(old, at, block) == _block_before(new, at, block):
            at += block
    return min(at, most)


def _block_before(data: bytes, from_end: int, block: int) -> bytes:
    end = max(len(data) - from_end, 0)
    return data[max(end - block, 0) : end]


def split_lines(text: str) -> list[str]:
    """Split on LF only, keeping it; the last line may lack one; no phantom line after a final LF."""
    lines = text.split("\n")
    tail = lines.pop()
    return [line + "\n" for line in lines] + ([tail] if tail else [])


def diff_lines(old: Sequence[str], new: Sequence[str], context: int = CONTEXT_LINES) -> tuple[Hunk, ...]:
    """Give the hunks that turn `old` into `new`, with `context` unchanged lines around each."""
    hunks = []
    for group in _grouped(list(changed_regions(old, new)), context):
        hunks.append(_hunk(old, new, group, context))
    return tuple(hunks)


def apply_hunks(old: Sequence[str], hunks: Sequence[Hunk]) -> list[str]:
    """Splice the hunks into the lines that they were computed from."""
    result: list[str] = []
    position = 0
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_length else hunk.old_start
        result.extend(old[position:start])
        result.extend(line.text for line in hunk.lines if line.kind is not LineKind.REMOVED)
        position = start + hunk.old_length
    result.extend(old[position:])
    return result


def changed_regions(old: Sequence[str], new: Sequence[str]) -> Iterator[Opcode]:
    """Give the regions that differ, in order: patience anchors first, a full match inside short gaps."""
    head = 0
    limit = min(len(old), len(new))
    while head < limit and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < limit - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    merged: Opcode | None = None
    for region in _anchored_regions(old_middle, new_middle):
        shifted = (region[0] + head, region[1] + head, region[2] + head, region[3] + head)
        if merged and merged[1] == shifted[0] and merged[3] == shifted[2]:
            merged = (merged[0], shifted[1], merged[2], shifted[3])
            continue
        if merged:
            yield merged
        merged = shifted
    if merged:
        yield merged


def _anchored_regions(old: Sequence[str], new: Sequence[str]) -> Iterator[Opcode]:
    anchors = [(-1, -1), *_unique_anchors(old, new), (len(old), len(new))]
    for (old_left, new_left), (old_right, new_right) in pairwise(anchors):
        yield from _gap_regions(old, new, (old_left + 1, old_right, new_left + 1, new_right))


def _gap_regions(old: Sequence[str], new: Sequence[str], gap: Opcode) -> Iterator[Opcode]:
    old_start, old_end, new_start, new_end = gap
    if old_start == old_end or new_start == new_end or max(old_end - old_start, new_end - new_start) > GAP_LIMIT:
        if old_start < old_end or new_start < new_end:
            yield gap
        return
    matcher = SequenceMatcher(None, old[old_start:old_end], new[new_start:new_end], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield (old_start + i1, old_start + i2, new_start + j1, new_start + j2)


def _unique_anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Match lines that occur once on each side, in their longest common order (patience)."""
    if not old or not new:
        return []
    old_places, new_places = _unique_places(old), _unique_places(new)
    pairs = [(place, new_places[line]) for line, place in old_places.items() if line in new_places]
    return _longest_increasing(pairs)


def _unique_places(lines: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for number, line in enumerate(lines):
        places[line] = -1 if line in places else number
    return {line: place for line, place in places.items() if place >= 0}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    tails: list[int] = []
    tail_indices: list[int] = []
    previous: list[int] = []
    for index, (_, value) in enumerate(pairs):
        place = bisect_left(tails, value)
        previous.append(tail_indices[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            tail_indices.append(index)
        else:
            tails[place], tail_indices[place] = value, index
    chain: list[tuple[int, int]] = []
    index = tail_indices[-1] if tail_indices else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _grouped(regions: list[Opcode], context: int) -> Iterator[list[Opcode]]:
    group: list[Opcode] = []
    for region in regions:
        if group and region[0] - group[-1][1] > 2 * context:
            yield group
            group = []
        group.append(region)
    if group:
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], group: list[Opcode], context: int) -> Hunk:
    old_from, new_from = max(group[0][0] - context, 0), max(group[0][2] - context, 0)
    lead = min(group[0][0] - old_from, group[0][2] - new_from)
    old_from, new_from = group[0][0] - lead, group[0][2] - lead
    lines: list[HunkLine] = []
    position = old_from
    for i1, i2, j1, j2 in group:
        lines += [HunkLine(LineKind.CONTEXT, text) for text in old[position:i1]]
        lines += [HunkLine(LineKind.REMOVED, text) for text in old[i1:i2]]
        lines += [HunkLine(LineKind.ADDED, text) for text in new[j1:j2]]
        position = i2
    lines += [HunkLine(LineKind.CONTEXT, text) for text in old[position : position + context]]
    has_old = any(line.kind is not LineKind.ADDED for line in lines)
    has_new = any(line.kind is not LineKind.REMOVED for line in lines)
    return Hunk(old_from + has_old, new_from + has_new, tuple(lines))


def _span(start: int, length: int) -> str:
    return f"{start}" if length == 1 else f"{start},{length}"


def _has_mark(data: bytes) -> bool:
    return data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))


def _as_utf8(data: bytes, encoding: str) -> bytes:
    """UTF-16 with a mark, or other text, as UTF-8; what is neither as it is."""
    if _has_mark(data):
        with suppress(UnicodeError):
            return data.decode("utf-16").encode("utf-8")
        return data
    return _text(data, encoding).encode("utf-8", "surrogateescape")


def _text(data: bytes, encoding: str) -> str:
    """Bytes as text whose UTF-8 gives them back."""
    with suppress(UnicodeDecodeError):
        return data.decode(encoding, "surrogateescape")
    return data.decode("utf-8", "surrogateescape")


_SIGNS = {LineKind.CONTEXT: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-"}


def _unified_lines(diff: FileDiff) -> Iterator[str]:
    old, new = quoted_path("a/" + diff.path), quoted_path("b/" + diff.path)
    yield f"diff --git {old} {new}\n"
    if diff.status is ChangeStatus.CREATED:
        yield "new file mode 100644\n"
    if diff.status is ChangeStatus.DELETED:
        yield "deleted file mode 100644\n"
    if diff.is_binary:
        yield f"Binary files {old} and {new} differ\n"
        return
    if not diff.hunks:
        return
    tab = "\t" if " " in diff.path else ""
    yield "--- /dev/null\n" if diff.status is ChangeStatus.CREATED else f"--- {old}{tab}\n"
    yield "+++ /dev/null\n" if diff.status is ChangeStatus.DELETED else f"+++ {new}{tab}\n"
    for hunk in diff.hunks:
        yield hunk.header + "\n"
        for line in hunk.lines:
            yield _SIGNS[line.kind] + line.text
            if not line.text.endswith("\n"):
                yield "\n\\ No newline at end of file\n"


def quoted_path(path: str) -> str:
    """Write a path as git does: C-style quotes where it holds control characters, quotes or backslashes."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(byte >= 0x20 and byte not in b'"\\\x7f' for byte in raw):
        return path
    escapes = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
    parts = []
    for byte in raw:
        if byte in escapes:
            parts.append("\\" + escapes[byte])
        elif 0x20 <= byte < 0x7F:
            parts.append(chr(byte))
        else:
            parts.append(f"\\{byte:03o}")
    return '"' + "".join(parts) + '"'
