"""Owns what a review of a file means for the single edits: which landed, and which of those stand on one that did not.

Edits of a file that wait for a review were each computed on what those before it made. The person decides on the hunks
that come of them all; the lines of each edit are followed to where they landed, or did not. It decides, reads and
writes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copydesk.domain.lines import Opcode, changed_regions, split_bytes
from copydesk.domain.proposals import FileChange, FileImage, OutcomeKind
from copydesk.domain.unified import quoted_path

_Span = tuple[int, int]
"""Lines of a file, counted from 0, the end excluded."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """Edits of a file that stand on what was not taken; they count from 1, in the order in which they were made."""

    path: str
    of: int
    """How many edits of the file waited."""
    landed: tuple[int, ...]
    on: tuple[int, ...]
    """Those that were rejected or rewritten, wholly or in part."""

    @property
    def sentence(self) -> str:
        """What the person and the model are told."""
        built, were = _counted(self.landed), "was" if len(self.landed) == 1 else "were"
        return (
            f"Of {self.of} edits of {quoted_path(self.path)} that waited, {built} landed and {were} built on "
            f"{_counted(self.on)}, which did not land as proposed."
        )


def dependents(trail: Sequence[FileChange], offered: FileChange, landed: FileImage | None) -> Dependents | None:
    """Say which edits of a file landed on others that did not; None where none did.

    `trail` has each edit as it was gathered, `offered` what became of them all, merged with what others changed, and
    `landed` is the file as the person left it.
    """
    made = _regions(offered.after, landed)
    altered = [_is_altered(spans, made) for spans in _spans(trail, offered)]
    if True not in altered:
        return None
    first = altered.index(True)
    standing = tuple(number for number, is_altered in enumerate(altered, 1) if number > first and not is_altered)
    on = tuple(number for number, is_altered in enumerate(altered, 1) if is_altered)
    return Dependents(offered.path, len(trail), standing, on) if standing else None


def fates(trail: Sequence[FileChange], offered: FileChange, landed: FileImage | None) -> list[OutcomeKind]:
    """Say of each edit of a file whether its own lines landed, by the same three; other than proposed is in part."""
    made, kept = _regions(offered.after, landed), _regions(offered.before, landed)
    return [_fate(spans, made, kept) for spans in _spans(trail, offered)]


def _fate(spans: Sequence[_Span], made: Sequence[Opcode], kept: Sequence[Opcode]) -> OutcomeKind:
    if not _is_altered(spans, made):
        return OutcomeKind.APPLIED
    now = [_moved(span, made) for span in spans]
    is_anything_left = any(_meets(span, (first, last)) for span in now for _, _, first, last in kept)
    return OutcomeKind.PARTLY_APPLIED if is_anything_left else OutcomeKind.REJECTED


def _spans(trail: Sequence[FileChange], offered: FileChange) -> list[list[_Span]]:
    """The lines of each edit in what was offered of them all."""
    steps = [_regions(edit.before, edit.after) for edit in trail]
    merged = _regions(trail[-1].after, offered.after)
    return [_carried(own, [*steps[number:], merged]) for number, own in enumerate(steps, 1)]


def _regions(before: FileImage | None, after: FileImage | None) -> list[Opcode]:
    old, new = (split_bytes(image.data if image else b"") for image in (before, after))
    return list(changed_regions(old, new))


def _carried(own: Sequence[Opcode], later: Iterable[Sequence[Opcode]]) -> list[_Span]:
    """Where the lines that an edit made are once others were made after it."""
    spans = [(first, last) for _, _, first, last in own]
    for regions in later:
        spans = [_moved(span, regions) for span in spans]
    return spans


def _moved(span: _Span, regions: Sequence[Opcode]) -> _Span:
    """Lines of an old file in the new one; what changed in the midst of them, or over their ends, is theirs too."""
    start, end = span
    new_start, new_end = start, end
    for old, old_end, new, last in regions:
        if old_end <= start:
            new_start = start + last - old_end
        elif old < start:
            new_start = new
        if old_end < end or (old_end == end and old < end):
            new_end = end + last - old_end
        elif old < end:
            new_end = last
    return new_start, max(new_start, new_end)


def _is_altered(spans: Sequence[_Span], made: Sequence[Opcode]) -> bool:
    """Whether what a person made of a file concerns these lines, or brings back some that were deleted between them."""
    return any(_meets(span, (start, end)) for span in spans for start, end, _, _ in made)


def _meets(span: _Span, change: _Span) -> bool:
    (first, last), (start, end) = span, change
    if first == last:
        return start <= first <= end
    return first < start < last if start == end else max(first, start) < min(last, end)


def _counted(edits: Sequence[int]) -> str:
    return f"edit {edits[0]}" if len(edits) == 1 else f"edits {', '.join(map(str, edits))}"
