"""Owns the laws of going back: exact, all or nothing, never over what somebody else wrote, and itself undoable."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.changes import timeline
from copydesk.changes.steps import Operation, Step
from copydesk.domain.checkpoints import ConflictKind
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.proposals import FileImage
from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(desk: Desk) -> list[str]:
    """The rows' operations and states, oldest first."""
    return [f"{row.operation} {row.state}" for row in reversed(timeline.rows(desk.history.steps()))]


def last_edit(desk: Desk) -> Step:
    step = timeline.last_edit(desk.history.steps())
    assert step is not None
    return step


def test_bytes_and_mode_come_back_when_an_edit_is_taken_back(desk: Desk) -> None:
    desk.write("file", b"\xffold\r\n")
    (desk.base / "file").chmod(0o751)
    step = desk.edit("file", FileImage(b"new", 0o600))
    done = desk.go_back(step)
    assert done is not None
    assert (done.meta.operation, done.meta.target) == (Operation.ROLLBACK, step.number)
    assert desk.files.read("file") == FileImage(b"\xffold\r\n", 0o751)


def test_file_and_its_folders_go_when_a_creation_is_taken_back(desk: Desk) -> None:
    (desk.base / "kept").mkdir()
    desk.go_back(desk.edit("kept/a/b/file", b"x"))
    assert desk.names() == {"kept"}


def test_folder_stays_when_somebody_else_uses_it(desk: Desk) -> None:
    step = desk.edit("a/b/file", b"x")
    desk.write("a/theirs", b"theirs")
    desk.go_back(step)
    assert desk.names() == {"a", "a/theirs"}


def test_file_and_its_folder_come_back_when_a_deletion_is_taken_back(desk: Desk) -> None:
    desk.write("d/file", b"x")
    (desk.base / "d/file").chmod(0o600)
    step = desk.edit("d/file", None)
    (desk.base / "d").rmdir()
    desk.go_back(step)
    assert desk.files.read("d/file") == FileImage(b"x", 0o600)


def test_every_later_step_of_the_session_goes_too_when_an_earlier_one_is_taken_back(desk: Desk) -> None:
    desk.write("a", b"0")
    first = desk.edit("a", b"1", "s1")
    desk.edit("b", b"1", "s2")
    desk.edit("a", b"2", "s1")
    desk.edit("c", b"1", "s1")
    desk.go_back(first)
    assert desk.contents() == {"a": b"0", "b": b"1"}


def test_later_step_of_another_session_is_a_conflict(desk: Desk) -> None:
    desk.write("a", b"0\n")
    first = desk.edit("a", b"1\n", "s1")
    other = desk.edit("a", b"1\n2\n", "s2")
    (conflict,) = desk.plan(first).conflicts
    assert conflict.kind is ConflictKind.OTHER_SESSION
    assert conflict.reason == f"session s2 changed it in step {other.id}, which would be lost"
    with pytest.raises(RollbackConflict):
        desk.go_back(first)
    desk.go_back(other)
    assert desk.plan(first).conflicts == ()
    desk.go_back(first)
    assert desk.contents() == {"a": b"0\n"}


def test_edit_between_two_steps_comes_back_when_the_second_is_taken_back(desk: Desk) -> None:
    desk.edit("a", b"1")
    desk.write("a", b"1, and theirs")
    desk.go_back(desk.edit("a", b"2"))
    assert desk.contents() == {"a": b"1, and theirs"}


def replaced_by_link(base: Path) -> None:
    (base / "d/file").unlink()
    (base / "d/file").symlink_to("../other")


def folder_replaced_by_link(base: Path) -> None:
    (base / "d").rename(base / "moved")
    (base / "d").symlink_to("moved")


def replaced_by_folder(base: Path) -> None:
    (base / "d/file").unlink()
    (base / "d/file").mkdir()


def folder_replaced_by_file(base: Path) -> None:
    (base / "d/file").unlink()
    (base / "d").rmdir()
    (base / "d").write_bytes(b"theirs")


def replaced_by_fifo(base: Path) -> None:
    (base / "d/file").unlink()
    os.mkfifo(base / "d/file")


OUTSIDE_CHANGES: dict[Callable[[Path], object], str] = {
    lambda base: (base / "d/file").write_bytes(b"theirs"): "changed outside copydesk since",
    lambda base: (base / "d/file").unlink(): "changed outside copydesk since",
    lambda base: (base / "d/file").chmod(0o755): "changed outside copydesk since",
    replaced_by_link: "reached through a symbolic link",
    folder_replaced_by_link: "reached through a symbolic link",
    replaced_by_folder: "not a regular file",
    folder_replaced_by_file: "not a regular file",
    replaced_by_fifo: "not a regular file",
}


@pytest.mark.parametrize(("change", "reason"), OUTSIDE_CHANGES.items(), ids=range(len(OUTSIDE_CHANGES)))
def test_invariant_8_no_file_moves_when_one_was_changed_outside(
    desk: Desk, change: Callable[[Path], object], reason: str
) -> None:
    desk.write("other", b"other")
    desk.write("d/file", b"old")
    step = desk.apply([desk.change("a", b"a"), desk.change("d/file", b"new")])
    change(desk.base)
    before = desk.names(), desk.contents()
    with pytest.raises(RollbackConflict, match=reason) as refused:
        desk.go_back(step)
    assert refused.value.paths == ("d/file",)
    assert (desk.names(), desk.contents()) == before
    assert desk.history.steps() == [step]


def test_invariant_8_edit_between_two_steps_is_not_lost_when_both_are_taken_back(desk: Desk) -> None:
    first = desk.edit("a", b"1")
    desk.write("a", b"1, and theirs")
    second = desk.edit("a", b"2")
    reason = f"it was changed outside copydesk between {first.id} and {second.id}"
    (conflict,) = desk.plan(first).preview.conflicts
    assert (conflict.kind, conflict.sentence) == (ConflictKind.CHANGED_BETWEEN, f"a: {reason}.")


def test_nothing_is_moved_when_the_file_changed_after_the_plan(desk: Desk) -> None:
    plan = desk.plan(desk.edit("a", b"1"))
    desk.write("a", b"theirs")
    with pytest.raises(RollbackConflict, match="changed on disk"):
        desk.carry_out(plan)
    assert desk.contents() == {"a": b"theirs"}


def test_nothing_is_moved_when_another_step_came_after_the_plan(desk: Desk) -> None:
    plan = desk.plan(desk.edit("a", b"1"))
    desk.edit("b", b"1", "s2")
    with pytest.raises(RollbackConflict, match="changed on disk"):
        desk.carry_out(plan)
    assert desk.contents() == {"a": b"1", "b": b"1"}


def test_nothing_is_done_when_the_files_are_back_already(desk: Desk) -> None:
    desk.write("a", b"0")
    step = desk.edit("a", b"1")
    desk.write("a", b"0")
    assert desk.plan(step).conflicts == ()
    assert desk.go_back(step) is None


def test_nothing_is_done_when_the_step_was_not_applied(desk: Desk) -> None:
    desk.write("a", b"0")
    step = desk.begin([desk.change("a", b"1")])
    desk.applier.recover()
    assert desk.go_back(step) is None
    assert timeline.last_edit(desk.history.steps()) is None


def test_rollback_is_undone_when_it_is_redone(desk: Desk) -> None:
    desk.write("a", b"0")
    steps = [desk.edit("a", b"1"), desk.edit("d/b", b"1"), desk.edit("a", None)]
    desk.go_back(steps[0])
    assert states(desk) == ["edit undone", "edit undone", "edit undone", "rollback applied"]
    done = desk.redo()
    assert done is not None
    assert done.meta.operation is Operation.REDO
    assert desk.contents() == {"d/b": b"1"}
    assert states(desk) == ["edit applied", "edit applied", "edit applied", "rollback undone", "redo applied"]
    assert desk.plan_redo() is None


def test_rollbacks_are_redone_one_by_one_when_there_were_several(desk: Desk) -> None:
    for number in range(1, 4):
        desk.edit("a", b"%d" % number)
    seen = []
    for _ in range(3):
        desk.go_back(last_edit(desk))
        seen.append(desk.contents().get("a"))
    for _ in range(3):
        desk.redo()
        seen.append(desk.contents().get("a"))
    assert seen == [b"2", b"1", None, b"1", b"2", b"3"]
    assert desk.plan_redo() is None
    assert last_edit(desk).number == 3


def test_there_is_no_redo_when_an_edit_came_after_the_rollback(desk: Desk) -> None:
    desk.go_back(desk.edit("a", b"1"))
    desk.edit("a", b"2")
    assert desk.plan_redo() is None


def test_redo_is_refused_when_the_file_changed_after_the_rollback(desk: Desk) -> None:
    desk.write("a", b"0")
    desk.go_back(desk.edit("a", b"1"))
    desk.write("a", b"theirs")
    with pytest.raises(RollbackConflict):
        desk.redo()
    assert desk.contents() == {"a": b"theirs"}


def test_first_step_of_the_turn_is_found_when_other_sessions_wrote_in_between(desk: Desk) -> None:
    desk.edit("a", b"0", "s1", "1")
    first = desk.edit("a", b"1", "s1", "2")
    desk.edit("b", b"1", "s2", "2")
    last = desk.edit("a", b"2", "s1", "2")
    lonely = desk.edit("c", b"1")
    steps = desk.history.steps()
    assert timeline.first_of_turn(steps, last) == first
    assert timeline.first_of_turn(steps, lonely) == lonely


def test_rows_say_not_applied_when_a_step_was_interrupted(desk: Desk) -> None:
    desk.begin([desk.change("a", b"1\n")])
    desk.applier.recover()
    [row] = timeline.rows(desk.history.steps())
    assert (row.operation, row.state, row.paths, row.added) == ("edit", "not applied", ("a",), 1)


def test_edits_are_undone_from_the_last_when_the_model_undoes(desk: Desk) -> None:
    first = desk.edit("a", b"1")
    second = desk.edit("a", b"2")
    desk.edit("b", b"2")
    assert timeline.undoable(desk.history.steps(), "a", "s1") == (second, second.files[0])
    desk.apply([desk.change("a", b"1")], undo=True)
    assert timeline.undoable(desk.history.steps(), "a", "s1") == (first, first.files[0])
    desk.apply([desk.change("a", None)], undo=True)
    assert timeline.undoable(desk.history.steps(), "a", "s1") is None


def test_an_edit_can_not_be_undone_when_it_is_of_another_session_or_was_rolled_back(desk: Desk) -> None:
    desk.edit("a", b"1")
    step = desk.edit("a", b"2")
    assert timeline.undoable(desk.history.steps(), "a", "s2") is None
    desk.go_back(step)
    assert timeline.undoable(desk.history.steps(), "a", "s1") is None


def test_step_that_is_gone_before_is_named_in_the_title(desk: Desk) -> None:
    step = desk.edit("a", b"1")
    done = desk.go_back(step)
    assert done is not None
    assert done.meta.title == f"Return to before {step.id}"


def test_all_paths_and_reasons_are_told_when_it_is_refused(desk: Desk) -> None:
    step = desk.apply([desk.change("a", b"1"), desk.change("b", b"1")])
    desk.write("a", b"theirs")
    desk.write("b", b"theirs")
    with pytest.raises(RollbackConflict) as refused:
        desk.go_back(step)
    assert refused.value.paths == ("a", "b")
    assert str(refused.value).count(f"it was changed outside copydesk since {step.id}") == 2
