from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.edits import StrReplace
from copydesk.domain.text import FileText, with_newlines
from copydesk.editor.hints import explain_miss
from copydesk.editor.matching import MOST_OCCURRENCES, occurrences

PIECES = st.lists(st.sampled_from(["a", "b", "\n", "\r\n", "\r"]), max_size=14).map("".join)


def found(text: str, wanted: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in occurrences(FileText(text), wanted)]


def hint(text: str, old_str: str, new_str: str = "unlike anything else") -> str:
    return explain_miss(FileText(text), StrReplace("a", old_str, new_str))


def test_case_25_places_are_all_found_when_they_overlap() -> None:
    assert found("aXaXa", "aXa") == [(0, 3), (2, 5)]


def test_case_24_text_of_several_lines_is_found() -> None:
    assert found("a\nb\nc\n", "b\nc") == [(2, 5)]


def test_case_04_crlf_lines_are_found_when_lf_is_asked_for() -> None:
    assert found("a\r\nb\r\nc", "a\nb\nc") == [(0, 7)]
    assert found("x\r\na\r\nb\r\n", "\na\n") == [(1, 6)]


def test_lf_lines_are_found_when_crlf_is_asked_for() -> None:
    assert found("a\nb", "a\r\nb") == [(0, 3)]


def test_exact_place_wins_when_another_differs_in_its_line_end_only() -> None:
    assert found("a\r\nb\na\nb\n", "a\nb") == [(5, 8)]


def test_span_takes_the_whole_line_end_when_it_begins_with_one() -> None:
    assert found("a\r\nb", "\nb") == [(1, 4)]


def test_case_30_text_is_not_found_when_only_its_margins_fit() -> None:
    assert found("a\n", " a \n") == []


def test_places_are_counted_no_further_than_it_takes_to_refuse() -> None:
    assert len(found("a" * 100_000, "a")) == MOST_OCCURRENCES


@given(PIECES, PIECES.filter(bool))
def test_span_holds_what_was_asked_for_but_for_line_ends(text: str, wanted: str) -> None:
    for span in occurrences(FileText(text), wanted):
        held = text[span.start : span.end]
        plain, plain_wanted = with_newlines(held, "\n"), with_newlines(wanted, "\n")
        assert plain == plain_wanted or held == wanted
        assert not text.startswith("\r\n", span.start - 1) or span.start == 0


@given(PIECES.filter(lambda text: "\r\r\n" not in text), st.data())
def test_text_is_found_when_it_is_cut_from_what_a_view_shows(text: str, data: st.DataObject) -> None:
    shown = "\n".join(FileText(text).lines)
    start = data.draw(st.integers(0, len(shown)))
    wanted = shown[start : data.draw(st.integers(start, len(shown)))]
    assert not wanted or occurrences(FileText(text), wanted)
