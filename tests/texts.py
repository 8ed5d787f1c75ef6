"""Owns the texts that laws of differences are tried on: repeated lines, odd line ends, lines like a patch's own."""

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from copydesk.domain.diffs import FileDiff, HunkPart
from copydesk.domain.hunks import Hunk
from copydesk.domain.lines import split_lines
from copydesk.domain.splicing import splice_hunks

PIECES = ["a\n", "b\n", "c\n", "\n", "x\r\n", "\x0c\n", "d\u2028e\n", "--- x\n", "+++ y\n", "@@ -1 +1 @@\n", "\\ No\n"]


def texts(last: tuple[str, ...] = ("", "end", "\t")) -> st.SearchStrategy[str]:
    """Texts of up to thirty lines; the last may have no line end."""
    lines = st.lists(st.sampled_from(PIECES), max_size=30)
    return st.builds(lambda lines, tail: "".join(lines) + tail, lines, st.sampled_from(last))


def edited() -> st.SearchStrategy[tuple[str, str]]:
    """A text and another one that is much like it, all lines ended."""
    lines = st.lists(st.sampled_from(PIECES), max_size=60)
    edits = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.lists(st.sampled_from(PIECES), max_size=3)))
    return st.builds(_edited, lines, edits)


def _edited(lines: list[str], edits: list[tuple[int, int, list[str]]]) -> tuple[str, str]:
    result = list(lines)
    for place, length, put in edits:
        result[place : place + length] = put
    return "".join(lines), "".join(result)


def parts_of(diff: FileDiff, chosen: list[tuple[int, int, int]]) -> list[HunkPart]:
    """Parts of the hunks that there are, made of any numbers: hunk, first line, how many."""
    parts = []
    for number, first, length in chosen if diff.hunks else []:
        hunk = number % len(diff.hunks)
        lines = len(diff.hunks[hunk].lines)
        parts.append(HunkPart(hunk + 1, first % lines, min(first % lines + length, lines)))
    return parts


def applied(old: Sequence[str], hunks: Iterable[Hunk]) -> list[str]:
    """The lines that hunks make of these."""
    return split_lines(splice_hunks("".join(old).encode(), hunks).decode())
