"""Proves what holds on a real disk: modes, links, names, others who write, calls at once, writes that fail."""

from __future__ import annotations

import asyncio
import os

import pytest

from copydesk.domain.policies import Mode
from tests.specification.desk import Desk, numbers
from tests.specification.hardship import full_disk, modes_obeyed

pytestmark = pytest.mark.anyio


async def test_case_31_mode_is_kept_when_a_file_is_edited(desk: Desk) -> None:
    desk.write("run", "one\n", 0o755)
    desk.write("private", "one\n", 0o600)
    desk.write("empty", "", 0o640)
    await desk.insert("run", 1, "two\n")
    await desk.replace("private", "one", "two")
    await desk.say("create", "empty", file_text="x\n")
    assert [desk.mode(name) for name in ("run", "private", "empty")] == [0o755, 0o600, 0o640]


@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0o002, 0o664)])
async def test_case_32_mode_is_what_the_umask_leaves_when_a_file_is_created(umask: int, mode: int, desk: Desk) -> None:
    before = os.umask(umask)
    try:
        await desk.say("create", "folder/a", file_text="x\n")
    finally:
        os.umask(before)
    assert (desk.mode("folder/a"), desk.mode("folder")) == (mode, 0o777 & ~umask)


async def test_case_33_link_stays_and_its_file_changes_when_it_is_edited(desk: Desk) -> None:
    desk.write("real/a", "one\n", 0o640)
    links = {"link": "real/a", "real/chain": "../link", "folder": "real"}
    for name, target in links.items():
        desk.at(name).symlink_to(target)
    assert "real/a" in await desk.replace("link", "one", "two")
    assert "real/a" in await desk.insert("real/chain", 1, "three\n")
    assert "real/a" in await desk.replace("folder/a", "three", "four")
    assert "real/b" in await desk.say("create", "folder/b", file_text="x\n")
    assert {name: str(desk.at(name).readlink()) for name in links} == links
    assert (desk.text("real/a"), desk.mode("real/a"), desk.text("real/b")) == ("two\nfour\n", 0o640, "x\n")


async def test_case_33_link_is_refused_when_it_is_absolute_or_leaves_the_root(desk: Desk) -> None:
    desk.write("a", "one\n")
    (desk.workspace.base.parent / "beside").write_text("kept outside\n")
    desk.at("absolute").symlink_to(desk.at("a"))
    desk.at("leaving").symlink_to("../../beside")
    desk.at("loop").symlink_to("loop")
    for link in ("absolute", "leaving", "loop"):
        assert "kept outside" not in await desk.refusal("view", link)
        assert link in await desk.refusal("str_replace", link, old_str="e", new_str="x")


async def test_case_34_other_name_keeps_the_content_when_a_hard_link_is_edited(desk: Desk) -> None:
    desk.write("a", "one\n")
    desk.at("other").hardlink_to(desk.at("a"))
    assert "hard link" in await desk.replace("a", "one", "two")
    assert (desk.text("a"), desk.text("other")) == ("two\n", "one\n")
    assert "hard link" not in await desk.insert("a", 1, "three\n")


@pytest.mark.parametrize("target", ["../../outside", "absolute", "../../../elsewhere/outside"])
async def test_case_35_nothing_is_created_outside_when_a_link_dangles(target: str, desk: Desk) -> None:
    outside = desk.workspace.base.parent / "outside"
    desk.at("link").symlink_to(outside if target == "absolute" else target)
    desk.at("folder").symlink_to("../..")
    said = await desk.refusal("create", "link", file_text="x")
    assert "link" in said
    await desk.refusal("create", "folder/outside", file_text="x")
    assert not outside.exists()
    assert desk.at("link").is_symlink()


async def test_case_35_file_is_created_where_the_link_leads_when_that_is_inside(desk: Desk) -> None:
    desk.at("link").symlink_to("new")
    await desk.say("create", "link", file_text="x")
    assert desk.text("new") == "x"
    assert desk.at("link").is_symlink()


async def test_case_36_sibling_is_outside_when_its_name_begins_like_the_root(desk: Desk) -> None:
    base = desk.workspace.base
    sibling = base.with_name(f"{base.name}2")
    sibling.mkdir(exist_ok=True)
    (sibling / "secret").write_text("kept outside\n")
    for path in (f"{sibling}/secret", f"{base}/../{sibling.name}/secret", f"../../{sibling.name}/secret"):
        assert "kept outside" not in await desk.refusal("view", path)
        await desk.refusal("str_replace", path, old_str="kept", new_str="x")
        await desk.refusal("create", f"{path}2", file_text="x")
    assert [path.name for path in sibling.iterdir()] == ["secret"]
    assert (sibling / "secret").read_text() == "kept outside\n"


async def test_case_36_name_is_taken_when_it_only_looks_like_a_way_out(desk: Desk) -> None:
    for name in ("a..b.txt", "backup~.txt", "..a", "...", "~root", "a\\b", "%2e%2e"):
        desk.write(name, f"{name}\n")
        assert await desk.rows(name) == [(1, name)]
    await desk.say("create", "...x/~root/..b", file_text="x\n")
    assert desk.text("...x/~root/..b") == "x\n"


async def test_case_48_edit_is_made_in_what_the_disk_holds_when_others_wrote(desk: Desk) -> None:
    desk.write("a", "one\ntwo\n")
    await desk.rows("a")
    desk.write("a", "ONE\ntwo\n")
    await desk.replace("a", "two", "TWO")
    desk.write("a", "ONE\nTWO\nthree\n")
    await desk.insert("a", 3, "four\n")
    assert desk.text("a") == "ONE\nTWO\nthree\nfour\n"
    assert (4, "four") in await desk.rows("a")
    desk.at("a").unlink()
    assert "a does not exist" in await desk.refusal("str_replace", "a", old_str="four", new_str="x")


async def test_case_49_nothing_is_left_beside_a_file_when_it_is_edited(desk: Desk) -> None:
    await desk.say("create", "folder/a", file_text="one\n")
    await desk.replace("folder/a", "one", "two")
    await desk.insert("folder/a", 1, "three\n")
    await desk.refusal("str_replace", "folder/a", old_str="four", new_str="x")
    if desk.version.can_undo:
        await desk.say("undo_edit", "folder/a")
    assert set(desk.contents()) == {"folder", "folder/a"}
    assert all(path.name.startswith(("folder-",)) for path in desk.workspace.base.iterdir())


async def test_case_50_edit_is_made_when_a_file_was_touched_or_edited_by_the_model_itself(desk: Desk) -> None:
    desk.write("a", "one\n")
    await desk.rows("a")
    os.utime(desk.at("a"), (1, 1))
    await desk.replace("a", "one", "two")
    await desk.replace("a", "two", "three")
    os.utime(desk.at("a"))
    await desk.insert("a", 1, "four\n")
    assert desk.text("a") == "three\nfour\n"


async def test_case_51_every_edit_lands_when_they_come_at_once(desk: Desk) -> None:
    desk.write("a", "".join(f"<{number}>\n" for number in range(6)))
    path = f"{desk.folder}/a"
    edits = [
        {"command": "str_replace", "path": path, "old_str": f"<{number}>", "new_str": f"[{number}]" * 20}
        for number in range(6)
    ]
    inserts = [{"command": "insert", "path": path, "insert_line": 0, **desk.inserted(f"new {n}")} for n in range(3)]
    results = await asyncio.gather(*map(desk.unwatched, [*edits, *inserts]))
    assert not any(result.is_error for result in results)
    assert sorted(desk.text("a").split("\n")) == sorted(
        ["", *(f"[{number}]" * 20 for number in range(6)), *(f"new {number}" for number in range(3))]
    )


async def test_case_51_every_edit_that_was_told_landed_when_two_sessions_edit_at_once(desk: Desk) -> None:
    desk.write("a", "first\n")
    path, other = f"{desk.folder}/a", desk.other()
    calls = [
        session.unwatched({"command": "insert", "path": path, "insert_line": 0, **desk.inserted(f"line of {number}")})
        for number, session in enumerate([desk, other] * 3)
    ]
    results = await asyncio.gather(*calls)
    landed = [f"line of {number}" for number, result in enumerate(results) if not result.is_error]
    assert landed
    assert sorted(desk.text("a").split()) == sorted(["first", *" ".join(landed).split()])


@pytest.mark.parametrize("command", ["str_replace", "insert"])
async def test_case_53_file_is_whole_when_the_disk_is_full(command: str, desk: Desk) -> None:
    text = "0123456789\n" * 5_000 + "end\n"
    desk.write("a", text)
    more = "x" * 200_000
    given: dict[str, dict[str, object]] = {
        "str_replace": {"old_str": "end", "new_str": more},
        "insert": {"insert_line": 1, **desk.inserted(more)},
    }
    with full_disk(100_000):
        assert "No change was made." in await desk.refusal(command, "a", **given[command])
    assert desk.text("a") == text
    await desk.say(command, "a", **given[command])
    assert len(desk.data("a")) > 200_000


async def test_case_53_no_file_and_no_directory_is_left_when_the_disk_is_full(desk: Desk) -> None:
    with full_disk(100_000):
        assert "No change was made." in await desk.refusal("create", "new/deep/a", file_text="x" * 200_000)
    assert desk.contents() == {}


async def test_case_53_file_is_whole_when_its_directory_may_not_be_written(desk: Desk) -> None:
    desk.write("locked/a", "one\n")
    desk.at("locked").chmod(0o555)
    with modes_obeyed():
        assert "locked/a" in await desk.refusal("str_replace", "locked/a", old_str="one", new_str="two")
        assert "locked/b" in await desk.refusal("create", "locked/b", file_text="x")
    desk.at("locked").chmod(0o755)
    assert desk.text("locked/a") == "one\n"


async def test_case_54_directories_are_made_when_a_file_is_created_in_them(desk: Desk) -> None:
    await desk.say("create", "one/two/three/a", file_text="x\n")
    assert desk.text("one/two/three/a") == "x\n"


async def test_case_59_every_failure_is_an_error_when_a_call_cannot_be_carried_out(desk: Desk) -> None:
    desk.write("read-only", "one\n", 0o444)
    desk.write("closed", "one\n", 0)
    desk.write(".env", "KEY=hidden\n")
    desk.write("a", "one\n")
    change = {"old_str": "one", "new_str": "two"}
    with modes_obeyed():
        assert "is read-only" in await desk.refusal("str_replace", "read-only", **change)
        assert "Permission denied" in await desk.refusal("view", "closed")
    assert "is read-only" in await desk.refusal("insert", "read-only", insert_line=0, **desk.inserted("x"))
    assert "hidden" not in await desk.refusal("view", ".env")
    assert "Mode plan" in await desk.other(mode=Mode.PLAN).refusal("str_replace", "a", **change)
    assert "Nobody can be asked" in await desk.other(mode=Mode.ASK).refusal("str_replace", "a", **change)
    assert (await desk.call("view", "a")).is_error is False


async def test_row_01_path_is_relative_to_the_root_when_it_is_not_absolute(desk: Desk) -> None:
    desk.write("a", "one\n")
    base = desk.workspace.base
    for given in (f"{desk.folder}/a", f"./{desk.folder}//x/../a", f"{base}/{desk.folder}/a"):
        result = await desk.run({"command": "view", "path": given})
        assert result.text.startswith(f"{desk.folder}/a, lines 1-1")
        assert str(base) not in result.text


async def test_row_01_error_names_the_root_and_the_file_when_a_root_is_invented(desk: Desk) -> None:
    desk.write("src/a.py", "one\n")
    for command, more in [("view", {}), ("str_replace", {"old_str": "one", "new_str": "two"})]:
        result = await desk.run({"command": command, "path": f"/repo/{desk.folder}/src/a.py", **more})
        assert result.is_error
        assert str(desk.workspace.base) in result.text
        assert f"{desk.folder}/src/a.py?" in result.text
    assert str(desk.workspace.base) in await desk.refusal("create", "/repo/new.py", file_text="x")


async def test_row_02_create_is_refused_with_the_line_count_when_the_file_has_content(desk: Desk) -> None:
    desk.write("a", "one\ntwo\nthree\n")
    said = await desk.refusal("create", "a", file_text="x")
    assert 3 in numbers(said)
    assert "str_replace" in said
    assert "view" in said
    assert desk.text("a") == "one\ntwo\nthree\n"


async def test_row_02_create_fills_the_file_when_it_is_empty(desk: Desk) -> None:
    desk.write("a", "", 0o600)
    await desk.say("create", "a", file_text="one\n")
    assert (desk.text("a"), desk.mode("a")) == ("one\n", 0o600)


async def test_row_03_missing_directories_are_made_when_none_of_them_is_a_file(desk: Desk) -> None:
    desk.write("file", "x")
    await desk.say("create", "new/a", file_text="one\n")
    await desk.say("create", "new/b", file_text="")
    assert (desk.text("new/a"), desk.text("new/b")) == ("one\n", "")
    assert "file" in await desk.refusal("create", "file/a", file_text="x")
