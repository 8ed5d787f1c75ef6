"""Proves that a file stays what it is but for the edit: tabs, line ends, byte order marks, encodings, binary data."""

from __future__ import annotations

import codecs

import pytest

from tests.specification.desk import Desk, numbers

pytestmark = pytest.mark.anyio

CYRILLIC = "# Привет, мир! Это обычный текст на русском языке.\nname = 1\n"
LATIN = "# coding: iso-8859-15\n# un café à l'été\nprice = 1\n"


async def test_case_01_tabs_stay_when_other_lines_are_edited(desk: Desk) -> None:
    desk.write("rules", "all:\n\tcc\t-o a\n\n \t strip a\t\n")
    await desk.replace("rules", "all:", "every:")
    await desk.insert("rules", 2, "\techo done\n")
    assert desk.text("rules") == "every:\n\tcc\t-o a\n\techo done\n\n \t strip a\t\n"


async def test_case_03_crlf_stays_when_a_file_is_edited(desk: Desk) -> None:
    desk.write("a", "one\r\ntwo\r\nthree\r\n")
    await desk.replace("a", "two", "2\r\n2b")
    await desk.insert("a", 1, "x\ny\r\nz")
    assert desk.text("a") == "one\r\nx\r\ny\r\nz\r\n2\r\n2b\r\nthree\r\n"


async def test_case_04_old_str_with_lf_is_found_when_the_file_has_crlf(desk: Desk) -> None:
    desk.write("a", "one\r\ntwo\r\nthree\r\n")
    await desk.replace("a", "one\ntwo\n", "1\n2\nmore\n")
    assert desk.text("a") == "1\r\n2\r\nmore\r\nthree\r\n"
    desk.write("b", "one\ntwo\n")
    await desk.replace("b", "one\r\ntwo", "1\r\n2")
    assert desk.text("b") == "1\n2\n"


async def test_case_05_each_line_end_stays_when_they_are_mixed(desk: Desk) -> None:
    desk.write("a", "a\r\nb\nc\r\nd\ne\nf\r")
    await desk.replace("a", "d", "D\nD")
    await desk.insert("a", 1, "x")
    await desk.replace("a", "c\nD", "C\nE")
    assert desk.text("a") == "a\r\nx\nb\nC\r\nE\nD\ne\nf\r"


async def test_case_06_lone_cr_is_data_when_a_file_has_some(desk: Desk) -> None:
    desk.write("log", "10%\r50%\r100%\ndone\n")
    assert await desk.rows("log") == [(1, "10%\r50%\r100%"), (2, "done")]
    await desk.insert("log", 1, "half\r")
    await desk.replace("log", "50%\r", "51%\r")
    assert desk.text("log") == "10%\r51%\r100%\nhalf\r\ndone\n"


async def test_case_07_byte_order_mark_stays_when_line_1_is_edited(desk: Desk) -> None:
    desk.write("a", codecs.BOM_UTF8 + b"one\ntwo\n")
    await desk.replace("a", "one", "1")
    await desk.insert("a", 0, "zero")
    assert desk.data("a") == codecs.BOM_UTF8 + b"zero\n1\ntwo\n"


async def test_case_08_byte_order_mark_is_hidden_when_a_file_is_viewed(desk: Desk) -> None:
    desk.write("a", codecs.BOM_UTF8 + b"one\ntwo\n")
    said = await desk.say("view", "a")
    assert "     1\tone\n" in said
    assert "\ufeff" not in said
    await desk.replace("a", "one\ntwo", "1")
    assert desk.data("a") == codecs.BOM_UTF8 + b"1\n"
    desk.write("b", codecs.BOM_UTF8 * 2 + b"one\n")
    assert await desk.rows("b") == [(1, "\ufeffone")]


@pytest.mark.parametrize(
    ("mark", "codec"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")], ids=["le", "be"]
)
async def test_case_09_utf_16_is_text_when_a_mark_says_so(mark: bytes, codec: str, desk: Desk) -> None:
    desk.write("a", mark + "naïve 😀\r\nold\r\n".encode(codec))
    assert await desk.rows("a") == [(1, "naïve 😀"), (2, "old")]
    await desk.replace("a", "old", "new 語\nmore")
    await desk.insert("a", 1, "in 😀\n")
    assert desk.data("a") == mark + "naïve 😀\r\nin 😀\r\nnew 語\r\nmore\r\n".encode(codec)


@pytest.mark.parametrize(
    "kept",
    ["cafés, thés ".encode() + b"\xff\xfe\xc3", b"un caf\xe9 \x80", CYRILLIC.encode("cp1251"), bytes(range(128, 256))],
    ids=["damaged", "latin", "cyrillic", "noise"],
)
async def test_case_10_undecodable_bytes_stay_when_another_line_is_edited(kept: bytes, desk: Desk) -> None:
    desk.write("a", kept + b"\nold\n")
    await desk.replace("a", "old", "new")
    await desk.insert("a", 0, "first")
    assert desk.data("a") == b"first\n" + kept + b"\nnew\n"


@pytest.mark.parametrize(
    "content",
    [LATIN.encode("iso-8859-15"), CYRILLIC.encode("cp1251"), b"x = 1\n" + bytes(range(128, 256))],
    ids=["declared", "guessed", "noise"],
)
async def test_case_11_file_is_untouched_when_its_encoding_lacks_a_character(content: bytes, desk: Desk) -> None:
    desk.write("a", content)
    assert "U+6F22" in await desk.refusal("str_replace", "a", old_str=" = 1", new_str=" = '漢'")
    assert "U+1F600" in await desk.refusal("insert", "a", insert_line=1, **desk.inserted("ok 😀"))
    assert desk.data("a") == content


async def test_case_12_utf_8_is_utf_8_when_another_encoding_is_possible(desk: Desk) -> None:
    for text in ("const a = '😀';", "é", "x = 'naïve'", "“quotes” – dash", "Ã©", "¿qué?"):
        desk.write("a.js", f"{text}\n")
        said = await desk.say("view", "a.js")
        assert f"     1\t{text}" in said
        assert "NOTE" not in said
    await desk.replace("a.js", "¿", "¡¿ → 漢 😀")
    assert desk.text("a.js") == "¡¿ → 漢 😀qué?\n"


async def test_case_13_text_is_told_from_binary_when_it_is_not_utf_8(desk: Desk) -> None:
    desk.write("russian", CYRILLIC.encode("cp1251"))
    assert (2, "name = 1") in await desk.rows("russian")
    desk.write("late", b"name = 1\n" * 1_000 + b"\0\n")
    await desk.replace("late", "\0", "")
    assert desk.data("late") == b"name = 1\n" * 1_000 + b"\n"
    desk.write("nul", b"name = 1\n\0")
    assert "binary" in await desk.refusal("view", "nul")
    assert "binary" in await desk.refusal("str_replace", "nul", old_str="1", new_str="2")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("binary", bytes(range(256))),
        ("ZIP", b"PK\x03\x04" + b"x" * 96),
        ("gzip", b"\x1f\x8b" + b"x" * 98),
        ("ELF", b"\x7fELF" + b"\0" * 96),
        ("SQLite", b"SQLite format 3\0" + b"x" * 84),
    ],
    ids=["noise", "zip", "gzip", "elf", "sqlite"],
)
async def test_case_42_binary_is_refused_with_type_and_size_when_it_is_viewed_or_edited(
    kind: str, data: bytes, desk: Desk
) -> None:
    desk.write("a.bin", data)
    calls: list[tuple[str, dict[str, object]]] = [
        ("view", {}),
        ("view", {"view_range": [1, 2]}),
        ("str_replace", {"old_str": "x", "new_str": "y"}),
        ("insert", {"insert_line": 0, **desk.inserted("x")}),
    ]
    for command, more in calls:
        said = await desk.refusal(command, "a.bin", **more)
        assert kind in said
        assert "a.bin" in said
        assert len(data) in numbers(said)


async def test_row_07_tabs_are_kept_everywhere_when_text_is_shown_and_written(desk: Desk) -> None:
    desk.write("a", "\tone\ttwo\n\t\tthree\n")
    assert await desk.rows("a") == [(1, "\tone\ttwo"), (2, "\t\tthree")]
    assert "     3\t\tfour\t4" in await desk.insert("a", 2, "\tfour\t4\n")
    assert "     2\t\t\t3" in await desk.replace("a", "\t\tthree", "\t\t3")
    assert "     1\t\tone\ttwo" in await desk.refusal("str_replace", "a", old_str="one  two", new_str="x")
    assert desk.text("a") == "\tone\ttwo\n\t\t3\n\tfour\t4\n"


@pytest.mark.parametrize(
    ("codec", "declaration"),
    [
        ("iso-8859-15", "# -*- coding: iso-8859-15 -*-"),
        ("cp1252", "#!/bin/sh\n# vim: set fileencoding=cp1252 :"),
        ("iso-8859-15", '<?xml version="1.0" encoding="ISO-8859-15"?>'),
        ("cp1252", '<html><meta charset="windows-1252">'),
        ("cp1252", '@charset "windows-1252";'),
        ("shift_jis", "# coding: shift_jis"),
    ],
    ids=["emacs", "vim", "xml", "html", "css", "japanese"],
)
async def test_row_14_declared_encoding_is_read_and_written_when_there_is_one(
    codec: str, declaration: str, desk: Desk
) -> None:
    old, new = ("日本語の文", "東京") if codec == "shift_jis" else ("un café à l'été", "für 5 €")
    desk.write("a", f"{declaration}\n{old}\n@\n".encode(codec))
    said = await desk.say("view", "a")
    assert f"\t{old}\n" in said
    assert "encoding" in said
    await desk.replace("a", "\n@", f"\n{new}")
    assert desk.data("a") == f"{declaration}\n{old}\n{new}\n".encode(codec)


async def test_row_14_declared_encoding_is_written_when_the_file_is_ascii_so_far(desk: Desk) -> None:
    desk.write("a.py", "# coding: iso-8859-15\nprice = 1\n")
    await desk.replace("a.py", "= 1", "= '1 €'")
    assert desk.data("a.py") == b"# coding: iso-8859-15\nprice = '1 \xa4'\n"


async def test_row_14_guess_serves_reading_when_nothing_is_declared(desk: Desk) -> None:
    desk.write("a", CYRILLIC.encode("cp1251"))
    said = await desk.say("view", "a")
    assert CYRILLIC.split("\n")[0] in said
    assert "guess" in said
    await desk.replace("a", "name = 1", "name = 'мир'")
    assert desk.data("a") == CYRILLIC.replace("1", "'мир'").encode("cp1251")
    assert "U+0429" in await desk.refusal("str_replace", "a", old_str="name", new_str="Щ")


async def test_row_14_bytes_are_told_from_text_when_they_are_in_no_encoding(desk: Desk) -> None:
    desk.write("damaged", "cafés, thés ".encode() + b"\xff\n")
    assert await desk.rows("damaged") == [(1, "cafés, thés \ufffd")]
    desk.write("noise", b"\xff\n")
    assert await desk.rows("noise") == [(1, "\ufffd")]
    assert "U+00E9" in await desk.refusal("insert", "noise", insert_line=0, **desk.inserted("é"))
    await desk.replace("damaged", "thés", "thés, 漢")
    assert desk.data("damaged") == "cafés, thés, 漢 ".encode() + b"\xff\n"


async def test_row_14_declaration_counts_for_nothing_when_ascii_means_something_else_in_it(desk: Desk) -> None:
    for number, codec in enumerate(["utf-7", "cp037", "iso2022_jp", "no-such-codec", "rot13"]):
        name = f"a{number}.py"
        desk.write(name, f"# coding: {codec}\nx = 'é +AOk-'\n")
        assert (2, "x = 'é +AOk-'") in await desk.rows(name)
    await desk.replace("a0.py", "é", "漢")
    assert desk.text("a0.py") == "# coding: utf-7\nx = '漢 +AOk-'\n"


async def test_row_14_declared_encoding_is_written_when_a_file_is_created(desk: Desk) -> None:
    await desk.say("create", "a.py", file_text="# coding: iso-8859-15\n# café, 5 €\n")
    assert desk.data("a.py") == b"# coding: iso-8859-15\n# caf\xe9, 5 \xa4\n"
    assert "U+6F22" in await desk.refusal("create", "b.py", file_text="# coding: iso-8859-15\n# 漢\n")
    await desk.say("create", "c.py", file_text="# 漢\n")
    assert desk.text("c.py") == "# 漢\n"


async def test_row_14_mark_wins_when_the_file_declares_another_encoding(desk: Desk) -> None:
    desk.write("a.py", codecs.BOM_UTF8 + "# coding: latin-1\nx = 'é'\n".encode())
    assert (2, "x = 'é'") in await desk.rows("a.py")
    await desk.replace("a.py", "é", "漢")
    assert desk.data("a.py") == codecs.BOM_UTF8 + "# coding: latin-1\nx = '漢'\n".encode()
