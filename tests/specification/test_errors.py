"""Proves each row of the specification's table of errors: what is said, which numbers and paths, and how briefly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.specification.desk import Desk, lines, numbers, rows
from tests.specification.hardship import modes_obeyed

pytestmark = pytest.mark.anyio

LONG = lines(1, 40, "no such words, at all, in this file, number")


def every_edit(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """A call of each command that changes a file that is there."""
    return [
        ("str_replace", {"old_str": LONG, "new_str": "x"}),
        ("insert", {"insert_line": 0, **desk.inserted("x")}),
        *([("undo_edit", {})] if desk.version.can_undo else []),
    ]


def echoed(said: str, old_str: str) -> int:
    """How many lines of what was sent come back."""
    return sum(line in said for line in old_str.split("\n") if line.strip())


async def test_error_names_the_commands_when_the_command_is_unknown(desk: Desk) -> None:
    for command in ("delete", "VIEW", "", "undo"):
        said = await desk.refusal(command, "a")
        assert all(known in said for known in ("view", "create", "str_replace", "insert"))
        assert ("undo_edit" in said) == desk.version.can_undo


async def test_error_is_none_when_the_path_is_not_absolute(desk: Desk) -> None:
    desk.write("a", "one\n")
    assert not (await desk.call("view", "a")).is_error


async def test_error_names_the_path_when_nothing_is_there(desk: Desk) -> None:
    for command, more in [("view", {}), ("view", {"view_range": [1, 2]}), *every_edit(desk)[:2]]:
        said = await desk.refusal(command, "missing/a.py", **more)
        assert "missing/a.py does not exist" in said
        assert echoed(said, LONG) == 0


async def test_error_names_the_path_when_create_would_overwrite(desk: Desk) -> None:
    desk.write("a.py", lines(1, 12))
    said = await desk.refusal("create", "a.py", file_text=LONG)
    assert "a.py already exists" in said
    assert 12 in numbers(said)
    assert echoed(said, LONG) == 0


async def test_error_says_that_only_view_works_when_the_path_is_a_directory(desk: Desk) -> None:
    desk.write("src/a.py", "x")
    for command, more in [("create", {"file_text": "x"}), *every_edit(desk)]:
        said = await desk.refusal(command, "src", **more)
        assert "src is a directory" in said
        assert "view" in said


@pytest.mark.parametrize(
    ("command", "parameter", "others"),
    [
        ("view", "path", {}),
        ("create", "file_text", {}),
        ("str_replace", "old_str", {"new_str": "x"}),
        ("str_replace", "new_str", {"old_str": "x"}),
        ("insert", "insert_line", {"new_str": "x"}),
        ("insert", "insert_text", {"insert_line": 1}),
    ],
    ids=["path", "file_text", "old_str", "new_str", "insert_line", "insert_text"],
)
async def test_error_names_the_parameter_when_it_is_missing(
    command: str, parameter: str, others: dict[str, object], desk: Desk
) -> None:
    desk.write("a", "one\n")
    path = {} if parameter == "path" else {"path": f"{desk.folder}/a"}
    named = desk.version.insert_text_parameter if parameter == "insert_text" else parameter
    said = await desk.refused({"command": command, **path, **others})
    assert f"`{named}` is missing for `{command}`" in said


async def test_error_names_view_range_when_the_path_is_a_directory(desk: Desk) -> None:
    desk.write("src/a.py", "x")
    said = await desk.refusal("view", "src", view_range=[1, 2])
    assert "view_range" in said
    assert "src" in said


@pytest.mark.parametrize("view_range", [[1], "first page", {"from": 1}], ids=["one", "words", "object"])
async def test_error_shows_a_range_when_the_one_sent_is_malformed(view_range: object, desk: Desk) -> None:
    desk.write("a", "one\n")
    said = await desk.refusal("view", "a", view_range=view_range)
    assert "`view_range`" in said
    assert "[1, 50]" in said


@pytest.mark.parametrize("view_range", [[0, 2], [-3, 2], [8, 9], [8, -1]], ids=["zero", "negative", "past", "rest"])
async def test_error_names_the_valid_numbers_when_a_range_begins_outside(view_range: list[int], desk: Desk) -> None:
    desk.write("a.py", lines(1, 7))
    said = await desk.refusal("view", "a.py", view_range=view_range)
    assert "a.py" in said
    assert f"[{view_range[0]}, {view_range[1]}]" in said
    assert "from 1 to 7" in said


async def test_error_is_none_when_a_range_ends_past_the_file(desk: Desk) -> None:
    desk.write("a", lines(1, 7))
    said = await desk.say("view", "a", view_range=[7, 8])
    assert rows(said) == [(7, "line 7")]


@pytest.mark.parametrize("view_range", [[3, 2], [3, 0], [3, -2]], ids=["before", "zero", "negative"])
async def test_error_names_the_first_line_when_a_range_ends_before_it(view_range: list[int], desk: Desk) -> None:
    desk.write("a", lines(1, 7))
    said = await desk.refusal("view", "a", view_range=view_range)
    assert f"[{view_range[0]}, {view_range[1]}]" in said
    assert "3 or more" in said
    assert "-1" in said


async def test_error_names_the_path_and_is_brief_when_old_str_is_not_there(desk: Desk) -> None:
    desk.write("a.py", lines(1, 7))
    said = await desk.refusal("str_replace", "a.py", old_str=LONG, new_str="x")
    assert "old_str is not in a.py" in said
    assert echoed(said, LONG) <= 2


async def test_error_names_every_line_when_old_str_is_there_more_than_once(desk: Desk) -> None:
    desk.write("a.py", f"start\n{LONG}middle\n{LONG}end\n")
    said = await desk.refusal("str_replace", "a.py", old_str=LONG, new_str="x")
    assert "a.py 2 times" in said
    assert {2, 43} <= numbers(said)
    assert echoed(said, LONG) <= 2


async def test_error_names_some_lines_when_old_str_is_there_very_often(desk: Desk) -> None:
    desk.write("a.py", "x\n" * 5_000)
    said = await desk.refusal("str_replace", "a.py", old_str="x\n", new_str="y")
    assert {1, 2, 3} <= numbers(said)
    assert len(said) < 500


async def test_error_says_that_nothing_would_change_when_both_texts_are_the_same(desk: Desk) -> None:
    desk.write("a.py", LONG)
    said = await desk.refusal("str_replace", "a.py", old_str=LONG, new_str=LONG)
    assert "`old_str` and `new_str` are the same" in said
    assert echoed(said, LONG) <= 2


@pytest.mark.parametrize("line", [-1, 9, 10**9])
async def test_error_names_both_ends_when_insert_line_is_outside(line: int, desk: Desk) -> None:
    desk.write("a.py", lines(1, 7))
    said = await desk.refusal("insert", "a.py", insert_line=line, **desk.inserted(LONG))
    assert "a.py" in said
    assert {0, 7} <= numbers(said)
    assert str(line) in said
    assert echoed(said, LONG) <= 2


async def test_error_names_the_path_when_there_is_nothing_to_undo(undo_desk: Desk) -> None:
    undo_desk.write("a.py", "one\n")
    said = await undo_desk.refusal("undo_edit", "a.py")
    assert "no edit of a.py" in said
    assert "missing.py" in await undo_desk.refusal("undo_edit", "missing.py")


async def test_error_names_the_way_back_when_the_version_cannot_undo(newer_desk: Desk) -> None:
    newer_desk.write("a.py", "one\n")
    said = await newer_desk.refusal("undo_edit", "a.py")
    assert "`undo_edit`" in said
    assert "rollback" in said


async def test_error_names_the_path_when_the_system_refuses(desk: Desk) -> None:
    desk.write("closed.py", "one\n", 0)
    desk.write("damaged.bin", b"\0\xff")
    with modes_obeyed():
        for command, more in [("view", {}), *every_edit(desk)[:2]]:
            said = await desk.refusal(command, "closed.py", **more)
            assert "closed.py cannot be used: Permission denied." in said
    assert "damaged.bin" in await desk.refusal("view", "damaged.bin")
