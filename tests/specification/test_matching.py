"""Proves that `old_str` is replaced where it stands, exactly and once, and that nothing else is ever replaced."""

from __future__ import annotations

import pytest

from tests.specification.desk import Desk, lines, numbers, rows

pytestmark = pytest.mark.anyio


async def test_case_23_each_place_is_named_by_its_first_line_when_old_str_has_several(desk: Desk) -> None:
    desk.write("a", "x\na\nb\nx\na\nb\n")
    said = await desk.refusal("str_replace", "a", old_str="a\nb\n", new_str="y")
    assert {2, 5} <= numbers(said)
    assert "2 times" in said


async def test_case_24_old_str_is_found_when_it_spans_lines(desk: Desk) -> None:
    desk.write("a", "def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    await desk.replace("a", "return 1\n\n\ndef g():\n    ret", "return 0\n\n\ndef h():\n    RET")
    assert desk.text("a") == "def f():\n    return 0\n\n\ndef h():\n    RETurn 2\n"


@pytest.mark.parametrize(("text", "old_str"), [("aXaXa\n", "aXa"), ("x\nx\nx\n", "x\nx\n"), ("    y\n", "   ")])
async def test_case_25_edit_is_refused_when_places_overlap(text: str, old_str: str, desk: Desk) -> None:
    desk.write("a", text)
    assert "2 times" in await desk.refusal("str_replace", "a", old_str=old_str, new_str="-")


@pytest.mark.parametrize("text", ["", "one\ntwo\n"])
async def test_case_26_empty_old_str_is_refused_when_the_file_is_empty_or_not(text: str, desk: Desk) -> None:
    desk.write("a", text)
    assert "`old_str` must not be empty" in await desk.refusal("str_replace", "a", old_str="", new_str="x")
    assert desk.text("a") == text


async def test_row_05_empty_old_str_names_the_ways_out_when_it_is_refused(desk: Desk) -> None:
    desk.write("a", "")
    said = await desk.refusal("str_replace", "a", old_str="", new_str="x")
    assert "insert" in said
    assert "create" in said


async def test_case_27_no_place_is_replaced_when_there_are_several(desk: Desk) -> None:
    desk.write("a", "x = 1\ny = 1\nx = 1\nx = 1\n")
    said = await desk.refusal("str_replace", "a", old_str="x = 1", new_str="x = 2")
    assert {1, 3, 4} <= numbers(said)
    assert "3 times" in said
    assert desk.text("a") == "x = 1\ny = 1\nx = 1\nx = 1\n"


async def test_case_28_new_str_is_literal_when_it_looks_like_a_template(desk: Desk) -> None:
    new_str = "$& $$ $` $' $1 $<a> ${a} \\1 \\g<0> \\n \\\\ {0} %s & \\0"
    desk.write("a", "one two three\n")
    await desk.replace("a", "two", new_str)
    await desk.insert("a", 1, new_str)
    assert desk.text("a") == f"one {new_str} three\n{new_str}\n"


async def test_case_28_old_str_is_literal_when_it_looks_like_a_pattern(desk: Desk) -> None:
    desk.write("a", "two .*\n")
    for old_str in ("t.o", "[a-z]+", "(two)", "^two", "two|three"):
        await desk.refusal("str_replace", "a", old_str=old_str, new_str="x")
    await desk.replace("a", ".*", "x")
    assert desk.text("a") == "two x\n"


@pytest.mark.parametrize("more", [{}, {"new_str": None}])
async def test_case_29_nothing_is_deleted_when_new_str_is_missing(more: dict[str, object], desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    await desk.refusal("str_replace", "a", old_str="one\n", **more)
    assert desk.text("a") == "one\ntwo\n"


async def test_row_06_error_says_how_to_delete_when_new_str_is_missing(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    assert 'new_str: ""' in await desk.refusal("str_replace", "a", old_str="one\n")
    await desk.replace("a", "one\n", "")
    assert desk.text("a") == "two\n"


async def test_case_30_edit_is_refused_when_only_stripping_would_match(desk: Desk) -> None:
    desk.write("a", "x = 1\ny = 2")
    for old_str in (" x = 1", "x = 1 \n", "\tx = 1", "x = 1\n\n", "   ", "\n\n", "\t"):
        await desk.refusal("str_replace", "a", old_str=old_str, new_str="z")


async def test_case_30_white_space_around_new_str_stays_when_it_is_written(desk: Desk) -> None:
    desk.write("a", "one\ntwo\nthree\n")
    await desk.replace("a", "two", "  2 \t\n\n")
    assert desk.text("a") == "one\n  2 \t\n\n\nthree\n"
    await desk.replace("a", "  2 \t\n\n\n", "  ")
    assert desk.text("a") == "one\n  three\n"


async def test_case_58_snippet_shows_the_edit_when_a_large_block_shrank(desk: Desk) -> None:
    desk.write("a", lines(1, 300))
    said = await desk.replace("a", lines(50, 250), "short\n")
    assert rows(said) == [
        *((number, f"line {number}") for number in range(46, 50)),
        (50, "short"),
        *((number, f"line {number + 200}") for number in range(51, 55)),
    ]
    assert -200 in {-number for number in numbers(said)}


async def test_case_58_snippet_shows_the_edit_when_a_block_is_deleted_or_grows(desk: Desk) -> None:
    desk.write("a", lines(1, 20))
    assert {(6, "line 6"), (7, "line 17")} <= set(rows(await desk.replace("a", lines(7, 16), "")))
    assert [(6, "line 6"), *enumerate([f"new {n}" for n in range(1, 31)], 7), (37, "line 18")] == rows(
        await desk.replace("a", "line 17\n", lines(1, 30, "new"))
    )[3:-2]


async def test_case_58_snippet_shows_the_edit_when_it_is_far_inside_a_long_line(desk: Desk) -> None:
    desk.write("a", f"first\n{'x' * 40_000} old {'y' * 40_000}\nlast\n")
    said = await desk.replace("a", " old ", " NEW ")
    assert "xx NEW yy" in said
    assert len(said) < 9_000


async def test_case_60_error_is_short_when_a_long_old_str_is_not_there(desk: Desk) -> None:
    desk.write("a", lines(1, 50))
    old_str = lines(1, 200, "something entirely else with number")
    said = await desk.refusal("str_replace", "a", old_str=old_str, new_str="x")
    assert sum(line in said for line in old_str.split("\n") if line) <= 2
    assert len(said) < 2_500


async def test_case_60_error_is_short_when_a_long_old_str_is_there_twice(desk: Desk) -> None:
    desk.write("a", lines(1, 200) * 2)
    said = await desk.refusal("str_replace", "a", old_str=lines(1, 200), new_str="x")
    assert "line 2\n" not in said
    assert {1, 201} <= numbers(said)
    assert len(said) < 500


@pytest.mark.parametrize(
    "old_str",
    [
        "     2\ttwo\n     3\tthree",
        "2\ttwo\n3\tthree\n",
        "     2→two\n     3→three",
        "2: two\n3: three",
        "2:two\n3:three",
    ],
    ids=["view", "bare", "arrow", "colon and space", "colon"],
)
async def test_case_61_line_numbers_are_recognised_when_they_are_pasted(old_str: str, desk: Desk) -> None:
    desk.write("a", "one\ntwo\nthree\nfour\n")
    said = await desk.refusal("str_replace", "a", old_str=old_str, new_str="x")
    assert "line number" in said
    assert 2 in numbers(said)


@pytest.mark.parametrize(
    ("text", "old_str", "named"),
    [
        ("one — two", "one - two", ["U+2014"]),
        ("one - two", "one – two", ["U+2013"]),
        ("say “hi” now", 'say "hi" now', ["U+201C"]),
        ("it’s late", "it's late", ["U+2019"]),
        ("one\u00a0two", "one two", ["U+00A0"]),
        ("a\u200bword", "aword", ["U+200B"]),
        ("pаssword = 1", "password = 1", ["U+0430"]),
        ("cafe\u0301 noir", "café noir", ["U+0301"]),
        (f"# {'─' * 37} end", f"# {'─' * 32} end", ["37", "32", "U+2500"]),
        (f"|{'=' * 60}|", f"|{'=' * 58}|", ["60", "58"]),
    ],
    ids=["em dash", "en dash", "quotes", "apostrophe", "space", "nothing", "letter", "accent", "rule", "equals"],
)
async def test_case_62_code_points_are_named_when_characters_look_alike(
    text: str, old_str: str, named: list[str], desk: Desk
) -> None:
    desk.write("a", f"first line\n{text}\nlast line\n")
    said = await desk.refusal("str_replace", "a", old_str=old_str, new_str="x")
    assert [name for name in named if name not in said] == [], said
    assert (2, text) in rows(said)


@pytest.mark.parametrize(
    ("old_str", "named"),
    [
        ("    if x:\n        y()\n", "tab"),
        ("\tif x:\n\t\ty() \n", "1 space"),
        ("\tif x:\n\n\t\ty()\n", "white space"),
        ("if x:\ny()\n", "tab"),
    ],
    ids=["indentation", "end", "blank line", "no indentation"],
)
async def test_row_08_hint_is_given_and_nothing_written_when_only_white_space_differs(
    old_str: str, named: str, desk: Desk
) -> None:
    desk.write("a", "first\n\tif x:\n\t\ty()\nlast\n")
    said = await desk.refusal("str_replace", "a", old_str=old_str, new_str="z")
    assert named in said
    assert {(2, "\tif x:"), (3, "\t\ty()")} <= set(rows(said))
    assert desk.text("a") == "first\n\tif x:\n\t\ty()\nlast\n"
