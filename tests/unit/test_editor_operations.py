from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from copydesk.domain.edits import Create, Insert, StrReplace
from copydesk.domain.encodings import Encoding
from copydesk.domain.errors import EditError
from copydesk.domain.text import FileText
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.matching import occurrences
from copydesk.editor.operations import Listing, create, insert, str_replace, view_directory, view_file
from copydesk.editor.snippets import SNIPPET_LIMIT, VIEW_LIMIT

ROW = re.compile(r" *(\d+)\t(.*)")
PIECES = st.lists(
    st.sampled_from(["a", "b", "\t", "é", "\n", "\r\n", "\r", "\f", "\u2028", "\ufeff", "\udcff"]), max_size=20
).map("".join)
NEW_TEXTS = st.lists(st.sampled_from(["x", "y", "\t", "$&", "\\1", "\n", "\r\n"]), max_size=6).map("".join)


def streamed(data: bytes, size: int = 1_000) -> tuple[list[bytes], int]:
    return [data[at : at + size] for at in range(0, len(data), size)], len(data)


def viewed(text: str, view_range: tuple[int, int] | None = None, limit: int = VIEW_LIMIT) -> str:
    return view_file("a.txt", *streamed(text.encode("utf-8", "surrogateescape")), view_range, limit)


def replaced(text: str, old_str: str, new_str: str) -> str:
    return str_replace(FileText(text), StrReplace("a.txt", old_str, new_str)).text.text


def inserted(text: str, line: int, new: str) -> str:
    return insert(FileText(text), Insert("a.txt", line, new)).text.text


def rows(shown: str) -> list[tuple[int, str]]:
    return [(int(match[1]), match[2]) for line in shown.split("\n") if (match := ROW.fullmatch(line))]


def numbered_lines(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(1, count + 1))


def test_view_shows_numbered_lines_under_their_range() -> None:
    assert viewed("one\ntwo\n") == "a.txt, lines 1-2 of 2:\n     1\tone\n     2\ttwo"


def test_view_numbers_the_lines_of_a_range_as_they_are_in_the_file() -> None:
    assert viewed(numbered_lines(9), (3, 4)) == "a.txt, lines 3-4 of 9:\n     3\tline 3\n     4\tline 4"
    assert viewed(numbered_lines(9), (9, -1)) == "a.txt, lines 9-9 of 9:\n     9\tline 9"


def test_case_02_tabs_are_shown_as_they_are() -> None:
    assert "     1\t\tx\ty" in viewed("\tx\ty\n")


def test_case_20_view_goes_to_the_end_when_the_range_ends_past_it() -> None:
    shown = viewed(numbered_lines(3), (2, 50))
    assert rows(shown) == [(2, "line 2"), (3, "line 3")]
    assert shown.endswith("NOTE: line 50 was asked for; the file ends at line 3.")


@pytest.mark.parametrize("view_range", [(0, 2), (-1, 2), (4, 9), (4, -1)])
def test_view_says_which_numbers_there_are_when_the_range_begins_outside(view_range: tuple[int, int]) -> None:
    with pytest.raises(EditError, match=r"a\.txt, which has 3 lines: the first number is from 1 to 3"):
        viewed(numbered_lines(3), view_range)


@pytest.mark.parametrize("view_range", [(2, 1), (2, 0), (2, -2)])
def test_view_is_refused_when_the_range_ends_before_it_begins(view_range: tuple[int, int]) -> None:
    with pytest.raises(EditError, match="second number is 2 or more, or -1"):
        viewed(numbered_lines(3), view_range)


@pytest.mark.parametrize("view_range", [None, (1, -1), (1, 10)])
def test_case_57_view_of_an_empty_file_says_so(view_range: tuple[int, int] | None) -> None:
    assert viewed("", view_range) == "a.txt is empty (0 lines)."


def test_case_56_view_is_cut_at_a_line_end_when_it_is_too_long() -> None:
    shown = viewed(numbered_lines(100), limit=60)
    assert rows(shown) == [(number, f"line {number}") for number in range(1, 5)]
    assert "lines 1-4 of 100" in shown
    assert "<response clipped>\nNOTE: a view shows at most 60 characters; go on with view_range [5, 100]." in shown


def test_case_55_view_is_bounded_when_one_line_is_huge() -> None:
    shown = viewed("x" * 3_000_000 + "\nnext\n")
    assert len(shown) < VIEW_LIMIT + 300
    assert "line 1 has 3,000,000 bytes and is cut; go on with view_range [2, 2]" in shown
    assert "there are no lines after it" in viewed("x" * 3_000_000, (1, 50))


@given(PIECES, st.integers(1, 300))
def test_view_of_the_parts_is_the_view_of_the_whole_when_it_is_clipped(text: str, limit: int) -> None:
    data = text.encode("utf-8", "surrogateescape")
    file = FileText.decode(data, guess_encoding)
    assume(all(len(line) + 7 <= limit and "\n" not in line for line in file.lines))
    seen: list[str] = []
    while len(seen) < file.line_count:
        shown = view_file("a", *streamed(data), (len(seen) + 1, -1), limit)
        body = re.split("\n<response clipped>|\nNOTE:", shown.split(":\n", 1)[1])[0].split("\n")
        assert [int(line.split("\t")[0]) for line in body] == list(range(len(seen) + 1, len(seen) + len(body) + 1))
        seen += [line.split("\t", 1)[1] for line in body]
    assert seen == file.lines


@given(PIECES, PIECES.filter(bool), NEW_TEXTS)
def test_case_01_bytes_outside_the_match_are_untouched(text: str, old_str: str, new_str: str) -> None:
    file = FileText(text)
    spans = occurrences(file, old_str)
    try:
        result = replaced(text, old_str, new_str)
    except EditError:
        return
    assert len(spans) == 1
    before, after = text[: spans[0].start], text[spans[0].end :]
    assert result.startswith(before)
    assert result[len(before) :].endswith(after)
    middle = result[len(before) : len(result) - len(after)]
    assert middle.replace("\r\n", "\n") == new_str.replace("\r\n", "\n")


def test_case_03_crlf_file_stays_crlf() -> None:
    assert replaced("a\r\nb\r\nc\r\n", "b", "x\ny") == "a\r\nx\r\ny\r\nc\r\n"
    assert inserted("a\r\nb\r\n", 1, "x\ny") == "a\r\nx\r\ny\r\nb\r\n"


def test_case_04_crlf_file_is_edited_when_lf_is_sent() -> None:
    assert replaced("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\n") == "x\r\ny\r\nc\r\n"
    assert replaced("a\r\nb\r\n", "\nb", "") == "a\r\n"


def test_case_05_mixed_line_ends_stay_when_another_line_is_edited() -> None:
    assert replaced("a\r\nb\nc\r\n", "c", "x") == "a\r\nb\nx\r\n"


def test_new_lines_end_as_those_that_they_replace_when_the_file_is_mixed() -> None:
    crlf = "a\r\n" * 9
    assert replaced(f"{crlf}c\nd\n", "c\nd", "x\ny\nz") == f"{crlf}x\ny\nz\n"
    assert replaced(f"{crlf}c\nd\n", "c", "x\ny") == f"{crlf}x\r\ny\nd\n"


def test_case_06_lone_carriage_returns_stay() -> None:
    assert replaced("10%\r20%\r100%\nend\n", "end", "done") == "10%\r20%\r100%\ndone\n"


def test_case_11_character_is_refused_when_the_encoding_is_unknown() -> None:
    file = FileText.decode(b"caf\xe9\nx\n")
    with pytest.raises(EditError, match=r"U\+20AC cannot be written into a\.txt, which is neither UTF-8 nor UTF-16"):
        str_replace(file, StrReplace("a.txt", "x", "5 €"))
    assert str_replace(file, StrReplace("a.txt", "x", "5 EUR")).text.encode() == b"caf\xe9\n5 EUR\n"


def test_case_23_every_line_is_named_when_old_str_is_ambiguous() -> None:
    with pytest.raises(EditError, match=r"a\.txt 2 times, at lines 1, 4;"):
        replaced("a\nb\nx\na\nb\n", "a\nb\n", "c")


def test_case_25_overlapping_matches_are_ambiguous() -> None:
    with pytest.raises(EditError, match="2 times, at lines 1, 1"):
        replaced("aXaXa", "aXa", "b")


def test_case_27_nothing_is_replaced_when_there_are_many_matches() -> None:
    with pytest.raises(EditError, match="at least 100 times, at lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and further"):
        replaced("a\n" * 500, "a", "b")


@pytest.mark.parametrize("new_str", ["$&", "$$", "$`", r"\1", r"\g<0>", "{old_str}", "%s"])
def test_case_28_new_str_is_literal(new_str: str) -> None:
    assert replaced("a b c", "b", new_str) == f"a {new_str} c"


def test_case_60_miss_names_the_path_and_does_not_echo_old_str() -> None:
    with pytest.raises(EditError) as caught:
        replaced("alpha\nbeta\n", "gamma " * 1_000, "x")
    assert str(caught.value).startswith("old_str is not in a.txt; nothing was changed.")
    assert len(str(caught.value)) < 300


def test_replacing_is_refused_when_only_line_ends_would_change() -> None:
    with pytest.raises(EditError, match="differ only in line ends"):
        replaced("a\nb\n", "a\nb", "a\r\nb")


def test_summary_shows_the_edit_with_context_and_what_moved() -> None:
    summary = str_replace(FileText(numbered_lines(20)), StrReplace("a.txt", "line 10\n", "x\ny\n")).summary
    assert summary.startswith("Edited a.txt. Lines after it moved by +1. Lines 6-15 of 21 now:\n")
    assert [number for number, _ in rows(summary)] == list(range(6, 16))


def test_case_58_summary_shows_the_place_when_a_large_block_shrank() -> None:
    text = numbered_lines(300)
    old_str = "".join(f"line {number}\n" for number in range(50, 250))
    summary = str_replace(FileText(text), StrReplace("a.txt", old_str, "short\n")).summary
    assert (50, "short") in rows(summary)


def test_summary_says_so_when_everything_was_deleted() -> None:
    assert "It is empty now." in str_replace(FileText("a\n"), StrReplace("a.txt", "a\n", "")).summary


def test_case_55_summary_is_bounded_when_the_new_text_is_huge() -> None:
    summary = str_replace(FileText("a\n"), StrReplace("a.txt", "a", numbered_lines(50_000))).summary
    assert len(summary) < SNIPPET_LIMIT + 300
    assert summary.endswith("<response clipped>")


@given(PIECES, NEW_TEXTS, st.data())
def test_insert_puts_whole_lines_between_untouched_ones(text: str, new: str, data: st.DataObject) -> None:
    file = FileText(text)
    line = data.draw(st.integers(0, file.line_count))
    result, offset = FileText(inserted(text, line, new)), file.offset_after(line)
    assert result.text.startswith(text[:offset])
    assert result.text.endswith(text[offset:])
    assume(not text.endswith("\r"))
    count = result.line_count - file.line_count
    assert result.lines[:line] + result.lines[line + count :] == file.lines
    if text.endswith("\n") or line < file.line_count:
        assert result.lines[line : line + count] == new.replace("\r\n", "\n").removesuffix("\n").split("\n")


@pytest.mark.parametrize("new", ["x", "x\n"])
def test_case_15_final_newline_of_an_insertion_adds_no_empty_line(new: str) -> None:
    assert inserted("a\nb\n", 1, new) == "a\nx\nb\n"


def test_insert_adds_one_empty_line_when_the_text_is_one_newline() -> None:
    assert inserted("a\nb\n", 1, "\n") == "a\n\nb\n"
    assert inserted("a\nb\n", 1, "") == "a\n\nb\n"


@pytest.mark.parametrize(("new", "after"), [("x", "a\nx"), ("x\n", "a\nx\n"), ("x\ny", "a\nx\ny")])
def test_case_14_insertion_is_not_glued_when_the_last_line_is_not_ended(new: str, after: str) -> None:
    assert inserted("a", 1, new) == after


def test_case_14_insertion_begins_with_the_line_end_of_the_file() -> None:
    assert inserted("a\r\nb", 2, "x") == "a\r\nb\r\nx"


@pytest.mark.parametrize("line", [1, 2])
def test_case_17_insertion_leaves_no_hole_when_it_goes_to_the_end(line: int) -> None:
    assert inserted("one\n", line, "two\n") == "one\ntwo\n"


@pytest.mark.parametrize("line", [0, 1])
def test_insertion_is_the_text_when_the_file_is_empty(line: int) -> None:
    assert inserted("", line, "x") == "x"
    assert inserted("", line, "x\n") == "x\n"


@pytest.mark.parametrize("line", [-1, 5, 10**17])
def test_case_63_error_says_what_the_numbers_mean_when_insert_line_is_outside(line: int) -> None:
    with pytest.raises(EditError, match=r"a\.txt, which has 3 lines: 0 is before line 1, 3 is after the last"):
        inserted(numbered_lines(3), line, "x")


def test_case_52_insertion_says_that_numbers_moved() -> None:
    said = insert(FileText(numbered_lines(5)), Insert("a.txt", 2, "x\ny\n")).summary
    assert said.startswith("Inserted 2 lines after line 2 of a.txt. Lines after it moved by +2. Lines 1-7 of 7 now:\n")
    assert "moved" not in insert(FileText(numbered_lines(5)), Insert("a.txt", 5, "x")).summary


def test_create_fills_a_file_when_it_is_empty_and_keeps_its_mark() -> None:
    edited = create(FileText("", Encoding(mark=b"\xef\xbb\xbf")), Create("a.txt", "x\n"))
    assert edited.text.encode() == b"\xef\xbb\xbfx\n"
    assert edited.summary == "Created a.txt (1 line)."


def test_create_is_refused_when_there_is_content() -> None:
    with pytest.raises(EditError, match=r"a\.txt already exists \(3 lines\).*str_replace or insert"):
        create(FileText(numbered_lines(3)), Create("a.txt", "x"))


def test_create_writes_what_was_sent_whatever_its_line_ends() -> None:
    assert create(FileText(""), Create("a.txt", "a\r\nb\n\tc")).text.encode() == b"a\r\nb\n\tc"


def test_directory_view_lists_paths_and_what_was_left_out() -> None:
    shown = view_directory("src", Listing(("src/app/", "src/app/main.py"), 3), VIEW_LIMIT)
    assert shown == "src, 2 levels deep (2 paths; 3 hidden or generated left out):\nsrc/app/\nsrc/app/main.py"


def test_case_56_directory_view_is_cut_at_a_line_end() -> None:
    entries = tuple(f"file{number:04}.txt" for number in range(1_000))
    shown = view_directory(".", Listing(entries, 0), 500).split("\n")
    assert shown[1:-2] == list(entries[:38])
    assert shown[-2:] == ["<response clipped>", "NOTE: 962 more; view a directory of these to see what is in it."]


def test_directory_view_quotes_a_name_when_it_would_break_the_line() -> None:
    assert view_directory(".", Listing(("a\nb", "c"), 0), VIEW_LIMIT).endswith(':\n"a\\nb"\nc')
