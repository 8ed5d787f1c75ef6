"""Owns the laws of writing: a recorded step lands whole or not at all, and an interrupted one is settled truly."""

from __future__ import annotations

import ast
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import copydesk
from copydesk.changes import timeline
from copydesk.changes.applier import Recovered
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.errors import PartlyWritten, PathRefused, StaleFile, WorkspaceError
from copydesk.domain.proposals import FileChange, FileImage
from tests.desk import Desk

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator may do this")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(desk: Desk) -> list[str]:
    return [row.state for row in timeline.rows(desk.history.steps())]


def recovered(desk: Desk) -> Recovered:
    found = desk.applier.recover()
    assert found is not None
    return found


@contextmanager
def file_size_limited(size: int) -> Iterator[None]:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_invariant_1_only_the_applier_can_write_when_modules_are_joined() -> None:
    sources = Path(copydesk.__file__).parent
    writers = {
        str(path.relative_to(sources))
        for path in sources.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "copydesk.workspace.exchange"
        if {name.name for name in node.names} & {"*", "exchange", "sweep", "remove_directories"}
    }
    assert writers == {"changes/applier.py"}


def test_step_says_what_it_did_when_a_file_is_made_changed_and_deleted(desk: Desk) -> None:
    made = desk.edit("a/b/file", b"one\n").files[0]
    changed = desk.edit("a/b/file", b"one\ntwo\n").files[0]
    deleted = desk.edit("a/b/file", None).files[0]
    assert (made.before, made.created_directories, made.added, made.removed) == (None, ("a", "a/b"), 1, 0)
    assert changed.created_directories == ()
    assert (changed.added, changed.removed) == (1, 0)
    assert (deleted.before, deleted.after) == (changed.after, None)
    assert desk.names() == {"a", "a/b"}


def test_mode_is_kept_when_someone_changed_it_after_the_edit_was_computed(desk: Desk) -> None:
    desk.write("file", b"old")
    change = desk.change("file", b"new")
    (desk.base / "file").chmod(0o750)
    step = desk.apply([change])
    assert (desk.base / "file").stat().st_mode & 0o7777 == 0o750
    assert step.files[0].before is not None
    assert step.files[0].before.mode == 0o750


def test_mode_is_set_when_the_change_asks_for_one(desk: Desk) -> None:
    desk.write("file", b"old")
    (desk.base / "file").chmod(0o644)
    desk.edit("file", FileImage(b"new", 0o755))
    assert (desk.base / "file").stat().st_mode & 0o7777 == 0o755


@as_root
def test_recorded_mode_is_the_real_one_when_set_user_id_is_dropped(desk: Desk) -> None:
    desk.write("file", b"old")
    (desk.base / "file").chmod(0o4755)
    step = desk.edit("file", b"new")
    assert (desk.base / "file").stat().st_mode & 0o7777 == 0o755
    assert desk.plan(step).conflicts == ()


def test_path_is_stale_when_it_became_a_link_even_to_the_same_bytes(desk: Desk) -> None:
    desk.write("file", b"old")
    change = desk.change("file", b"new")
    (desk.base / "file").rename(desk.base / "other")
    (desk.base / "file").symlink_to("other")
    with pytest.raises(StaleFile, match="file changed on disk"):
        desk.apply([change])
    assert desk.contents()["other"] == b"old"


def test_name_is_kept_when_its_bytes_are_no_text(desk: Desk) -> None:
    name = os.fsdecode(b"caf\xe9\n\x1b[2J")
    step = desk.edit(name, b"x")
    assert desk.names() == {name}
    assert Desk(desk.base.parent).history.steps()[0].files[0].path == step.files[0].path == name


def test_invariant_2_nothing_is_written_when_the_disk_holds_other_bytes(desk: Desk) -> None:
    desk.write("file", b"old")
    change = desk.change("file", b"new")
    status = (desk.base / "file").stat()
    desk.write("file", b"OLD")
    os.utime(desk.base / "file", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(StaleFile, match="file changed on disk"):
        desk.apply([change])
    assert desk.contents() == {"file": b"OLD"}
    assert desk.history.steps() == []


@pytest.mark.parametrize("after", [b"theirs", None])
def test_invariant_2_nothing_is_written_when_a_file_appeared_or_went(desk: Desk, after: bytes | None) -> None:
    if after is None:
        desk.write("file", b"old")
    change = desk.change("file", b"new")
    (desk.base / "file").unlink(missing_ok=True)
    if after is not None:
        desk.write("file", after)
    with pytest.raises(StaleFile):
        desk.apply([change])
    assert desk.contents() == ({"file": after} if after is not None else {})


def test_no_file_is_written_when_one_of_several_is_stale(desk: Desk) -> None:
    desk.write("a", b"a")
    desk.write("b", b"b")
    changes = [desk.change("a", b"A"), desk.change("b", b"B")]
    desk.write("b", b"theirs")
    with pytest.raises(StaleFile, match="b changed"):
        desk.apply(changes)
    assert desk.contents() == {"a": b"a", "b": b"theirs"}


@pytest.mark.parametrize(
    ("name", "error"),
    [("../x", PathRefused), (".git/config", PathRefused), ("sub/.GIT/x", PathRefused), ("folder", StaleFile)],
)
def test_invariant_4_nothing_is_recorded_when_the_path_is_refused(
    desk: Desk, name: str, error: type[WorkspaceError]
) -> None:
    (desk.base / "folder").mkdir()
    with pytest.raises(error):
        desk.apply([FileChange(name, None, FileImage(b"x"))])
    assert desk.history.steps() == []
    assert desk.names() == {"folder"}


def test_written_files_are_put_back_when_a_later_one_of_the_step_is_stale(desk: Desk) -> None:
    desk.write("old", b"old")
    (desk.base / "old").chmod(0o640)
    changes = [desk.change("old", b"new"), desk.change("d/made", b"made"), desk.change("old", b"newer")]
    with pytest.raises(StaleFile):
        desk.apply(changes)
    assert desk.names() == {"old"}
    assert desk.contents() == {"old": b"old"}
    assert (desk.base / "old").stat().st_mode & 0o777 == 0o640
    assert states(desk) == ["not applied"]
    assert desk.applier.recover() is None


def test_written_files_are_put_back_when_the_disk_is_full(desk: Desk) -> None:
    desk.write("old", b"old")
    desk.write("gone", b"gone")
    desk.edit("made before", b"x")
    changes = [desk.change("gone", None), desk.change("old", b"new"), desk.change("d/big", bytes(4_000_000))]
    step, verified = desk.begin(changes), [desk.applier._verified(change) for change in changes]
    with file_size_limited(1_000_000), pytest.raises(WorkspaceError, match="d/big could not be written"):
        desk.applier._write(step, verified)
    assert desk.names() == {"old", "gone", "made before"}
    assert desk.contents()["old"] == b"old"
    assert desk.contents()["gone"] == b"gone"
    assert states(desk) == ["not applied", "applied"]
    desk.apply([desk.change("old", b"new")])
    assert desk.contents()["old"] == b"new"


def half_written(desk: Desk) -> None:
    """Write a step whose second file is too large for the disk, and the first file too large to be put back."""
    desk.edit("made before", b"x")
    desk.write("old", b"old" * 1_000_000)
    changes = [desk.change("old", b"new"), desk.change("d/big", bytes(4_000_000))]
    step, verified = desk.begin(changes), [desk.applier._verified(change) for change in changes]
    with file_size_limited(1_000_000), pytest.raises(PartlyWritten, match=r"d/big could not .* content of old") as told:
        desk.applier._write(step, verified)
    assert told.value.standing == ("old",)
    assert desk.contents()["old"] == b"new"


def test_file_is_put_back_later_when_the_disk_refused_that_at_first(desk: Desk) -> None:
    half_written(desk)
    desk.edit("other", b"x")
    assert desk.contents() == {"made before": b"x", "old": b"old" * 1_000_000, "other": b"x"}
    assert states(desk) == ["applied", "not applied", "applied"]


def test_file_that_stands_is_told_of_when_it_cannot_be_put_back_at_all(desk: Desk) -> None:
    half_written(desk)
    with file_size_limited(1_000_000):
        found = recovered(desk)
    assert (found.standing, found.taken_back) == (("old",), ("d/big",))
    assert found.sentences[1] == "old could not be put back as it was, and was left as it is."
    assert desk.contents()["old"] == b"new"
    assert states(desk) == ["applied", "applied"]
    desk.edit("other", b"x")
    assert desk.names() == {"made before", "old", "other"}


def test_nothing_is_written_when_another_step_was_made_since(desk: Desk) -> None:
    first = desk.edit("file", b"one")
    change, meta = desk.change("file", b"two"), StepMeta(Operation.ROLLBACK, "s1")
    other = desk.edit("other", b"x", "s2")
    with pytest.raises(StaleFile, match="file changed"):
        desk.applier.apply([change], meta, after=first.number)
    assert desk.contents()["file"] == b"one"
    assert desk.applier.apply([change], meta, after=other.number).number == 3


def test_mode_is_back_when_a_deleted_file_is_made_again(desk: Desk) -> None:
    desk.write("file", b"old")
    (desk.base / "file").chmod(0o4640)
    step = desk.edit("file", None)
    desk.go_back(step)
    assert (desk.base / "file").stat().st_mode & 0o7777 == 0o640


@as_root
def test_owner_and_attributes_are_back_when_a_deleted_file_is_made_again(desk: Desk) -> None:
    made = desk.edit("file", b"new")
    os.chown(desk.base / "file", 1234, 2345)
    os.setxattr(desk.base / "file", "user.note", b"\xffmine")
    desk.go_back(made)
    assert desk.names() == set()
    desk.redo()
    status = (desk.base / "file").stat()
    assert (status.st_uid, status.st_gid, os.getxattr(desk.base / "file", "user.note")) == (1234, 2345, b"\xffmine")


@as_root
def test_owner_is_back_when_a_step_that_deletes_is_taken_back_after_a_kill(desk: Desk) -> None:
    desk.write("gone", b"gone")
    os.chown(desk.base / "gone", 1234, 2345)
    desk.begin([desk.change("gone", None), desk.change("other", b"x")])
    (desk.base / "gone").unlink()
    desk.applier.recover()
    assert ((desk.base / "gone").stat().st_uid, (desk.base / "gone").stat().st_gid) == (1234, 2345)


def test_modes_of_folders_are_back_when_they_are_made_again(desk: Desk) -> None:
    made = desk.edit("private/shared/file", b"new")
    (desk.base / "private").chmod(0o700)
    (desk.base / "private/shared").chmod(0o2775)
    desk.go_back(made)
    assert desk.names() == set()
    desk.redo()
    modes = [(desk.base / name).stat().st_mode & 0o7777 for name in ("private", "private/shared")]
    assert modes == [0o700, 0o2775]


def test_empty_folder_stays_when_somebody_made_it_anew(desk: Desk) -> None:
    step = desk.apply([desk.change("made/file", b"x"), desk.change("other", b"x")])
    (desk.base / "made/file").unlink()
    desk.go_back(step)
    assert desk.names() == {"made"}


def test_recovery_finds_nothing_when_all_is_well(desk: Desk) -> None:
    assert desk.applier.recover() is None
    assert not desk.store.exists()
    desk.edit("file", b"x")
    assert Desk(desk.base.parent).applier.recover() is None


def test_recovery_says_not_applied_when_no_file_was_moved(desk: Desk) -> None:
    desk.write("file", b"old")
    step = desk.begin([desk.change("file", b"new"), desk.change("d/made", b"made")])
    (desk.base / step.files[0].temporary).write_bytes(b"ne")
    (desk.base / "d").mkdir()
    (desk.base / "d" / step.files[1].temporary).write_bytes(b"")
    found = recovered(Desk(desk.base.parent))
    assert (found.is_applied, found.taken_back, found.standing) == (False, ("file", "d/made"), ())
    assert found.sentences == (f"The change {step.id} (file, d/made) was interrupted and is not applied.",)
    assert desk.names() == {"file"}
    assert states(desk) == ["not applied"]
    assert desk.history.steps()[-1].meta.operation is Operation.SETTLE
    assert desk.applier.recover() is None


def test_recovery_says_applied_when_every_file_was_moved(desk: Desk) -> None:
    desk.write("file", b"old")
    desk.write("gone", b"gone")
    step = desk.begin([desk.change("file", b"new"), desk.change("gone", None)])
    desk.write("file", b"new")
    (desk.base / step.files[0].temporary).write_bytes(b"old")
    (desk.base / "gone").rename(desk.base / step.files[1].temporary)
    assert recovered(desk).is_applied
    assert desk.contents() == {"file": b"new"}
    assert states(desk) == ["applied"]
    assert desk.applier.recover() is None


def test_recovery_takes_back_when_only_some_files_were_moved(desk: Desk) -> None:
    desk.write("changed", b"old")
    desk.write("gone", b"gone")
    desk.write("last", b"last")
    wanted = {"changed": b"new", "d/made": b"made", "gone": None, "last": b"never"}
    desk.begin([desk.change(path, after) for path, after in wanted.items()])
    desk.write("changed", b"new")
    desk.write("d/made", b"made")
    (desk.base / "gone").unlink()
    found = recovered(desk)
    assert found.taken_back == ("changed", "d/made", "gone", "last")
    assert desk.contents() == {"changed": b"old", "gone": b"gone", "last": b"last"}
    assert not (desk.base / "d").exists()


def test_recovery_leaves_a_file_when_somebody_else_wrote_it(desk: Desk) -> None:
    desk.write("theirs", b"old")
    desk.write("ours", b"old")
    step = desk.begin([desk.change("ours", b"new"), desk.change("theirs", b"new"), desk.change("c", b"new")])
    desk.write("ours", b"new")
    desk.write("theirs", b"outside")
    found = recovered(desk)
    assert (found.outside, found.standing) == (("theirs",), ("theirs",))
    assert "theirs holds neither side of it and was left alone." in found.sentences
    assert desk.contents() == {"ours": b"old", "theirs": b"outside"}
    assert [file.path for file in desk.history.steps()[-1].files] == ["theirs"]
    assert desk.history.images([step.files[1].before]) == [FileImage(b"old", 0o644)]


def test_recovery_keeps_displaced_bytes_when_nobody_else_has_them(desk: Desk) -> None:
    desk.write("d/file", b"old")
    step = desk.begin([desk.change("d/file", b"new")])
    desk.write("d/file", b"new")
    displaced = f"d/{step.files[0].temporary}"
    desk.write(displaced, b"saved by somebody in between")
    found = recovered(desk)
    assert found.rescued == (displaced,)
    assert desk.contents() == {"d/file": b"new", f"{displaced}.rescued": b"saved by somebody in between"}


def test_recovery_does_nothing_when_the_step_was_never_recorded(desk: Desk) -> None:
    desk.edit("file", b"x")
    (desk.store / "copydesk.step").symlink_to("2")
    assert desk.applier.recover() is None
    assert not (desk.store / "copydesk.step").is_symlink()
    assert desk.edit("file", b"y").number == 2


def test_recovery_does_nothing_when_the_step_was_settled_already(desk: Desk) -> None:
    step = desk.begin([desk.change("file", b"x")])
    with desk.history.locked():
        desk.history.settle(step, 0.0, ())
    assert desk.applier.recover() is None
    assert len(desk.history.steps()) == 2


def test_interrupted_step_is_settled_when_the_next_edit_comes_first(desk: Desk) -> None:
    desk.write("file", b"old")
    desk.begin([desk.change("file", b"new")])
    step = Desk(desk.base.parent).edit("file", b"other")
    assert step.number == 3
    assert states(desk) == ["applied", "not applied"]
