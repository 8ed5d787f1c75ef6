"""Owns on which lines a comment is, and how comments are shown under them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from copydesk.domain.decisions import Choice, Remark
from copydesk.domain.diffs import Hunk, LineKind
from copydesk.frontends.tui.diff.shown_files import Comment, Spot
from copydesk.frontends.tui.review.state import Part, ReviewState
from copydesk.frontends.tui.review.words import line_words

Rows = tuple[int, int]
"""Lines of a hunk by index: the first, and the one after the last."""


def remark_at(state: ReviewState, part: Part, spot: Spot, selected: Rows | None) -> Remark | None:
    """What was said on the selected lines, on the cursor's line or on the first that changes; empty where nothing was.

    None where there is no line as it was proposed: in a file without lines, and in what the person wrote.
    """
    answer = state.answers.get(part)
    if not part.hunk or (answer and answer.choice is Choice.EDIT):
        return None
    hunk = state.hunk(part)
    if selected is None and spot.line is not None:
        about = Remark(state.offer.files[spot.file].path, spot.line, "", is_old=spot.is_old)
    else:
        about = _on_rows(part.path, hunk, selected or _first_change(hunk))
    said = (one for one in state.remarks if replace(one, text="", weight=about.weight) == about)
    return next(said, about)


def comments_of(state: ReviewState) -> list[Comment]:
    """All that was said on lines, as it is shown."""
    files = {file.path: number for number, file in enumerate(state.offer.files)}
    return [
        Comment(
            files[remark.path],
            remark.line,
            remark.is_old,
            remark.last,
            remark.text,
            f"you, {line_words(remark)} · {remark.weight}",
        )
        for remark in state.remarks
    ]


def _first_change(hunk: Hunk) -> Rows:
    """The first line that is added; where none is, the first that is removed."""
    added = [index for index in hunk.changes if hunk.lines[index].kind is LineKind.ADDED]
    index = (added or hunk.changes)[0]
    return index, index + 1


def _on_rows(path: str, hunk: Hunk, rows: Rows) -> Remark:
    """An empty remark on some lines: by their new numbers, or by the old ones where all of them go."""
    numbers = list(line_numbers(hunk))[slice(*rows)]
    new = [number for _, number in numbers if number is not None]
    found: Sequence[int] = new or [number for number, _ in numbers if number is not None]
    last = found[-1] if found[-1] != found[0] else None
    return Remark(path, found[0], "", is_old=not new, last=last)


def line_numbers(hunk: Hunk) -> Iterator[tuple[int | None, int | None]]:
    """The old and the new number of each line of a hunk."""
    old, new = hunk.old_from, hunk.new_from
    for line in hunk.lines:
        is_old, is_new = line.kind is not LineKind.ADDED, line.kind is not LineKind.REMOVED
        old, new = old + is_old, new + is_new
        yield old if is_old else None, new if is_new else None
