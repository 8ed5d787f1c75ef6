"""Owns what holds of lines beside each other: each is shown once and in order, however many there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.hunks import Hunk, diff_lines
from copydesk.frontends.tui.diff.cells import Column, Drawn, ShownText, found_spans, shown_spans, shown_text
from copydesk.frontends.tui.diff.pairs import HunkPairs, blank_note
from copydesk.frontends.tui.diff.rows import SideLines, UnifiedLines
from copydesk.frontends.tui.lines.highlight import lexer_for_path
from copydesk.frontends.tui.theme import palette

LINES = st.lists(st.sampled_from(["a b c\n", "a b d\n", "x y z\n", "\n", "q\n", "a b c\r\n"]), max_size=30)
TEXT = st.text(st.sampled_from("ab \t\x1b\u202e漢e\u0301\x7f\r"), max_size=30)


def hunks(old: list[str], new: list[str]) -> tuple[Hunk, ...]:
    return diff_lines(old, new)


@given(LINES, LINES)
def test_each_line_is_shown_once_and_in_order_when_old_is_beside_new(old: list[str], new: list[str]) -> None:
    for hunk in hunks(old, new):
        rows = list(HunkPairs(hunk).rows())
        assert len(rows) == HunkPairs(hunk).row_count()
        sides = [[index for index in side if index >= 0] for side in zip(*rows, strict=True)]
        assert [hunk.lines[index].text for index in sides[0]] == hunk.old_texts
        assert [hunk.lines[index].text for index in sides[1]] == hunk.new_texts


@given(LINES, LINES)
def test_line_is_found_by_its_number_when_it_is_shown(old: list[str], new: list[str]) -> None:
    for hunk in hunks(old, new):
        unified = UnifiedLines(0, 1, hunk)
        for section in (unified, SideLines(unified, HunkPairs(hunk))):
            for offset in range(len(section)):
                row = section.row(offset)
                for line, is_old in ((row.old, True), (row.new, False)):
                    assert line is None or section.offset_of(line.number, is_old) == offset
                    assert line is None or (old if is_old else new)[line.number - 1] == line.text


@given(LINES, LINES)
def test_partners_know_each_other_when_a_line_became_another(old: list[str], new: list[str]) -> None:
    for hunk in hunks(old, new):
        pairs = HunkPairs(hunk)
        beside = {index: other for row in pairs.rows() for index, other in (row, row[::-1])}
        for index in hunk.changes:
            if pairs.change(index) is not None:
                assert pairs.change(beside[index]) is not None


@given(TEXT, TEXT)
def test_marked_stretch_is_what_was_meant_when_a_line_is_shown(before: str, meant: str) -> None:
    line = f"{before}{meant}z\n"
    text = shown_text(line, True)
    spans = list(shown_spans(line, [(len(before), len(before) + len(meant))], len(text)))
    assert (
        "".join(text[start:end] for start, end in spans)
        == shown_text(before + meant, True)[len(shown_text(before, True)) :]
    )


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("a\n", "a\r\n", "line end LF → CRLF"),
        ("a", "a\n", ""),
        ("\ta\n", "    a\n", "only the indentation: 1 tab → 4 spaces"),
        ("a\n", "a \t\n", "only blanks at the end: none → 1 tab and 1 space"),
        ("a b\n", "a  b\n", "only blanks differ"),
        ("ab\n", "a b\n", "only blanks differ"),
        ("a\n", "a\u00a0\n", "only blanks at the end: none → 1 other blank"),
        ("a\n", "b\n", ""),
    ],
)
def test_blanks_are_said_in_words_when_nothing_else_differs(old: str, new: str, note: str) -> None:
    assert blank_note(old, new) == note


@pytest.mark.parametrize(("needle", "found"), [("ab", [(0, 2), (3, 5)]), ("Ab", [(3, 5)]), ("", []), ("z", [])])
def test_capital_letters_count_when_the_needle_has_some(needle: str, found: list[tuple[int, int]]) -> None:
    assert list(found_spans("ab Ab", needle)) == found


@pytest.mark.parametrize("letter", ["y", "漢"])
def test_rows_of_a_very_long_line_are_drawn_one_by_one_when_it_wraps(letter: str) -> None:
    colours = palette(True)
    text = ShownText(letter * 20_001, ((20_000, 20_001, colours.found),), lexer_for_path("a.txt"))
    rows = text.rows(Column(71, True, 0), colours)
    assert isinstance(rows, Drawn)
    assert max(row.cell_length for row in rows) <= 71
    assert "".join(row.text for row in rows) == text.text
    assert [segment.text for segment in rows[-1] if segment.style and segment.style.reverse] == [letter]
