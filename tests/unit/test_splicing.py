"""Proves that hunks land where they were computed, in every encoding to the byte, and are refused by anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.diffs import diff_images
from copydesk.domain.forms import TextForm, form_of
from copydesk.domain.hunks import diff_lines
from copydesk.domain.splicing import splice_hunks
from tests.texts import applied, texts


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "shift_jis"])
@given(texts(), texts())
def test_spliced_bytes_are_the_new_ones_in_every_encoding(encoding: str, before: str, after: str) -> None:
    special = "caf\u00e9\n" if encoding == "latin-1" else "\u65e5\u672c\n"
    sides = [(special + side.replace("\u2028", "")).encode(encoding) for side in (before, after)]
    hunks = diff_images("x", sides[0], sides[1], encoding).hunks

    assert splice_hunks(sides[0], hunks, TextForm(encoding)) == sides[1]


@given(texts(), texts())
def test_spliced_utf_16_is_the_new_one_however_empty_one_side_is(before: str, after: str) -> None:
    old, new = (side.encode("utf-16") for side in (before, after))
    form = form_of([old, new], "utf-8")

    assert form
    assert splice_hunks(old, diff_images("x", old, new).hunks, form) == new
    assert splice_hunks(b"", diff_images("x", None, new).hunks, form) == new


ODD = st.one_of(st.binary(max_size=12), st.sampled_from([b"\n", b"\x87\x90", b"\x81\x5c", b"\xff", b"\xc3\xa9"]))
BYTES = st.lists(ODD, max_size=12).map(lambda pieces: b"".join(pieces).replace(b"\0", b"\n"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "big5hkscs", "johab", "cp1006", "gb18030", "koi8-r"])
@given(BYTES, BYTES)
def test_spliced_bytes_that_are_no_text_come_back_in_every_encoding(encoding: str, before: bytes, after: bytes) -> None:
    if not any(side[:2] in (b"\xff\xfe", b"\xfe\xff") or side[:3] == b"\xef\xbb\xbf" for side in (before, after)):
        hunks = diff_images("x", before, after, encoding).hunks
        assert splice_hunks(before, hunks, TextForm(encoding)) == after


@pytest.mark.parametrize("text", ["", "a\n", "a\nX\nc\n", "a\nb\nc", "0\na\nb\nc\n"])
def test_hunks_are_refused_by_any_other_text(text: str) -> None:
    hunks = diff_lines(["a\n", "b\n", "c\n"], ["a\n", "B\n", "c\n"])

    with pytest.raises(ValueError, match="hunk at line 1 does not fit"):
        splice_hunks(text.encode(), hunks)


def test_hunks_are_refused_where_their_lines_stand_elsewhere() -> None:
    hunks = diff_lines(["a\n", "b"], ["a\n", "B"], 0)
    put_in = diff_lines(["a\n"], ["a\n", "b\n"], 0)

    for text in ("b", "a\nc\nb", "a\nxb", "a\nbc", "a\nb\n"):
        with pytest.raises(ValueError, match="does not fit"):
            applied([text], hunks)
    with pytest.raises(ValueError, match="does not fit"):
        applied(["a"], put_in)


@given(st.integers(0, 40), st.integers(0, 40), st.lists(st.integers(0, 40), max_size=5))
def test_hunks_land_on_the_right_one_of_lines_that_are_alike(length: int, put: int, places: list[int]) -> None:
    old = ["same\n"] * length
    new = list(old)
    for place in places:
        new[place % (length + 1) : place % (length + 1)] = [f"{put}\n"]
    for context in (0, 3):
        assert applied(old, diff_lines(old, new, context)) == new


def test_hunks_out_of_order_are_refused() -> None:
    for old in (["same\n"] * 60, [f"{number}\n" for number in range(60)]):
        hunks = diff_lines(old, ["x\n", *old[:30], "y\n", *old[30:]])
        with pytest.raises(ValueError, match="does not fit"):
            applied(old, hunks[::-1])
