"""Proves that a model takes back its own last edit, byte for byte, and nothing that anybody else did."""

from __future__ import annotations

import codecs
import os

import pytest

from tests.specification.desk import Desk
from tests.specification.hardship import full_disk

pytestmark = pytest.mark.anyio


async def test_case_43_undo_takes_edits_back_one_by_one_when_it_is_repeated(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    await undo_desk.insert("a", 1, "three\n")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "two\n"
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "one\n"
    assert "a" in await undo_desk.refusal("undo_edit", "a")


async def test_case_43_undo_points_to_going_back_when_the_version_has_none(newer_desk: Desk) -> None:
    newer_desk.write("a", "one\n")
    await newer_desk.replace("a", "one", "two")
    said = await newer_desk.refusal("undo_edit", "a")
    assert "undo_edit" in said
    assert "rollback" in said
    assert "str_replace" in said
    assert newer_desk.text("a") == "two\n"


async def test_case_44_file_is_removed_when_its_creation_is_undone(undo_desk: Desk) -> None:
    await undo_desk.say("create", "a", file_text="one\n")
    said = await undo_desk.say("undo_edit", "a")
    assert "deleted" in said
    assert undo_desk.contents() == {}


async def test_case_44_file_is_empty_again_when_it_was_before_it_was_filled(undo_desk: Desk) -> None:
    undo_desk.write("a", "", 0o600)
    before = undo_desk.contents()
    await undo_desk.say("create", "a", file_text="one\n")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.contents() == before


async def test_case_45_undo_is_refused_when_somebody_wrote_since(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    undo_desk.write("a", "two\nand the person's\n")
    said = await undo_desk.refusal("undo_edit", "a")
    assert "a changed" in said
    assert undo_desk.text("a") == "two\nand the person's\n"


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + b"old\r\nb\nc\r\n\td",
        codecs.BOM_UTF16_LE + "old\r\n😀\n".encode("utf-16-le"),
        b"old caf\xe9 \xff\x80\r\n\x0c",
        b"old",
    ],
    ids=["mark and mixed ends", "utf-16", "no utf-8", "no final newline"],
)
async def test_case_46_every_byte_and_the_mode_come_back_when_an_edit_is_undone(data: bytes, undo_desk: Desk) -> None:
    undo_desk.write("a", data, 0o751)
    before = undo_desk.contents()
    await undo_desk.replace("a", "old", "new\nmore")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.contents() == before


async def test_case_47_earlier_edit_is_undone_when_the_last_one_failed(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    with full_disk(100_000):
        await undo_desk.refusal("insert", "a", insert_line=1, **undo_desk.inserted("x" * 200_000))
    await undo_desk.refusal("str_replace", "a", old_str="nowhere", new_str="x")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "one\n"


async def test_case_47_edit_can_be_undone_again_when_its_undo_failed(undo_desk: Desk) -> None:
    undo_desk.write("a", f"one\n{'x' * 200_000}\n")
    await undo_desk.replace("a", f"{'x' * 200_000}\n", "")
    with full_disk(100_000):
        await undo_desk.refusal("undo_edit", "a")
    await undo_desk.say("undo_edit", "a")
    assert len(undo_desk.data("a")) == 200_005


async def test_case_48_undo_reads_the_disk_when_a_file_was_edited_outside_between(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    undo_desk.write("a", "outside\ntwo\n")
    await undo_desk.replace("a", "two", "three")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "outside\ntwo\n"


async def test_case_50_undo_works_when_the_file_was_only_touched(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    os.utime(undo_desk.at("a"), (1, 1))
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "one\n"


async def test_row_11_every_edit_of_a_session_is_kept_as_bytes_when_there_are_many(undo_desk: Desk) -> None:
    undo_desk.write("a", b"0\xff\n")
    for number in range(12):
        await undo_desk.replace("a", str(number), str(number + 1))
    for number in reversed(range(12)):
        await undo_desk.say("undo_edit", "a")
        assert undo_desk.data("a") == f"{number}".encode() + b"\xff\n"
    assert list(undo_desk.contents()) == ["a"]
    assert all(path.name.startswith("folder-") for path in undo_desk.workspace.base.iterdir())


async def test_row_11_nothing_is_undone_when_another_session_made_the_edit(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    assert "a" in await undo_desk.other().refusal("undo_edit", "a")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "one\n"


async def test_row_12_directories_go_with_the_file_when_its_creation_is_undone(undo_desk: Desk) -> None:
    undo_desk.write("kept/b", "x")
    before = undo_desk.contents()
    await undo_desk.say("create", "kept/new/deep/a", file_text="one\n")
    await undo_desk.say("undo_edit", "kept/new/deep/a")
    assert undo_desk.contents() == before
    await undo_desk.say("create", "new/deep/a", file_text="one\n")
    undo_desk.write("new/theirs", "x")
    await undo_desk.say("undo_edit", "new/deep/a")
    assert undo_desk.contents().keys() - before.keys() == {"new", "new/theirs"}


async def test_row_12_file_stays_when_it_changed_since_its_creation(undo_desk: Desk) -> None:
    await undo_desk.say("create", "a", file_text="one\n")
    undo_desk.write("a", "one\ntheirs\n")
    assert "a changed" in await undo_desk.refusal("undo_edit", "a")
    assert undo_desk.text("a") == "one\ntheirs\n"


async def test_row_13_no_change_is_lost_when_somebody_wrote_or_deleted_since(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\ntwo\nthree\n")
    await undo_desk.replace("a", "one", "1")
    undo_desk.write("a", "1\ntwo\n3\n")
    await undo_desk.refusal("undo_edit", "a")
    undo_desk.at("a").unlink()
    await undo_desk.refusal("undo_edit", "a")
    undo_desk.write("a", "1\ntwo\nthree\n")
    await undo_desk.say("undo_edit", "a")
    assert undo_desk.text("a") == "one\ntwo\nthree\n"


async def test_row_13_undo_is_refused_when_the_file_was_made_read_only_since(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    undo_desk.at("a").chmod(0o444)
    assert "a is read-only" in await undo_desk.refusal("undo_edit", "a")


async def test_row_13_undo_keeps_permissions_when_they_were_set_since(undo_desk: Desk) -> None:
    undo_desk.write("a", "one\n")
    await undo_desk.replace("a", "one", "two")
    undo_desk.at("a").chmod(0o755)
    await undo_desk.say("undo_edit", "a")
    assert (undo_desk.text("a"), undo_desk.mode("a")) == ("one\n", 0o755)
