"""Proves where an insertion lands, how its lines end, and how its parameters may be written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.specification.desk import Desk, lines, rows

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "after"), [("c", "a\nb\nc"), ("c\n", "a\nb\nc\n"), ("c\nd", "a\nb\nc\nd")], ids=["open", "ended", "two"]
)
async def test_case_14_insertion_begins_a_line_when_the_last_one_is_not_ended(
    text: str, after: str, desk: Desk
) -> None:
    desk.write("a", "a\nb")
    await desk.insert("a", 2, text)
    assert desk.text("a") == after


async def test_case_14_insertion_begins_with_crlf_when_the_file_has_it(desk: Desk) -> None:
    desk.write("a", "a\r\nb")
    await desk.insert("a", 2, "c")
    assert desk.text("a") == "a\r\nb\r\nc"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("X\n", "one\nX\ntwo\n"),
        ("X", "one\nX\ntwo\n"),
        ("X\nY\n", "one\nX\nY\ntwo\n"),
        ("\n", "one\n\ntwo\n"),
        ("X\n\n", "one\nX\n\ntwo\n"),
        ("\nX", "one\n\nX\ntwo\n"),
    ],
    ids=["ended", "open", "two lines", "empty line", "line and empty line", "empty line first"],
)
async def test_case_15_final_newline_ends_the_insertion_when_there_is_one(text: str, after: str, desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    await desk.insert("a", 1, text)
    assert desk.text("a") == after


async def test_case_16_both_names_of_the_text_are_taken_when_either_is_sent(desk: Desk) -> None:
    desk.write("a", "")
    await desk.say("insert", "a", insert_line=0, new_str="one")
    await desk.say("insert", "a", insert_line=1, insert_text="two")
    await desk.say("insert", "a", insert_line=2, insert_text="three", new_str="three")
    await desk.say("insert", "a", insert_line=3, insert_text="four", new_str=None)
    assert desk.text("a").split() == ["one", "two", "three", "four"]
    said = await desk.refusal("insert", "a", insert_line=0, insert_text="x", new_str="y")
    assert "insert_text" in said
    assert "new_str" in said


@pytest.mark.parametrize("line", [1, 2])
async def test_case_17_no_hole_is_left_when_the_line_is_the_last_or_one_more(line: int, desk: Desk) -> None:
    desk.write("a", "one\n")
    await desk.insert("a", line, "three")
    assert desk.text("a") == "one\nthree\n"
    await desk.refusal("insert", "a", insert_line=4, **desk.inserted("x"))


@pytest.mark.parametrize("line", ["2", " +2 ", 2.0], ids=["string", "spaced", "float"])
async def test_case_18_line_is_taken_when_it_comes_as_a_string_or_float(line: object, desk: Desk) -> None:
    desk.write("a", "one\ntwo\nthree\n")
    await desk.say("insert", "a", insert_line=line, **desk.inserted("x"))
    assert desk.text("a") == "one\ntwo\nx\nthree\n"


async def test_case_18_range_is_taken_when_it_comes_as_a_string_or_floats(desk: Desk) -> None:
    desk.write("a", lines(1, 5))
    for view_range in ("[2, 3]", "[2,3]", ["2", "3"], [2.0, 3.0]):
        assert rows(await desk.say("view", "a", view_range=view_range)) == [(2, "line 2"), (3, "line 3")]


NO_WHOLE_NUMBERS: list[object] = ["two", "1.5", 1.5, True, "", [1], {}, "2 lines", "9" * 30]


async def test_case_18_error_names_the_parameter_when_a_line_is_no_whole_number(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    for line in NO_WHOLE_NUMBERS:
        assert "`insert_line`" in await desk.refusal("insert", "a", insert_line=line, **desk.inserted("x"))


NO_CALLS: list[object] = [None, [], "view", 5, {}, [{"command": "view"}]]
NO_RANGES: list[object] = [[1], [1, 2, 3], [], [1, None], ["a", "b"], [1.5, 2], 5, "x", {}, True]
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("command", {"path": "a"}),
    ("command", {"command": 5, "path": "a"}),
    ("command", {"command": ["view"], "path": "a"}),
    ("path", {"command": "view"}),
    ("path", {"command": "view", "path": 5}),
    ("path", {"command": "view", "path": ["a"]}),
    ("path", {"command": "create", "path": None, "file_text": "x"}),
    ("file_text", {"command": "create", "path": "new", "file_text": {"text": "x"}}),
    ("old_str", {"command": "str_replace", "path": "a", "old_str": ["one"], "new_str": "x"}),
    ("new_str", {"command": "str_replace", "path": "a", "old_str": "one", "new_str": 1}),
    ("insert_line", {"command": "insert", "path": "a", "insert_line": {}, "insert_text": "x"}),
    ("insert_text", {"command": "insert", "path": "a", "insert_line": 0, "insert_text": 5}),
    ("new_str", {"command": "insert", "path": "a", "insert_line": 0, "new_str": ["x"]}),
    *(("view_range", {"command": "view", "path": "a", "view_range": one}) for one in NO_RANGES),
    ("mode", {"command": "view", "path": "a", "mode": "fast"}),
]


async def test_case_19_error_names_the_parameter_when_its_type_is_wrong(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    for parameter, given in WRONG:
        path = {"path": f"{desk.folder}/{given['path']}"} if isinstance(given.get("path"), str) else {}
        assert parameter in await desk.refused(given | path), given


async def test_case_19_error_is_a_sentence_when_the_input_is_no_object(desk: Desk) -> None:
    for given in NO_CALLS:
        assert "`command`" in await desk.refused(given)


async def test_case_52_calls_run_in_order_and_say_that_numbers_moved_when_several_come(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    assert "moved by +2" in await desk.insert("a", 1, "x\ny\n")
    assert "moved by +1" in await desk.insert("a", 2, "z\n")
    assert "moved by -2" in await desk.replace("a", "x\nz\ny", "w")
    assert "moved" not in await desk.insert("a", 3, "end\n")
    assert desk.text("a") == "one\nw\ntwo\nend\n"


@pytest.mark.parametrize("line", [-1, 4, 500])
async def test_case_63_error_says_what_the_numbers_mean_when_a_line_is_outside(line: int, desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    said = await desk.refusal("insert", "a", insert_line=line, **desk.inserted("x"))
    assert "0 is before line 1" in said
    assert "2 is after the last" in said


async def test_case_63_line_0_is_before_the_first_and_n_after_the_last_when_text_is_inserted(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    assert rows(await desk.insert("a", 0, "zero\n"))[0] == (1, "zero")
    assert rows(await desk.insert("a", 3, "three\n"))[-1] == (4, "three")
    assert desk.text("a") == "zero\none\ntwo\nthree\n"
