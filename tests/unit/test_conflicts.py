"""Owns the laws of what stands in the way of going back: told exactly where something would be lost, and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copydesk.changes import conflicts
from copydesk.changes.steps import Step
from copydesk.domain.checkpoints import Answers, ConflictKind, FileConflict, Remedy
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.proposals import FileImage
from tests.desk import Desk
from tests.overlay_desk import OverlayDesk

KEEP, RESTORE, MERGE = Answers(Remedy.KEEP), Answers(Remedy.RESTORE), Answers(Remedy.MERGE)
LINES = b"1\n2\n3\n4\n5\n"


@pytest.fixture
def desk(tmp_path: Path) -> OverlayDesk:
    return OverlayDesk(tmp_path)


def conflict_of(desk: Desk, step: Step) -> FileConflict:
    (conflict,) = desk.plan(step).conflicts
    return conflict


def test_change_since_is_told_with_all_remedies_when_it_merges(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", b"one\n2\n3\n4\n5\n")
    desk.write("a", b"one\n2\n3\n4\nfive\n")
    conflict = conflict_of(desk, step)
    assert conflict.kind is ConflictKind.CHANGED_SINCE
    assert conflict.sentence == f"a: it was changed outside copydesk since {step.id}."
    assert conflict.remedies == (Remedy.KEEP, Remedy.RESTORE, Remedy.MERGE)


def test_what_is_lost_and_what_comes_is_shown_when_a_file_changed_since(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", b"one\n2\n3\n4\n5\n")
    desk.write("a", b"one\n2\n3\n4\nfive\n")
    conflict = conflict_of(desk, step)
    assert conflict.theirs
    assert conflict.restored
    assert conflict.merged
    changed = [(diff.added, diff.removed) for diff in (conflict.theirs, conflict.restored, conflict.merged)]
    assert changed == [(1, 1), (2, 2), (1, 1)]


def test_merge_is_not_offered_and_its_places_are_told_when_both_changed_a_line(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", b"one\n2\n3\n4\n5\n")
    desk.write("a", b"ONE\n2\n3\n4\n5\n")
    conflict = conflict_of(desk, step)
    assert conflict.remedies == (Remedy.KEEP, Remedy.RESTORE)
    assert [place.theirs.text for place in conflict.places] == ["ONE\n"]
    with pytest.raises(RollbackConflict):
        desk.go_back(step, answers=MERGE)
    assert desk.contents() == {"a": b"ONE\n2\n3\n4\n5\n"}


def test_change_between_is_told_though_the_last_step_stands(desk: Desk) -> None:
    first = desk.edit("a", b"1\n")
    desk.write("a", b"1\ntheirs\n")
    last = desk.edit("a", b"2\ntheirs\n")
    conflict = conflict_of(desk, first)
    assert conflict.kind is ConflictKind.CHANGED_BETWEEN
    assert conflict.reason == f"it was changed outside copydesk between {first.id} and {last.id}"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda place: place.symlink_to("b")])
def test_only_keeping_is_offered_when_no_file_stands_there(desk: Desk, make: object) -> None:
    desk.write("b", b"b")
    step = desk.edit("a", b"1")
    (desk.base / "a").unlink()
    make(desk.base / "a")  # type: ignore[operator]
    conflict = conflict_of(desk, step)
    assert (conflict.kind, conflict.remedies) == (ConflictKind.NOT_A_FILE, (Remedy.KEEP,))
    with pytest.raises(RollbackConflict):
        desk.go_back(step, answers=RESTORE)


def test_only_keeping_is_offered_when_the_file_has_grown_too_large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    step = desk.edit("a", b"1")
    desk.write("a", b"larger")
    monkeypatch.setattr(conflicts, "MERGE_LIMIT", 3)
    conflict = conflict_of(desk, step)
    assert (conflict.reason, conflict.remedies) == ("it has grown too large to be compared", (Remedy.KEEP,))


def test_only_keeping_is_offered_when_an_edit_waits_for_a_review(desk: OverlayDesk) -> None:
    step = desk.edit("a", b"1")
    desk.propose({"a": b"2"})
    conflict = conflict_of(desk, step)
    assert (conflict.kind, conflict.remedies) == (ConflictKind.WAITING, (Remedy.KEEP,))
    assert conflict.sentence == "a: an edit of it waits for a review in session s1."
    assert desk.go_back(step, answers=KEEP) is None


def test_file_stays_and_the_others_go_when_it_is_kept(desk: Desk) -> None:
    step = desk.apply([desk.change("a", b"1"), desk.change("b", b"1")])
    desk.write("a", b"theirs")
    done = desk.go_back(step, answers=KEEP)
    assert done is not None
    assert (desk.contents(), done.paths) == ({"a": b"theirs"}, ("b",))
    assert [undone.path for undone in done.meta.undoes] == ["b"]


def test_bytes_of_others_come_back_when_what_was_restored_is_redone(desk: Desk) -> None:
    desk.write("a", b"0")
    step = desk.edit("a", b"1")
    desk.write("a", b"theirs")
    (desk.base / "a").chmod(0o600)
    desk.go_back(step, answers=RESTORE)
    assert desk.contents() == {"a": b"0"}
    desk.redo()
    assert desk.files.read("a") == FileImage(b"theirs", 0o600)


def test_lines_and_mode_of_others_stay_when_it_is_merged(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", b"one\n2\n3\n4\n5\n")
    desk.write("a", b"one\n2\n3\n4\nfive\n")
    (desk.base / "a").chmod(0o700)
    done = desk.go_back(step, answers=MERGE)
    assert done is not None
    assert desk.files.read("a") == FileImage(b"1\n2\n3\n4\nfive\n", 0o700)
    assert done.meta.undone_in("a") == (step.number,)


def test_only_the_session_s_lines_go_when_two_sessions_are_merged_apart(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n", "s1")
    desk.edit("a", b"one\n2\n3\n4\nfive\n", "s2")
    done = desk.go_back(first, answers=MERGE)
    assert done is not None
    assert desk.contents() == {"a": b"1\n2\n3\n4\nfive\n"}
    assert done.meta.undone_in("a") == (1,)


def test_other_session_s_step_is_taken_back_too_when_it_is_restored(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n", "s1")
    desk.edit("a", b"one\n2\n3\n4\nfive\n", "s2")
    done = desk.go_back(first, answers=RESTORE)
    assert done is not None
    assert (desk.contents(), done.meta.undone_in("a")) == ({"a": LINES}, (1, 2))


def test_it_is_no_conflict_when_the_other_session_took_its_step_back(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n", "s1")
    desk.go_back(desk.edit("a", b"one\n2\n3\n4\nfive\n", "s2"))
    assert desk.plan(first).conflicts == ()


def test_rollback_of_another_session_is_a_conflict_when_it_would_be_taken_back(desk: Desk) -> None:
    desk.write("a", LINES)
    other = desk.edit("a", b"one\n2\n3\n4\n5\n", "s2")
    step = desk.edit("a", b"one\n2\n3\n4\nfive\n", "s1")
    desk.go_back(other, answers=MERGE)
    assert conflict_of(desk, step).kind is ConflictKind.OTHER_SESSION
    desk.go_back(step, answers=MERGE)
    assert desk.contents() == {"a": LINES}


def test_file_is_left_alone_when_only_another_session_took_it_back_since(desk: Desk) -> None:
    desk.write("a", LINES)
    other = desk.edit("a", b"theirs\n", "s2")
    step = desk.edit("b", b"1\n", "s1")
    desk.go_back(other)
    assert desk.plan(step).proposal.paths == ("b",)


def test_it_is_no_conflict_when_what_others_wrote_was_given_up_before(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n")
    desk.write("a", b"theirs\n")
    desk.edit("a", b"theirs and mine\n")
    desk.go_back(first, answers=RESTORE)
    desk.edit("a", b"1\n2\n3\n4\n5\n6\n")
    assert desk.plan(first).conflicts == ()
    desk.go_back(first)
    assert desk.contents() == {"a": LINES}


def test_rows_tell_what_is_on_disk_when_a_restored_rollback_is_taken_back_in_part(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n", "s1")
    other = desk.edit("a", b"one\n2\n3\n4\nfive\n", "s2")
    desk.go_back(first, answers=RESTORE)
    assert conflict_of(desk, other).kind is ConflictKind.OTHER_SESSION
    done = desk.go_back(other, answers=RESTORE)
    assert done is not None
    assert (desk.contents(), done.meta.undone_in("a")) == ({"a": b"one\n2\n3\n4\n5\n"}, (2, 3))


def test_nothing_is_written_when_the_merge_is_what_is_on_disk(desk: Desk) -> None:
    desk.write("a", b"0\n")
    step = desk.edit("a", b"1\n")
    desk.go_back(step)
    desk.write("a", b"theirs\n")
    assert desk.plan(step, answers=MERGE).kept == ("a",)
    assert desk.go_back(step, answers=MERGE) is None


def test_mode_of_others_stays_when_a_step_that_changed_it_is_merged(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", FileImage(b"one\n2\n3\n4\n5\n", 0o755))
    (desk.base / "a").chmod(0o600)
    desk.go_back(step, answers=MERGE)
    assert desk.files.read("a") == FileImage(LINES, 0o600)


def test_mode_goes_back_too_when_only_the_step_changed_it(desk: Desk) -> None:
    desk.write("a", LINES)
    step = desk.edit("a", FileImage(b"one\n2\n3\n4\n5\n", 0o755))
    desk.write("a", b"one\n2\n3\n4\nfive\n")
    desk.go_back(step, answers=MERGE)
    assert desk.files.read("a") == FileImage(b"1\n2\n3\n4\nfive\n", 0o644)


def test_what_is_lost_is_shown_when_another_session_edited_last(desk: Desk) -> None:
    desk.write("a", LINES)
    first = desk.edit("a", b"one\n2\n3\n4\n5\n", "s1")
    desk.edit("a", b"one\n2\n3\n4\nfive\n", "s2")
    theirs = conflict_of(desk, first).theirs
    assert theirs is not None
    assert (theirs.added, theirs.removed) == (1, 1)
