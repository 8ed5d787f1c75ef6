"""Proves that hunks land where they were computed, and that taking them apart and rewriting them loses nothing."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.diffs import diff_images
from copydesk.domain.hunks import (
    Hunk,
    LineKind,
    apply_hunks,
    diff_bytes,
    diff_lines,
    splice_lines,
    split_at,
    split_everywhere,
    with_text,
)
from copydesk.domain.lines import split_lines
from tests.texts import edited, texts


@given(texts(), texts(), st.integers(0, 4))
def test_apply_gives_the_new_lines_whatever_the_context(before: str, after: str, context: int) -> None:
    old, new = split_lines(before), split_lines(after)

    assert apply_hunks(old, diff_lines(old, new, context)) == new


@given(texts())
def test_no_hunks_where_nothing_changed(text: str) -> None:
    assert diff_lines(split_lines(text), split_lines(text)) == ()


@given(st.integers(0, 3_000), texts(), texts(), st.integers(0, 3_000), st.integers(0, 4))
def test_texts_differ_as_their_lines_do_however_much_is_the_same(
    before: int, old: str, new: str, after: int, context: int
) -> None:
    head, tail = "same\n" * before, "a\nsame\n" * after
    before_text, after_text = head + old + tail, head + new + tail
    whole = diff_lines(split_lines(before_text), split_lines(after_text), context)
    assert diff_bytes(before_text.encode(), after_text.encode(), context=context) == whole


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "shift_jis", "utf-16"])
@given(texts(), texts())
def test_spliced_bytes_are_the_new_ones_in_every_encoding(encoding: str, before: str, after: str) -> None:
    special = "caf\u00e9\n" if encoding == "latin-1" else "\u65e5\u672c\n"
    lines = [(special + side.replace("\u2028", "")).encode(encoding) for side in (before, after)]
    hunks = diff_images("x", lines[0], lines[1], encoding).hunks

    assert splice_lines(lines[0], hunks, encoding) == lines[1]


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"\n")), st.binary(max_size=60))
def test_spliced_bytes_that_are_no_text_come_back(before: bytes, after: bytes) -> None:
    after = after.replace(b"\0", b"\n")
    if before[:2] not in (b"\xff\xfe", b"\xfe\xff") and after[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        assert splice_lines(before, diff_images("x", before, after).hunks) == after


@pytest.mark.parametrize("text", ["", "a\n", "a\nX\nc\n", "a\nb\nc", "0\na\nb\nc\n"])
def test_hunks_are_refused_by_any_other_text(text: str) -> None:
    hunks = diff_lines(["a\n", "b\n", "c\n"], ["a\n", "B\n", "c\n"])

    with pytest.raises(ValueError, match="hunk at line 1 does not fit"):
        apply_hunks(split_lines(text), hunks)
    with pytest.raises(ValueError, match="does not fit"):
        splice_lines(text.encode(), hunks)


def test_hunks_are_refused_where_their_lines_stand_elsewhere() -> None:
    hunks = diff_lines(["a\n", "b"], ["a\n", "B"], 0)
    put_in = diff_lines(["a\n"], ["a\n", "b\n"], 0)

    for text in ("b", "a\nc\nb", "a\nxb", "a\nbc", "a\nb\n"):
        with pytest.raises(ValueError, match="does not fit"):
            apply_hunks(split_lines(text), hunks)
    with pytest.raises(ValueError, match="does not fit"):
        apply_hunks(["a"], put_in)


@given(st.integers(0, 40), st.integers(0, 40), st.lists(st.integers(0, 40), max_size=5))
def test_hunks_land_on_the_right_one_of_lines_that_are_alike(length: int, put: int, places: list[int]) -> None:
    old = ["same\n"] * length
    new = list(old)
    for place in places:
        new[place % (length + 1) : place % (length + 1)] = [f"{put}\n"]
    for context in (0, 3):
        assert apply_hunks(old, diff_lines(old, new, context)) == new


def test_hunks_out_of_order_are_refused() -> None:
    for old in (["same\n"] * 60, [f"{number}\n" for number in range(60)]):
        hunks = diff_lines(old, ["x\n", *old[:30], "y\n", *old[30:]])
        with pytest.raises(ValueError, match="does not fit"):
            apply_hunks(old, hunks[::-1])


def split_all(split: Callable[[Hunk], Sequence[Hunk]], hunks: Sequence[Hunk]) -> list[Hunk]:
    return [part for hunk in hunks for part in split(hunk)]


@given(edited(), st.integers(0, 4), st.integers(0, 200))
def test_parts_of_hunks_do_together_what_the_whole_does(sides: tuple[str, str], context: int, index: int) -> None:
    old, new = map(split_lines, sides)
    hunks = diff_lines(old, new, context)
    parts = split_all(lambda hunk: split_at(hunk, index % len(hunk.lines)), split_all(split_everywhere, hunks))

    assert apply_hunks(old, parts) == new
    assert not any(part.is_void for part in parts)
    for part in parts:
        assert new[part.new_from : part.new_from + part.new_length] == part.new_texts


def test_split_everywhere_gives_a_hunk_for_each_change() -> None:
    old = ["a\n", "1\n", "2\n", "b\n", "3\n", "c\n"]
    (hunk,) = diff_lines(old, ["A\n", "1\n", "2\n", "B\n", "3\n", "C\n"])
    parts = split_everywhere(hunk)

    assert [part.header for part in parts] == ["@@ -1,2 +1,2 @@", "@@ -3,3 +3,3 @@", "@@ -6 +6 @@"]
    assert split_everywhere(parts[0]) == (parts[0],)


def test_split_at_a_chosen_line_parts_lines_that_stand_together() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["1\n", "2\n", "a\n", "b\n"])

    assert [part.header for part in split_at(hunk, 1)] == ["@@ -0,0 +1 @@", "@@ -1,2 +2,3 @@"]
    assert split_at(hunk, 0) == split_at(hunk, 2) == (hunk,)


@given(edited(), texts(("",)), st.integers(0, 50))
def test_text_of_a_person_stands_in_place_of_the_new_lines(sides: tuple[str, str], text: str, chosen: int) -> None:
    old, new = map(split_lines, sides)
    hunks = diff_lines(old, new)
    if not hunks:
        return
    hunk = hunks[chosen % len(hunks)]
    rewritten = with_text(hunk, text)
    around = old[: hunk.old_from], old[hunk.old_from + hunk.old_length :]

    assert rewritten.old_texts == hunk.old_texts
    assert bare(apply_hunks(old, [rewritten])) == bare([*around[0], *split_lines(text), *around[1]])


def bare(lines: Sequence[str]) -> list[str]:
    return [line.replace("\r\n", "\n") for line in lines]


@given(edited())
def test_text_that_is_left_alone_changes_nothing_of_a_hunk(sides: tuple[str, str]) -> None:
    for hunk in diff_lines(split_lines(sides[0]), split_lines(sides[1])):
        shown = "".join(hunk.new_texts).replace("\r\n", "\n")
        assert with_text(hunk, shown).new_texts == hunk.new_texts


def test_text_typed_takes_the_line_ends_of_the_file_and_leaves_others_alone() -> None:
    (mostly_lf,) = diff_lines(["a\r\n", "b\n", "c\r\n"], ["a\r\n", "b\n", "B\n", "c\r\n", "d\n"])
    (mostly_crlf,) = diff_lines(["a\n", "b\r\n"], ["a\n", "b\r\n", "B\r\n"])

    assert with_text(mostly_lf, "a\nb\nmine\nc\n").new_texts == ["a\r\n", "b\n", "mine\n", "c\r\n"]
    assert with_text(mostly_crlf, "a\nmine\nb\n").new_texts == ["a\n", "mine\r\n", "b\r\n"]


def test_text_typed_as_it_was_before_changes_nothing() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])
    rewritten = with_text(hunk, "a\nb\n")

    assert rewritten.is_void
    assert apply_hunks(["a\n", "b\n"], [rewritten]) == ["a\n", "b\n"]


def test_text_typed_without_line_end_is_ended_unless_it_ends_the_file() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])
    (last,) = diff_lines(["a\n", "b"], ["a\n", "B"])

    assert with_text(hunk, "mine").new_texts == ["mine\n"]
    assert with_text(hunk, "mine", ends_file=True).new_texts == ["mine"]
    assert with_text(last, "a\nmine").new_texts == ["a\n", "mine"]


def test_text_typed_empty_takes_the_lines_out() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])
    rewritten = with_text(hunk, "")

    assert [line.kind for line in rewritten.lines] == [LineKind.REMOVED, LineKind.REMOVED]
    assert apply_hunks(["a\n", "b\n"], [rewritten]) == []
