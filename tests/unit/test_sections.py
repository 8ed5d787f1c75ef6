from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.text import BinaryFile, FileText
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.sections import Section, read_section

WORDS = st.lists(
    st.sampled_from([b"a", b"word ", b"\n", b"\r\n", b"\r", b"\f", "é".encode(), "漢".encode(), b"\xe9", b"\xff"])
).map(b"".join)
MARKS = st.sampled_from([b"", codecs.BOM_UTF8, b"# coding: latin-1\n", b'<?xml version="1.0" encoding="cp1251"?>\n'])


def section_of(data: bytes, size: int, first: int = 1, last: int = -1, budget: int = 10_000) -> Section:
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    return read_section(chunks, len(data), first, last, budget)


@settings(max_examples=200, deadline=None)
@given(MARKS, WORDS, st.integers(1, 50), st.integers(1, 12), st.integers(0, 12))
def test_section_is_that_of_the_whole_text_however_it_is_cut(
    mark: bytes, words: bytes, size: int, first: int, count: int
) -> None:
    whole = FileText.decode(mark + words, guess_encoding)
    section = section_of(mark + words, size, first, first + count - 1)
    assert section.total == whole.line_count
    assert section.encoding == whole.encoding
    assert section.lines == whole.lines[first - 1 : first + count - 1]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
def test_section_of_utf_16_is_found_however_it_is_cut(codec: str, size: int) -> None:
    mark = codecs.BOM_UTF16_LE if codec.endswith("le") else codecs.BOM_UTF16_BE
    section = section_of(mark + "eins\nzwei ✓\r\ndrei 🐍\n".encode(codec), size, 2, 3)
    assert (section.lines, section.total) == (["zwei ✓", "drei 🐍"], 3)


def test_encoding_is_told_by_what_comes_after_many_chunks_of_ascii() -> None:
    data = b"plain\n" * 100_000 + "# -- Größe der Tür in Fuß\n".encode("latin-1") * 3_000
    section = section_of(data, 4_096, 100_001, 100_001)
    assert section.lines == ["# -- Größe der Tür in Fuß"]
    assert section.encoding == FileText.decode(data, guess_encoding).encoding


def test_little_is_kept_when_the_budget_is_small() -> None:
    section = section_of(b"x" * 5_000_000 + b"\nnext", 65_536, budget=100)
    assert section.first_length == 5_000_000
    assert sum(map(len, section.lines)) < 1_000
    assert section.total == 2


def test_character_is_left_out_when_the_budget_cuts_it() -> None:
    section = section_of("🐍".encode() * 1_000, 7, budget=10)
    assert section.lines == ["🐍" * 11]


def test_binary_file_is_refused_before_it_is_read() -> None:
    def chunks() -> object:
        yield b"\0" * 20_000
        raise AssertionError("read on")

    with pytest.raises(BinaryFile, match="a binary file of 9,999,999 bytes"):
        read_section(chunks(), 9_999_999, 1, -1, 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [7, 64, 300, 4_096])
def test_encoding_is_told_alike_when_its_first_letter_ends_a_chunk(size: int) -> None:
    text = "x" * (size * 2 - 1) + "é et déjà l'été, où ça coûte très cher à Noël\n" * 40
    data = text.encode("cp1252")
    assert section_of(data, size).encoding == FileText.decode(data, guess_encoding).encoding
    assert section_of(data, size, budget=100_000).lines == FileText.decode(data, guess_encoding).lines
