"""Proves that hunks are what differs, and that taking them apart, choosing and rewriting lose nothing of them."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.hunks import (
    Hunk,
    LineKind,
    diff_bytes,
    diff_lines,
    only,
    split_at,
    split_everywhere,
    with_text,
)
from copydesk.domain.lines import split_lines
from tests.texts import applied, edited, texts


@given(texts(), texts(), st.integers(0, 4))
def test_apply_gives_the_new_lines_whatever_the_context(before: str, after: str, context: int) -> None:
    old, new = split_lines(before), split_lines(after)

    assert applied(old, diff_lines(old, new, context)) == new


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


def split_all(split: Callable[[Hunk], Sequence[Hunk]], hunks: Sequence[Hunk]) -> list[Hunk]:
    return [part for hunk in hunks for part in split(hunk)]


@given(edited(), st.integers(0, 4), st.integers(0, 200))
def test_parts_of_hunks_do_together_what_the_whole_does(sides: tuple[str, str], context: int, index: int) -> None:
    old, new = map(split_lines, sides)
    hunks = diff_lines(old, new, context)
    parts = split_all(lambda hunk: split_at(hunk, index % len(hunk.lines)), split_all(split_everywhere, hunks))

    assert applied(old, parts) == new
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
    assert bare(applied(old, [rewritten])) == bare([*around[0], *split_lines(text), *around[1]])


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
    assert applied(["a\n", "b\n"], [rewritten]) == ["a\n", "b\n"]


def test_text_typed_without_line_end_is_ended_unless_what_it_replaces_has_none() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])
    (last,) = diff_lines(["a\n", "b"], ["a\n", "B"])
    (closed,) = diff_lines(["a\r\n", "b"], ["a\r\n", "B\r\n"])

    assert with_text(hunk, "mine").new_texts == ["mine\n"]
    assert with_text(last, "a\nmine").new_texts == ["a\n", "mine"]
    assert with_text(last, "a\nB\n").new_texts == ["a\n", "B\n"]
    assert with_text(closed, "a\nmine").new_texts == ["a\r\n", "mine\r\n"]


def test_text_typed_in_place_of_nothing_has_the_line_ends_that_are_given() -> None:
    (hunk,) = diff_lines(["a\n"], [], 0)

    assert with_text(hunk, "x\ny", "\r\n").new_texts == ["x\r\n", "y\r\n"]


def test_only_what_is_typed_is_written_anew() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])

    assert with_text(hunk, "a\nmine\nB\n", write=str.upper).new_texts == ["a\n", "MINE\n", "B\n"]


def test_a_byte_order_mark_is_neither_typed_nor_taken_out() -> None:
    (hunk,) = diff_lines(["\ufeffa\n"], ["\ufeffb\n"])

    for text in ("mine\nb\n", "\ufeffmine\nb\n"):
        assert with_text(hunk, text).new_texts == ["\ufeffmine\n", "b\n"]
    assert with_text(hunk, "").new_texts == []


def test_text_typed_empty_takes_the_lines_out() -> None:
    (hunk,) = diff_lines(["a\n", "b\n"], ["a\n", "B\n"])
    rewritten = with_text(hunk, "")

    assert [line.kind for line in rewritten.lines] == [LineKind.REMOVED, LineKind.REMOVED]
    assert applied(["a\n", "b\n"], [rewritten]) == []


@given(edited(), st.sets(st.integers(0, 60)), st.integers(0, 50))
def test_changes_that_are_not_chosen_are_not_made(sides: tuple[str, str], chosen: set[int], number: int) -> None:
    old, new = map(split_lines, sides)
    for hunk in diff_lines(old, new)[number % 3 : number % 3 + 1]:
        part = only(hunk, chosen)
        assert part.old_texts == hunk.old_texts
        assert part.new_texts == [
            line.text
            for index, line in enumerate(hunk.lines)
            if line.kind is LineKind.CONTEXT or (line.kind is LineKind.ADDED) is (index in chosen)
        ]
        assert only(hunk, range(len(hunk.lines))) == hunk
        assert only(hunk, ()).is_void


def test_a_line_without_end_is_ended_as_others_are_where_another_comes_to_stand_after_it() -> None:
    (hunk,) = diff_lines(["a\r\n", "b"], ["a\r\n", "c\r\n", "d"])

    assert only(hunk, [3]).new_texts == ["a\r\n", "b\r\n", "d"]
    assert only(hunk, [1, 3]).new_texts == ["a\r\n", "d"]
