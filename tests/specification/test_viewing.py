"""Proves what a view shows of files and directories: numbered, bounded, whole lines, nothing that hangs or runs."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copydesk.tools.editor import EDIT_LIMIT
from tests.specification.desk import Desk, Workspace, lines, numbers, rows
from tests.specification.hardship import modes_obeyed

pytestmark = pytest.mark.anyio

LIMIT = 24_000
"""Characters that a view shows where nothing else is said."""
NOTES = 500
"""Characters of what is said around it, at most."""
LARGE_LINE = "0123456789abcde"
LARGE_LINES = 70 * 65_536
"""16 bytes each: 70 MiB."""


def entries(said: str) -> list[str]:
    """The paths that a view of a directory lists."""
    return said.split("\n")[1:]


async def test_case_02_tabs_can_be_quoted_from_the_answer_when_a_file_is_viewed(desk: Desk) -> None:
    desk.write("a", "if x:\n\ty \t= 1\n")
    shown = await desk.rows("a")
    assert shown == [(1, "if x:"), (2, "\ty \t= 1")]
    await desk.replace("a", shown[1][1], "\tz\n")
    assert desk.text("a") == "if x:\n\tz\n\n"


async def test_case_20_view_goes_to_the_end_when_the_range_ends_past_it(desk: Desk) -> None:
    desk.write("a", lines(1, 5))
    assert await desk.rows("a", 4, 9_999) == [(4, "line 4"), (5, "line 5")]


async def test_row_04_note_names_the_last_line_when_the_range_ends_past_it(desk: Desk) -> None:
    desk.write("a", lines(1, 5))
    said = await desk.say("view", "a", view_range=[4, 90])
    assert "NOTE: " in said
    assert {90, 5} <= numbers(said.split("NOTE")[1])


async def test_case_21_no_line_is_numbered_after_the_last_when_it_is_ended(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    said = await desk.say("view", "a")
    assert rows(said) == [(1, "one"), (2, "two")]
    assert "of 2" in said
    assert rows(await desk.insert("a", 2, "three\n")) == [(1, "one"), (2, "two"), (3, "three")]


async def test_case_22_numbers_count_newlines_only_when_other_separators_are_there(desk: Desk) -> None:
    odd = [f"a{separator}b" for separator in "\f\v\x1c\x1d\x1e\x85\u2028\u2029\r"]
    desk.write("a", "".join(f"{line}\n" for line in [*odd, "end", "x"]))
    assert await desk.rows("a") == [*enumerate([*odd, "end", "x"], 1)]
    assert await desk.rows("a", 9, 10) == [(9, odd[8]), (10, "end")]
    await desk.insert("a", 10, "after the end")
    assert desk.text("a").split("\n")[9:12] == ["end", "after the end", "x"]
    assert {1, 9} <= numbers(await desk.refusal("str_replace", "a", old_str="a", new_str="z"))


async def test_case_37_directory_is_listed_when_its_name_is_a_command(desk: Desk) -> None:
    for name in ("$(touch made)", "a b; touch made", "`touch made`", "-rf", "x' || touch made '", "*"):
        desk.write(f"{name}/in it", "x")
        assert entries(await desk.say("view", name)) == [f"{name}/in it"]
    assert not list(desk.workspace.base.parent.rglob("made"))


async def test_case_38_entries_are_listed_when_the_directory_itself_is_hidden(desk: Desk) -> None:
    for path in (".github/ci/build", ".github/notes", ".github/.hidden", ".top/x"):
        desk.write(path, "x")
    assert entries(await desk.say("view", ".github")) == [".github/ci/", ".github/ci/build", ".github/notes"]
    assert entries(await desk.say("view", ".github/ci")) == [".github/ci/build"]
    assert entries(await desk.say("view", ".")) == []


async def test_case_39_directory_is_two_levels_deep_and_sorted_when_it_is_viewed(desk: Desk) -> None:
    for path in ("b/z/too deep", "b/a", "a", "b.txt", "B/x", "c10", "c9"):
        desk.write(path, "x")
    assert entries(await desk.say("view", ".")) == ["B/", "B/x", "a", "b/", "b/a", "b/z/", "b.txt", "c10", "c9"]


async def test_row_09_what_is_left_out_is_counted_when_a_directory_is_viewed(desk: Desk) -> None:
    for path in ("src/a.py", "src/__pycache__/a.pyc", "src/.cache", "node_modules/x", ".hidden/y"):
        desk.write(path, "x")
    said = await desk.say("view", ".")
    assert entries(said) == ["src/", "src/a.py"]
    assert {2, 4} <= numbers(said)


async def test_case_40_directory_is_listed_when_links_in_it_loop_or_lead_nowhere(desk: Desk) -> None:
    desk.write("src/a.py", "x")
    for link, target in [("loop", "loop"), ("here", "."), ("src/up", ".."), ("gone", "nothing"), ("out", "/")]:
        desk.at(link).symlink_to(target)
    assert entries(await desk.say("view", ".")) == ["gone", "here", "loop", "out", "src/", "src/a.py", "src/up"]


async def test_case_40_directory_is_listed_when_one_in_it_cannot_be_read(desk: Desk) -> None:
    desk.write("locked/a", "x")
    desk.write("open/b", "x")
    desk.at("locked").chmod(0)
    with modes_obeyed():
        assert entries(await desk.say("view", ".")) == ["locked/", "open/", "open/b"]
        assert "locked" in await desk.refusal("view", "locked")
    desk.at("locked").chmod(0o755)


@asynccontextmanager
async def in_time(pipe: Path) -> AsyncIterator[None]:
    """Fail after ten seconds, and let go whoever waits for a writer of a pipe."""
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))


async def test_case_41_nothing_hangs_when_a_path_is_no_regular_file(desk: Desk) -> None:
    os.mkfifo(desk.at("pipe"))
    os.mknod(desk.at("socket"), stat.S_IFSOCK | 0o644)
    desk.at("zero").symlink_to("/dev/zero")
    for path in ("pipe", "socket", "zero"):
        async with in_time(desk.at("pipe")):
            said = [
                await desk.refusal("view", path),
                await desk.refusal("view", path, view_range=[1, 2]),
                await desk.refusal("create", path, file_text="x"),
                await desk.refusal("str_replace", path, old_str="x", new_str="y"),
                await desk.refusal("insert", path, insert_line=0, **desk.inserted("x")),
            ]
        assert all(path in text for text in said)
    assert entries(await desk.say("view", ".")) == ["pipe", "socket", "zero"]


async def test_case_55_answers_are_bounded_when_one_line_is_huge(desk: Desk) -> None:
    desk.write("a", f"{'x' * 3_000_000}\nlast\n")
    said = [
        await desk.say("view", "a"),
        await desk.say("view", "a", view_range=[1, 2]),
        await desk.refusal("str_replace", "a", old_str="y" * 100_000, new_str="z"),
        await desk.refusal("str_replace", "a", old_str="xx", new_str="z"),
        await desk.refusal("create", "a", file_text="z" * 100_000),
        await desk.replace("a", "last", "LAST"),
        await desk.insert("a", 1, "y" * 1_000_000),
    ]
    assert max(map(len, said)) < LIMIT + NOTES
    assert 3_000_000 in numbers(said[0])
    assert await desk.rows("a", 3, 3) == [(3, "LAST")]


async def test_case_55_answers_are_bounded_when_what_was_sent_is_huge(desk: Desk) -> None:
    desk.write("a", "x\n" * 50_000)
    huge = "z" * 1_000_000
    for said in [
        await desk.refused({"command": huge, "path": "a"}),
        await desk.refused({"command": "view", "path": f"{desk.folder}/{huge}"}),
        await desk.refused({"command": "view", "path": "a", huge: 1}),
        await desk.refusal("view", "a", view_range=huge),
        await desk.refusal("str_replace", "a", old_str="x\n", new_str=huge),
    ]:
        assert len(said) < 1_000


async def test_case_56_whole_lines_are_shown_when_a_file_is_clipped(desk: Desk) -> None:
    desk.write("a", lines(1, 9_000, "some words and a number:"))
    said = await desk.say("view", "a")
    assert "\n<response clipped>\n" in said
    shown = rows(said)
    assert shown == [(number, f"some words and a number: {number}") for number in range(1, len(shown) + 1)]


async def test_case_56_whole_paths_are_listed_when_a_directory_is_clipped(desk: Desk) -> None:
    names = [f"a file with a long name, number {number:04}" for number in range(1_000)]
    for name in names:
        desk.at(name).touch()
    said = await desk.say("view", ".")
    shown, _, rest = said.partition("\n<response clipped>\n")
    listed = entries(shown)
    assert 400 < len(listed) < 700
    assert listed == names[: len(listed)]
    assert 1_000 - len(listed) in numbers(rest)


@pytest.mark.parametrize("more", [{}, {"view_range": [1, -1]}, {"view_range": [1, 50]}], ids=["whole", "all", "range"])
async def test_case_57_view_says_so_when_the_file_is_empty(more: dict[str, object], desk: Desk) -> None:
    desk.write("a", "")
    said = await desk.say("view", "a", **more)
    assert "empty" in said
    assert rows(said) == []


async def test_row_10_view_says_which_lines_and_how_to_go_on_when_it_is_clipped(desk: Desk) -> None:
    desk.write("a", lines(1, 9_000))
    said = await desk.say("view", "a")
    last = rows(said)[-1][0]
    assert 15_000 < len(said) < LIMIT + NOTES
    assert f"lines 1-{last} of 9000" in said.replace("9,000", "9000")
    assert f"[{last + 1}, -1]" in said.replace("9000]", "-1]")
    assert rows(await desk.say("view", "a", view_range=[last + 1, -1]))[0] == (last + 1, f"line {last + 1}")


async def test_row_10_max_characters_holds_when_it_is_given(desk: Desk) -> None:
    desk.write("a", lines(1, 9_000))
    assert len(await desk.other(limit=1_000).say("view", "a")) < 1_000 + NOTES
    said = await desk.other(limit=1_000_000).say("view", "a")
    assert rows(said)[-1] == (9_000, "line 9000")
    assert "clipped" not in said


@pytest.fixture(scope="module")
def large(workspace: Workspace) -> Iterator[str]:
    """A file that is larger than what is edited; its path."""
    path = workspace.base / "large"
    with path.open("w") as file:
        for _ in range(70):
            file.write(f"{LARGE_LINE}\n" * 65_536)
    yield "../large"
    path.unlink()


async def test_row_15_lines_are_shown_when_a_file_is_too_large_to_edit(large: str, desk: Desk) -> None:
    middle = LARGE_LINES // 2
    said = await desk.say("view", large, view_range=[middle, middle + 1])
    assert rows(said) == [(middle, LARGE_LINE), (middle + 1, LARGE_LINE)]
    assert LARGE_LINES in numbers(said)
    assert rows(await desk.say("view", large, view_range=[LARGE_LINES, -1])) == [(LARGE_LINES, LARGE_LINE)]
    assert len(await desk.say("view", large)) < LIMIT + NOTES


async def test_row_15_edit_is_refused_with_both_sizes_when_a_file_is_too_large(large: str, desk: Desk) -> None:
    for said in [
        await desk.refusal("str_replace", large, old_str="x", new_str="y"),
        await desk.refusal("insert", large, insert_line=0, **desk.inserted("x")),
        await desk.refusal("create", "new", file_text="x" * (EDIT_LIMIT + 1)),
    ]:
        assert EDIT_LIMIT in numbers(said)
        assert max(numbers(said)) > EDIT_LIMIT


def png(width: int, height: int) -> bytes:
    """A black picture."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows_of_pixels = zlib.compress((b"\0" + b"\0" * width) * height)
    chunks = [(b"IHDR", header), (b"IDAT", rows_of_pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@pytest.mark.parametrize(
    ("name", "data", "kind", "media_type"),
    [("a.png", png(3, 2), "image", "image/png"), ("a.pdf", PDF, "document", "application/pdf")],
    ids=["image", "document"],
)
async def test_row_16_picture_or_pdf_is_a_block_when_the_model_takes_them(
    name: str, data: bytes, kind: str, media_type: str, desk: Desk
) -> None:
    desk.write(name, data)
    if desk.version.type == "schema":
        said = await desk.refusal("view", name)
        assert name in said
        assert len(data) in numbers(said)
        return
    result = await desk.call("view", name)
    assert isinstance(result.content, list)
    text, shown = result.content
    assert (text["type"], shown["type"]) == ("text", kind)
    assert name in text["text"]
    assert shown["source"] == {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    assert not result.is_error


async def test_row_16_error_says_why_when_a_picture_cannot_be_looked_at(desk: Desk) -> None:
    desk.write("cut.png", png(30, 20)[:-12])
    desk.write("wide.png", png(8_001, 1))
    desk.write("large.png", png(3, 2) + bytes(4 * 1024 * 1024))
    for name in ("cut.png", "wide.png", "large.png"):
        assert name in await desk.refusal("view", name)
        assert name in await desk.refusal("insert", name, insert_line=0, **desk.inserted("x"))
