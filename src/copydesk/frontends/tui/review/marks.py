"""Owns the marks by which hunks are known again: digests of their lines. It holds nothing of what was read."""

import hashlib
from collections import Counter
from collections.abc import Iterable

from copydesk.domain.hunks import HunkLine
from copydesk.frontends.tui.review.offer import OfferedFile


def marks_of(file: OfferedFile) -> tuple[str, ...]:
    """The mark of each hunk: the lines that it adds and removes, and how many alike come before it in the file.

    Where it stands, and what is around it, may change. A file without hunks has one mark for its content.
    """
    return _marks(file, [[hunk.lines[index] for index in hunk.changes] for hunk in file.diff.hunks])


def exact_marks_of(file: OfferedFile) -> tuple[str, ...]:
    """The same of all lines of each hunk: what is said of some of its lines holds only where none is another."""
    return _marks(file, [hunk.lines for hunk in file.diff.hunks])


def _marks(file: OfferedFile, hunks: Iterable[Iterable[HunkLine]]) -> tuple[str, ...]:
    if not file.diff.hunks:
        return (_digest(f"{file.diff.status}\0{file.content}\0{file.diff.new_mode}\0{file.conflict}"),)
    alike: Counter[str] = Counter()
    marks = []
    for lines in hunks:
        digest = _digest("\0".join(f"{line.kind}{line.text}" for line in lines))
        alike[digest] += 1
        marks.append(f"{digest}-{alike[digest]}")
    return tuple(marks)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
