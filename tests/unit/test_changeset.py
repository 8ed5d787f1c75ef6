"""Owns the law of the changeset: one change a file against the disk as it is, and nobody's bytes are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.changes import rebasing
from copydesk.changes.changeset import Changeset, compute
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.proposals import FileChange, FileImage
from tests.overlay_desk import OverlayDesk

LINES = b"".join(b"line %d\n" % number for number in range(1, 21))
FIRST, LAST = LINES.replace(b"line 2\n", b"model\n"), LINES.replace(b"line 19\n", b"person\n")


@pytest.fixture
def desk(tmp_path: Path) -> OverlayDesk:
    desk = OverlayDesk(tmp_path)
    desk.write("a", LINES)
    desk.write("d/b", b"two\n")
    return desk


def computed(desk: OverlayDesk) -> Changeset:
    return compute(desk.overlay, desk.files)


def only_change(desk: OverlayDesk) -> FileChange:
    found = computed(desk)
    assert found.conflicts == ()
    (file,) = found.files
    return file.change


def only_reason(desk: OverlayDesk) -> str:
    found = computed(desk)
    assert found.files == ()
    (conflict,) = found.conflicts
    return conflict.reason


def land(desk: OverlayDesk) -> None:
    """Write all that is offered, as an accepted review does."""
    found = computed(desk)
    meta = StepMeta(Operation.EDIT, "s1", emptied_directories=found.emptied_directories)
    desk.applier.apply(found.as_proposal("review").changes, meta)


def test_one_change_a_file_is_offered_when_edits_of_several_were_gathered(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1\n"})
    desk.propose({"new/c": b"made\n", "a": b"2\n"})
    desk.propose({"d/b": None})
    found = computed(desk)
    assert [(file.change.path, file.proposals, file.is_rebased) for file in found.files] == [
        ("a", ("p1", "p2"), False),
        ("new/c", ("p2",), False),
        ("d/b", ("p3",), False),
    ]
    assert [(c.before and c.before.data, c.after and c.after.data) for c in found.as_proposal("x").changes] == [
        (LINES, b"2\n"),
        (None, b"made\n"),
        (b"two\n", None),
    ]
    assert found.proposals == ("p1", "p2", "p3")
    assert found.paths == ("a", "new/c", "d/b")


def test_tree_is_exactly_as_shown_when_all_is_landed(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1\n", "new/c": b"made\n", "d/b": None})
    land(desk)
    assert desk.contents() == {"a": b"1\n", "new/c": b"made\n"}
    found = computed(desk)
    assert (found.files, found.conflicts, found.unchanged) == ((), (), ("a", "new/c", "d/b"))


def test_nothing_is_offered_when_the_edits_cancel_each_other(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1\n", "new": b"x"})
    desk.propose({"a": LINES})
    desk.propose({"new": None}, undo=True)
    desk.write("a", b"somebody else's\n")
    (desk.base / "new").mkdir()
    found = computed(desk)
    assert (found.files, found.conflicts, found.unchanged) == ((), (), ("a", "new"))


def test_change_of_others_is_kept_when_it_is_elsewhere_in_the_file(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    desk.write("a", LAST)
    (file,) = computed(desk).files
    assert file.is_rebased
    assert file.change.before == FileImage(LAST, 0o644)
    assert file.change.after == FileImage(FIRST.replace(b"line 19\n", b"person\n"), 0o644)
    assert (file.change.diff.added, file.change.diff.removed) == (1, 1)
    land(desk)
    assert desk.contents()["a"] == FIRST.replace(b"line 19\n", b"person\n")


def test_conflict_is_shown_and_nothing_offered_when_others_changed_the_same_lines(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST, "new": b"x"})
    desk.write("a", LINES.replace(b"line 2\n", b"person\n"))
    found = computed(desk)
    assert [file.change.path for file in found.files] == ["new"]
    (conflict,) = found.conflicts
    assert conflict.reason == "a is not changed: the same lines were changed on disk meanwhile."
    assert conflict.proposals == ("p1",)
    (place,) = conflict.places
    assert (place.base.text, place.ours.text, place.theirs.text) == ("line 2\n", "model\n", "person\n")
    assert place.ours.first == 2


def test_only_the_contradicting_places_are_overruled(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    desk.write("a", LAST.replace(b"line 2\n", b"person too\n"))
    found = compute(desk.overlay, desk.files, ["a"])
    (file,) = found.files
    assert file.change.after == FileImage(LAST.replace(b"line 2\n", b"model\n"), 0o644)
    assert (file.change.diff.added, file.change.diff.removed, found.conflicts) == (1, 1, ())
    assert found.digest != computed(desk).digest


@pytest.mark.parametrize("how", ["deleted", "appeared", "to be deleted", "binary"])
def test_file_that_contradicts_as_a_whole_is_not_overruled(desk: OverlayDesk, how: str) -> None:
    proposed: dict[str, bytes | None] = {"new": b"model\n"} if how == "appeared" else {"a": FIRST}
    desk.propose({"a": None} if how == "to be deleted" else proposed)
    if how == "deleted":
        (desk.base / "a").unlink()
    else:
        desk.write("new" if how == "appeared" else "a", b"\0" if how == "binary" else b"person\n")
    found = compute(desk.overlay, desk.files, ["a", "new"])
    assert (len(found.conflicts), found.files) == (1, ())
    assert found.conflicts[0].overruling is None


def test_nothing_is_offered_when_others_made_the_same_change(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    desk.write("a", FIRST.replace(b"line 19\n", b"person\n"))
    assert computed(desk).unchanged == ("a",)


def test_rest_is_offered_again_when_part_of_it_is_on_disk(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST.replace(b"line 19\n", b"also model\n")})
    desk.write("a", FIRST)
    assert only_change(desk).after == FileImage(FIRST.replace(b"line 19\n", b"also model\n"), 0o644)


def test_file_is_in_conflict_when_it_was_deleted_meanwhile(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    (desk.base / "a").unlink()
    assert only_reason(desk) == "a is not changed: it was deleted on disk meanwhile."


def test_deletion_is_in_conflict_when_the_file_was_changed_meanwhile(desk: OverlayDesk) -> None:
    desk.propose({"a": None})
    desk.write("a", LAST)
    assert only_reason(desk) == "a is not changed: it is to be deleted, and was changed on disk meanwhile."


def test_creation_is_in_conflict_when_another_file_appeared_meanwhile(desk: OverlayDesk) -> None:
    desk.propose({"new": b"model\n"})
    desk.write("new", b"person\n")
    assert only_reason(desk) == "new is not changed: another file of this name appeared on disk meanwhile."


def test_file_is_in_conflict_when_it_became_a_directory(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    (desk.base / "a").unlink()
    (desk.base / "a").mkdir()
    assert only_reason(desk) == "a is not changed: on disk, a is not a regular file."


@pytest.mark.parametrize("target", ["d/b", "a2", "/etc/hostname", "../outside"])
def test_file_is_in_conflict_when_it_became_a_link(desk: OverlayDesk, target: str) -> None:
    desk.propose({"a": FIRST})
    (desk.base / "a").rename(desk.base / "a2")
    (desk.base / "a").symlink_to(target)
    assert only_reason(desk).startswith("a is not changed: ")
    assert "link" in only_reason(desk)


def test_file_is_in_conflict_when_its_directory_became_a_link_to_another(desk: OverlayDesk) -> None:
    desk.propose({"d/b": b"TWO\n"})
    (desk.base / "d").rename(desk.base / "e")
    (desk.base / "d").symlink_to("e")
    assert only_reason(desk) == "d/b is not changed: it is reached through a symbolic link now."


def test_creation_is_in_conflict_when_its_directory_became_a_file(desk: OverlayDesk) -> None:
    desk.propose({"new/c": b"x"})
    desk.write("new", b"in the way")
    assert only_reason(desk) == "new/c is not changed: on disk, new is not a directory."


def test_file_is_in_conflict_when_it_grew_too_large(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    with (desk.base / "a").open("r+b") as file:
        file.truncate(rebasing.MERGE_LIMIT + 1)
    assert only_reason(desk) == "a is not changed: it has grown too large on disk to be merged."


@pytest.mark.parametrize("meanwhile", [LINES, LAST])
def test_invariant_7_mode_of_the_disk_is_kept_when_it_changed_meanwhile(desk: OverlayDesk, meanwhile: bytes) -> None:
    desk.propose({"a": FIRST})
    desk.write("a", meanwhile)
    (desk.base / "a").chmod(0o751)
    change = only_change(desk)
    assert change.before is not None
    assert change.after is not None
    assert (change.before.mode, change.after.mode) == (0o751, 0o751)
    land(desk)
    assert (desk.base / "a").stat().st_mode & 0o777 == 0o751


def test_touching_a_file_means_nothing_when_its_bytes_are_the_same(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    digest = computed(desk).digest
    (desk.base / "a").touch()
    assert computed(desk).digest == digest
    assert only_change(desk).after == FileImage(FIRST, 0o644)


def test_digest_is_another_when_disk_or_overlay_changed(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    digests = {computed(desk).digest}
    desk.write("a", LAST)
    digests.add(computed(desk).digest)
    desk.propose({"d/b": b"TWO\n"})
    digests.add(computed(desk).digest)
    assert len(digests) == 3
    assert computed(desk).digest in digests


def test_later_edit_is_offered_alone_when_the_earlier_was_decided(desk: OverlayDesk) -> None:
    desk.propose({"a": FIRST})
    decided = computed(desk)
    desk.propose({"a": FIRST.replace(b"line 19\n", b"later\n")})
    desk.overlay.discard(decided.paths, decided.proposals)
    assert only_change(desk).after == FileImage(LINES.replace(b"line 19\n", b"later\n"), 0o644)
    assert computed(desk).proposals == ("p2",)


def test_directories_are_removed_when_the_undone_creation_had_made_them(desk: OverlayDesk) -> None:
    desk.propose({"d/b": None}, undo=True, emptied=("d",))
    assert computed(desk).emptied_directories == ("d",)
    land(desk)
    assert desk.names() == {"a"}
