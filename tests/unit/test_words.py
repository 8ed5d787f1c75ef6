"""Proves what differs inside of lines: spans that leave the rest the same, pairs in order, flipped line ends."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.diffs import diff_images
from copydesk.domain.hunks import LineKind
from copydesk.domain.words import LONGEST_LINE, NewlineFlip, Spans, newline_flip, pair_lines, word_changes
from tests.texts import edited, texts

LINES = st.lists(st.sampled_from(["name", "value", " ", "  ", "(", ")", ",", "=", "\u00e9t\u00e9", "\t"]), max_size=20)


def without(line: str, spans: Spans) -> str:
    for start, end in reversed(spans):
        line = line[:start] + line[end:]
    return line


@given(LINES.map("".join), LINES.map("".join), st.sampled_from(["", "\n", "\r\n"]), st.integers(0, LONGEST_LINE))
def test_what_lies_outside_of_the_spans_is_the_same(old: str, new: str, end: str, length: int) -> None:
    old, new = f"{old}{'x' * length}{new}\n", f"{new}{'x' * length}{old}{end}"
    spans = word_changes(old, new)

    assert without(old, spans[0]) == without(new, spans[1])
    assert (spans == ((), ())) is (old == new)
    for side, line in zip(spans, (old, new), strict=True):
        assert all(start < end <= len(line) for start, end in side)
        assert all(left[1] < right[0] for left, right in pairwise(side))


def differing(old: str, new: str) -> tuple[list[str], list[str]]:
    spans = word_changes(old, new)
    return [old[start:end] for start, end in spans[0]], [new[start:end] for start, end in spans[1]]


def test_words_and_punctuation_are_told_apart() -> None:
    assert differing("read(path, mode)\n", "read(name, mode='r')\n") == (["path"], ["name", "='r'"])
    assert differing("foobar\n", "foobaz\n") == (["foobar"], ["foobaz"])
    assert differing("a.b\n", "a,b\n") == (["."], [","])
    assert differing("one two\n", "three four\n") == (["one two"], ["three four"])
    assert differing("same\r\n", "same\n") == (["\r\n"], ["\n"])


@pytest.mark.parametrize("letter", ["x", "{ ", "\u00e9"])
def test_a_line_of_a_megabyte_is_told_apart_at_once(letter: str) -> None:
    half = letter * 500_000
    started = time.process_time()
    spans = word_changes(f"{half}old{half}\n", f"{half}newer{half}\n")

    assert time.process_time() - started < 0.1
    assert spans == (((len(half), len(half) + 3),), ((len(half), len(half) + 5),))


@given(st.tuples(texts(), texts()) | edited())
def test_pairs_are_in_order_and_join_removed_lines_to_added_ones(sides: tuple[str, str]) -> None:
    for hunk in diff_images("x", sides[0].encode(), sides[1].encode()).hunks:
        pairs = pair_lines(hunk)

        assert all(left[0] < right[0] and left[1] < right[1] for left, right in pairwise(pairs))
        for pair in pairs:
            assert hunk.lines[pair.removed].kind is LineKind.REMOVED
            assert hunk.lines[pair.added].kind is LineKind.ADDED
            assert all(line.kind is not LineKind.CONTEXT for line in hunk.lines[pair.removed : pair.added])


def paired(old: str, new: str) -> list[tuple[str, str]]:
    (hunk,) = diff_images("x", old.encode(), new.encode()).hunks
    return [(hunk.lines[removed].text, hunk.lines[added].text) for removed, added in pair_lines(hunk)]


def test_pairs_are_the_lines_that_are_most_alike() -> None:
    old, new = "def f(x):\n    return x\n", 'import os\ndef f(x, y):\n    """Add."""\n    return x + y\n'

    assert paired(old, new) == [("def f(x):\n", "def f(x, y):\n"), ("    return x\n", "    return x + y\n")]
    assert paired("nothing\n", "everything else\n") == []


@pytest.mark.timeout(10)
def test_pairs_of_many_lines_are_made_as_they_come() -> None:
    old, new = ("".join(f"value_{number} = {text}\n" for number in range(5_000)) for text in ("old", "new"))

    assert paired(old, new) == list(zip(old.splitlines(True), new.splitlines(True), strict=True))


def test_newline_flip_of_a_whole_file_is_told() -> None:
    text = "".join(f"{number}\n" for number in range(3_000))

    assert newline_flip(diff_images("x", text.encode(), text.replace("\n", "\r\n").encode())) == NewlineFlip(
        to_crlf=3_000, to_lf=0, is_whole=True
    )


def test_newline_flip_of_some_lines_is_told_beside_other_changes() -> None:
    diff = diff_images("x", b"a\r\nb\r\nc\r\nd\n", b"a\nput in\nb\nC\nd\n")

    assert newline_flip(diff) == NewlineFlip(to_crlf=0, to_lf=2, is_whole=False)


@pytest.mark.parametrize(("old", "new"), [("a\n", "b\r\n"), ("a", "a\n"), ("a\r\n", "a\r\n"), ("", "a\r\n")])
def test_no_newline_flip_where_lines_change_or_get_their_end(old: str, new: str) -> None:
    assert newline_flip(diff_images("x", old.encode(), new.encode())) is None
