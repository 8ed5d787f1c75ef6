"""Proves that text of bytes is these bytes again, and that both sides of a change are told by what they begin with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.forms import TextForm, decoded, encoded, form_of

LITTLE, BIG, MARK = b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp932", "big5hkscs", "euc_jis_2004", "johab", "cp1006"])
@given(st.lists(st.one_of(st.binary(max_size=8), st.just(b"\n"), st.just(b"\x87\x90\xe3\x81"))).map(b"".join))
def test_any_bytes_come_back_from_their_text_line_by_line(encoding: str, data: bytes) -> None:
    text = decoded(data, encoding)

    assert encoded(text, encoding) == data
    assert text.count("\n") == data.count(b"\n")


def test_a_line_that_would_be_written_otherwise_does_not_make_others_unreadable() -> None:
    assert decoded("\u65e5\n".encode("cp932") + b"\x87\x90a\n", "cp932") == "\u65e5\n\udc87\udc90a\n"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([(LITTLE, "utf-16-le"), (BIG, "utf-16-be")]))
def test_utf_16_is_recoded_and_comes_back(text: str, wide: tuple[bytes, str]) -> None:
    data = wide[0] + text.encode(wide[1])
    form = form_of([data, b""], "latin-1")

    assert form == TextForm(wide[1], wide[0])
    assert form.plain(data) == text.encode()
    assert form.data(form.plain(data)) == data


@pytest.mark.parametrize(
    ("sides", "form"),
    [
        ([b"a", b"b"], TextForm("latin-1")),
        ([MARK, MARK + b"a"], TextForm("utf-8", MARK)),
        ([MARK, b"a"], TextForm("latin-1")),
        ([b"", MARK], TextForm("utf-8", MARK)),
        ([LITTLE, b"a"], None),
        ([LITTLE, MARK], None),
        ([LITTLE, BIG], None),
        ([b"", b""], TextForm("latin-1")),
    ],
)
def test_the_form_is_that_of_both_sides(sides: list[bytes], form: TextForm | None) -> None:
    assert form_of(sides, "latin-1") == form
