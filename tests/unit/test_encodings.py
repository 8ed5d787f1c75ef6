from __future__ import annotations

import codecs

import pytest

from copydesk.domain.edits import Create, StrReplace
from copydesk.domain.encodings import UTF8, Encoding, declared_encoding, marked, tell
from copydesk.domain.errors import EditError
from copydesk.domain.text import BinaryFile, FileText
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.operations import create, str_replace, view_file
from tests.unit.test_editor_operations import streamed


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"# -*- coding: latin-1 -*-\n", "iso8859-1"),
        (b"#!/usr/bin/python\n# coding=cp1252\n", "cp1252"),
        (b";; -*- mode: lisp; coding: koi8-r -*-\n", "koi8-r"),
        (b"/* vim: set fileencoding=latin2 : */\n", "iso8859-2"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>\n', "iso8859-1"),
        (b"<!DOCTYPE html>\n<html><head><meta charset=windows-1251>", "cp1251"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">', "shift_jis"),
        (b'@charset "iso-8859-15";\n', "iso8859-15"),
    ],
)
def test_encoding_is_taken_when_the_file_declares_it(head: bytes, name: str) -> None:
    assert declared_encoding(head) == Encoding(name, origin="declared")


@pytest.mark.parametrize(
    "head",
    [
        b"encoding: latin-1\nname: x\n",
        b"[db]\nencoding=cp1252\n",
        b"iconv --from-coding=cp1252 x\n",
        b"HTML = '<meta charset=\"iso-8859-1\">'\n",
        b'Write `<?xml version="1.0" encoding="ISO-8859-1"?>` first.\n',
        b"x\ny\n# coding: latin-1\n",
        b"# coding: utf-7\n",
        b"# coding: cp037\n",
        b"# coding: mac-arabic\n",
        b"# coding: nonsense\n",
        b"# coding: utf-8\n",
    ],
)
def test_file_is_utf_8_when_it_only_speaks_of_encodings(head: bytes) -> None:
    assert declared_encoding(head) == UTF8
    text = head.decode() + "é\n"
    assert create(FileText(""), Create("a", text)).text.encode() == text.encode()


def test_utf_8_comes_before_what_is_declared_and_a_mark_before_both() -> None:
    data = "# coding: latin-1\n# é\n".encode()
    assert FileText.decode(data, guess_encoding).encoding == UTF8
    assert marked(codecs.BOM_UTF8 + data) == Encoding("utf-8", codecs.BOM_UTF8, "mark")
    assert tell(b"", b"\xe9t\xe9 " + "é".encode(), lambda sample: "cp1252").name == "cp1252"


def test_damaged_utf_16_is_shown_and_not_edited() -> None:
    data = codecs.BOM_UTF16_LE + "one\ntwo\nthree\n".encode("utf-16-le") + b"x"
    shown = view_file("a", *streamed(data), None, 1_000)
    assert "     2\ttwo\n" in shown
    assert shown.endswith("is utf-16-le with damage: what can be read of it is shown, and it is not edited.")
    with pytest.raises(BinaryFile, match="damaged utf-16-le text of 31 bytes"):
        FileText.decode(data, guess_encoding)


def test_file_is_unknown_in_view_and_edit_when_its_codec_would_not_give_it_back() -> None:
    data = b"# coding: cp932\n\x87\x9a " + "日本\n".encode("cp932")
    assert FileText.decode(data, guess_encoding).encoding.origin == "unknown"
    assert "declares no encoding; bytes that are no ASCII" in view_file("a", *streamed(data), None, 1_000)


@pytest.mark.parametrize("new", ["utf-8", "koi8-r", ""])
def test_edit_is_refused_when_it_would_have_the_rest_read_otherwise(new: str) -> None:
    text = FileText.decode(b"# coding: latin-1\nx = '\xe9\xfc'\n", guess_encoding)
    with pytest.raises(EditError, match="declares that it is iso8859-1; after this edit"):
        str_replace(text, StrReplace("a.py", "latin-1", new))
    plain = FileText.decode(b"# coding: latin-1\nx = 1\n", guess_encoding)
    assert str_replace(plain, StrReplace("a.py", "latin-1", new)).text.encode().endswith(b"x = 1\n")


@pytest.mark.parametrize(("letters", "name"), [(b"caf\xe9", "cp1252"), (b"na\xefve", "cp1252")])
def test_few_letters_are_taken_for_western_ones(letters: bytes, name: str) -> None:
    assert FileText.decode(letters, guess_encoding).encoding == Encoding(name, origin="guessed")
