from __future__ import annotations

import codecs
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.ascii_text import AsciiText
from copydesk.domain.edits import Insert, StrReplace
from copydesk.domain.encodings import Encoding
from copydesk.domain.errors import EditError
from copydesk.domain.text import BinaryFile, FileText, Splice, with_newlines
from copydesk.editor.operations import insert, str_replace

MARKS = st.sampled_from([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
ASCII_PIECES = st.lists(st.sampled_from(["a", "b", "ab", " ", "\n", "\r\n", "\r", "\f"])).map("".join)
PLACES = st.integers(-3, 12)
LINE_PIECES = st.lists(st.sampled_from(["a", "é", "\n", "\r\n", "\r", "\f", "\u2028", "\x85"])).map("".join)


@given(MARKS, st.binary(max_size=64))
def test_bytes_come_back_whatever_they_are(mark: bytes, body: bytes) -> None:
    try:
        decoded = FileText.decode(mark + body)
    except BinaryFile:
        return
    assert decoded.encode() == mark + body


@given(LINE_PIECES)
def test_lines_are_numbered_alike_however_they_are_counted(text: str) -> None:
    file = FileText(text)
    assert len(file.lines) == file.line_count
    assert all("\n" not in line for line in file.lines)
    offsets = [file.offset_after(line) for line in range(file.line_count + 1)]
    assert offsets[0] == 0
    assert offsets[-1] == len(text)
    assert [file.line_at(offset) for offset in offsets[:-1]] == list(range(1, file.line_count + 1))
    pieces = [text[start:end] for start, end in pairwise(offsets)]
    assert [FileText(piece).lines for piece in pieces] == [[line] for line in file.lines]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("a\n\n", ["a", ""]), ("a\r\nb", ["a", "b"])],
)
def test_case_21_final_newline_begins_no_line(text: str, lines: list[str]) -> None:
    assert FileText(text).lines == lines


@pytest.mark.parametrize("character", ["\f", "\x0b", "\x85", "\u2028", "\u2029", "\x1c"])
def test_case_22_line_goes_on_when_only_other_systems_would_end_it(character: str) -> None:
    assert FileText(f"a{character}b\nc").lines == [f"a{character}b", "c"]


def test_case_06_lone_carriage_return_is_data() -> None:
    assert FileText("10%\r20%\r\ndone\r").lines == ["10%\r20%", "done\r"]


def test_case_08_byte_order_mark_is_hidden_and_kept() -> None:
    file = FileText.decode(codecs.BOM_UTF8 + b"a")
    assert (file.text, file.encode()) == ("a", codecs.BOM_UTF8 + b"a")


@pytest.mark.parametrize(("mark", "codec"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
def test_case_09_utf_16_is_text_when_it_is_marked(mark: bytes, codec: str) -> None:
    file = FileText.decode(mark + "aé\r\n".encode(codec))
    assert (file.text, file.newline) == ("aé\r\n", "\r\n")
    assert file.with_text("b").encode() == mark + "b".encode(codec)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"ab\0cd", "a binary file of 5 bytes"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image of 8 bytes"),
        (b"%PDF-1.7\n", "a PDF document of 9 bytes"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "a binary file of 8 bytes"),
    ],
)
def test_case_42_file_is_refused_with_kind_and_size_when_it_is_no_text(data: bytes, kind: str) -> None:
    with pytest.raises(BinaryFile, match=kind):
        FileText.decode(data)


def test_nul_is_data_when_it_is_far_from_the_start() -> None:
    data = b"x" * 10_000 + b"\0"
    assert FileText.decode(data).encode() == data


@pytest.mark.parametrize(
    ("data", "origin"),
    [
        (b"caf\xe9", "unknown"),
        ("café".encode(), "utf-8"),
        ("éé".encode() + b"\xe9", "utf-8"),
        (b"cafe", "utf-8"),
        (codecs.BOM_UTF8 + b"\xe9", "mark"),
        (b"# -*- coding: latin-1 -*-\ncaf\xe9", "declared"),
    ],
)
def test_encoding_is_unknown_when_nothing_tells_it(data: bytes, origin: str) -> None:
    assert FileText.decode(data).encoding.origin == origin


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb", "\n")]
)
def test_newline_is_that_of_most_lines(text: str, newline: str) -> None:
    assert FileText(text).newline == newline


@given(LINE_PIECES)
def test_newlines_are_the_same_when_they_are_given_twice(text: str) -> None:
    once = with_newlines(text, "\r\n")
    assert FileText(once).line_count == FileText(text).line_count
    assert with_newlines(once, "\r\n") == once


@given(ASCII_PIECES, LINE_PIECES | st.just("\ud800"), PLACES, PLACES)
def test_ascii_text_does_what_a_text_does(text: str, wanted: str, start: int, end: int) -> None:
    ascii_text = AsciiText(text.encode())
    assert (str(ascii_text), len(ascii_text), ascii_text.isascii()) == (text, len(text), True)
    assert ascii_text[start:end] == text[start:end]
    assert (wanted in ascii_text) == (wanted in text)
    assert ascii_text.find(wanted, max(start, 0)) == text.find(wanted, max(start, 0))
    assert ascii_text.find(wanted, start, end) == text.find(wanted, start, end)
    assert ascii_text.rfind(wanted, start, end) == text.rfind(wanted, start, end)
    assert ascii_text.count(wanted, start, end) == text.count(wanted, start, end)


@given(ASCII_PIECES, st.tuples(st.integers(0, 20), st.integers(0, 20)), LINE_PIECES)
def test_file_is_the_same_when_its_text_is_not_decoded(text: str, stretch: tuple[int, int], new: str) -> None:
    bare, file = FileText(AsciiText(text.encode())), FileText(text)
    start, end = sorted(min(place, len(text)) for place in stretch)
    splice = Splice(start, end, new)
    assert bare.lines_with(splice) == file.lines_with(splice) == FileText(text[:start] + new + text[end:]).line_count
    assert [bare.line_at(place) for place in (end, start)] == [text.count("\n", 0, place) + 1 for place in (end, start)]
    assert (bare.newline, bare.line_count, bare.lines) == (file.newline, file.line_count, file.lines)
    assert bare.ends_with_newline == file.ends_with_newline
    lines = range(file.line_count + 2)
    assert [bare.offset_after(line) for line in lines] == [file.offset_after(line) for line in lines]
    assert bare.spliced_bytes(text.encode(), splice) == bare.spliced(splice).encode() == file.spliced(splice).encode()
    assert (bare.text, bare.encode(), bare.unwritable(new)) == (text, text.encode(), file.unwritable(new))


@given(ASCII_PIECES, ASCII_PIECES, LINE_PIECES, st.integers(0, 8))
def test_edits_are_the_same_when_the_text_is_not_decoded(text: str, old: str, new: str, line: int) -> None:
    for command in (StrReplace("a.py", old or "ab", new), Insert("a.py", line, new)):
        assert _told(FileText(AsciiText(text.encode())), command) == _told(FileText(text), command)


def _told(file: FileText, command: StrReplace | Insert) -> tuple[Splice, str] | str:
    try:
        edited = str_replace(file, command) if isinstance(command, StrReplace) else insert(file, command)
    except EditError as error:
        return str(error)
    return edited.splice, edited.summary


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        (b"plain ascii\r\n", Encoding()),
        ("é\n".encode(), Encoding()),
        (b"# -*- coding: latin-1 -*-\n", Encoding("iso8859-1", origin="declared")),
        (b"# -*- coding: latin-1 -*- \xe9\n", Encoding("iso8859-1", origin="declared")),
        (codecs.BOM_UTF8 + b"ascii\n", Encoding("utf-8", codecs.BOM_UTF8, "mark")),
        ("\ufeffascii\n".encode("utf-16-le"), Encoding("utf-16-le", codecs.BOM_UTF16_LE, "mark")),
    ],
)
def test_edit_of_a_large_file_changes_only_its_bytes(line: bytes, encoding: Encoding) -> None:
    body = line.removeprefix(encoding.mark)
    data = line + body * 10_000
    file = FileText.decode(data)
    start = file.offset_after(5_000)
    splice = Splice(start, start + 1, "x")
    edited = file.spliced_bytes(data, splice)
    assert (file.encoding, file.encode()) == (encoding, data)
    assert file.text == data[len(encoding.mark) :].decode(encoding.name)
    assert edited == file.spliced(splice).encode()
    at = len(line) + len(body) * 4_999
    assert edited[:at] == data[:at]
    assert edited.endswith(body * 5_000)
