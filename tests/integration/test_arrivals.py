"""Proves that a change made elsewhere lands exactly, or merged, or not at all; on real trees, with real git."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from copydesk.changes.arrivals import Arrival, apply_arrival
from copydesk.changes.bundling import plan_bundle, plan_patch
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.bundles import Bundle, BundledFile, write_bundle
from copydesk.domain.errors import ApplyConflict, UsageError
from copydesk.domain.patches.reading import read_patch
from copydesk.domain.proposals import FileImage, Outcome, OutcomeKind
from tests.bundled import AFTER, BEFORE, CHANGED, LONG, Tree, every_kind, plant, repository, tree_of
from tests.desk import Desk
from tests.repositories import git

META = StepMeta(Operation.EDIT, "s1", title="apply")
MOVED_ON: Tree = {**BEFORE, "text.txt": (b"their line\n" + LONG, 0o600), "theirs.txt": (b"theirs\n", 0o644)}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    repository(tmp_path / "workspace")
    return Desk(tmp_path)


def take(desk: Desk, arrival: Arrival, *only: str) -> Outcome | None:
    return asyncio.run(apply_arrival(desk.gate, arrival.proposal(arrival.decide(only), "apply-1"), META))


def elsewhere(bundle: Bundle) -> Bundle:
    """The bundle as it is read on another machine."""
    return read_bundle(write_bundle(bundle))


@pytest.mark.parametrize("form", ["bundle", "patch"])
def test_change_lands_exactly_in_one_step_and_goes_back_whole(desk: Desk, form: str) -> None:
    bundle = elsewhere(every_kind())
    plan = plan_bundle(bundle, desk.files) if form == "bundle" else plan_patch(read_patch(bundle.patch), desk.files)
    assert (plan.changeset.conflicts, plan.notes) == ((), ())
    outcome = take(desk, plan)
    assert outcome is not None
    assert (outcome.kind, tree_of(desk.base)) == (OutcomeKind.APPLIED, AFTER)
    assert not (desk.base / "deep").exists()
    (step,) = desk.history.steps()
    desk.go_back(step)
    assert tree_of(desk.base) == BEFORE


@pytest.mark.parametrize("form", ["bundle", "patch"])
def test_nothing_is_to_do_when_the_change_has_landed(desk: Desk, form: str) -> None:
    bundle = every_kind()
    take(desk, plan_bundle(bundle, desk.files))
    plan = plan_bundle(bundle, desk.files) if form == "bundle" else plan_patch(read_patch(bundle.patch), desk.files)
    assert (plan.changeset.files, plan.changeset.conflicts) == ((), ())
    assert take(desk, plan) is None


def test_git_takes_the_patch_of_a_bundle(tmp_path: Path) -> None:
    base = repository(tmp_path / "clone")
    for arguments in (["--check"], ["--index"]):
        command = ["git", "apply", "--whitespace=nowarn", *arguments, "-"]
        done = subprocess.run(command, input=every_kind().patch, cwd=base, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    assert tree_of(base) == AFTER


def test_patch_of_git_lands_when_it_is_made_of_the_same_change(tmp_path: Path, desk: Desk) -> None:
    other = repository(tmp_path / "other")
    for place in (place for place in other.rglob("*") if place.is_file() and ".git" not in place.parts):
        place.unlink()
    plant(other, AFTER)
    git(other, "add", "-A")
    git(other, "commit", "--quiet", "-m", "Change\n\nOnly in words: diff --git")
    mail = git(other, "format-patch", "--binary", "--stdout", "-1")
    take(desk, plan_patch(read_patch(mail), desk.files))
    assert tree_of(desk.base) == AFTER


def test_series_of_mails_lands_when_each_goes_on_the_one_before(tmp_path: Path, desk: Desk) -> None:
    other = repository(tmp_path / "other")
    for text in (b"first\n", b"second\n"):
        (other / "text.txt").write_bytes(LONG + text)
        git(other, "commit", "--quiet", "-a", "-m", "x")
    git(other, "mv", "text.txt", "moved.txt")
    git(other, "commit", "--quiet", "-m", "y")
    take(desk, plan_patch(read_patch(git(other, "format-patch", "--stdout", "-3")), desk.files))
    expected = {**BEFORE, "moved.txt": (LONG + b"second\n", 0o644)}
    assert tree_of(desk.base) == {path: image for path, image in expected.items() if path != "text.txt"}


def test_names_are_swapped_when_a_patch_says_so(desk: Desk) -> None:
    swap = b"".join(
        b"diff --git a/%b b/%b\nsimilarity index 100%%\nrename from %b\nrename to %b\n" % (old, new, old, new)
        for old, new in [(b"run.sh", b"bytes.bin"), (b"bytes.bin", b"run.sh")]
    )
    take(desk, plan_patch(read_patch(swap), desk.files))
    assert (desk.base / "run.sh").read_bytes() == BEFORE["bytes.bin"][0]
    assert (desk.base / "bytes.bin").read_bytes() == BEFORE["run.sh"][0]


def test_bundle_is_merged_when_the_base_moved(tmp_path: Path) -> None:
    repository(tmp_path / "workspace", MOVED_ON)
    desk = Desk(tmp_path)
    (desk.base / "text.txt").chmod(0o640)
    plan = plan_bundle(elsewhere(every_kind()), desk.files)
    assert [file.change.path for file in plan.changeset.files if file.is_rebased] == ["text.txt"]
    take(desk, plan)
    merged = (b"their line\n" + CHANGED["text.txt"][0], 0o644)
    assert tree_of(desk.base) == {**AFTER, "text.txt": merged, "theirs.txt": MOVED_ON["theirs.txt"]}
    assert (desk.base / "text.txt").stat().st_mode & 0o777 == 0o640


def test_patch_is_merged_when_its_preimage_is_known(tmp_path: Path) -> None:
    theirs = LONG.replace(b"line 4\n", b"line 4 of theirs\n")
    near = replace_in(LONG, b"line 6\n", b"line six\n")
    repository(tmp_path / "workspace", {"text.txt": (theirs, 0o644)})
    desk = Desk(tmp_path)
    patch = read_patch(Bundle((BundledFile("text.txt", FileImage(LONG), FileImage(near)),)).patch)
    assert [conflict.path for conflict in plan_patch(patch, desk.files).changeset.conflicts] == ["text.txt"]
    plan = plan_patch(patch, desk.files, {patch.files[0].old_blob: LONG}.get)
    take(desk, plan)
    assert (desk.base / "text.txt").read_bytes() == theirs.replace(b"line 6\n", b"line six\n")


def test_preimage_is_not_taken_when_it_is_not_what_the_patch_names(desk: Desk) -> None:
    patch = read_patch(Bundle((BundledFile("run.sh", FileImage(b"a\n"), FileImage(b"b\n")),)).patch)
    (conflict,) = plan_patch(patch, desk.files, lambda _: BEFORE["run.sh"][0]).changeset.conflicts
    assert conflict.reason.startswith("run.sh is not changed: hunk 1 does not fit")


def replace_in(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


CHAIN = b"".join(
    b"diff --git a/%b b/%b\nrename from %b\nrename to %b\n" % (old, new, old, new)
    for old, new in [(b"run.sh", b"bytes.bin"), (b"bytes.bin", b"third")]
)


def test_renames_that_hang_together_are_taken_together(desk: Desk) -> None:
    take(desk, plan_patch(read_patch(CHAIN), desk.files), "third")
    moved = {"bytes.bin": BEFORE["run.sh"], "third": BEFORE["bytes.bin"]}
    assert tree_of(desk.base) == {path: image for path, image in {**BEFORE, **moved}.items() if path != "run.sh"}


def test_renames_that_hang_together_are_in_conflict_together(desk: Desk) -> None:
    (desk.base / "third").write_bytes(b"mine")
    plan = plan_patch(read_patch(CHAIN), desk.files)
    assert (plan.changeset.files, len(plan.changeset.conflicts)) == ((), 3)


def test_hunks_are_said_when_they_fit_elsewhere(tmp_path: Path) -> None:
    repository(tmp_path / "workspace", MOVED_ON)
    plan = plan_patch(read_patch(every_kind().patch), Desk(tmp_path).files)
    assert plan.notes == ("text.txt: hunk 1 fits 1 line down.", "text.txt: hunk 2 fits 1 line down.")


CONFLICTS: dict[str, tuple[str, bytes | None, str]] = {
    "same lines": ("text.txt", LONG.replace(b"line 5\n", b"mine\n"), "the same lines"),
    "deleted": ("text.txt", None, "not there any more"),
    "changed what is deleted": ("gone.bin", b"\0kept", "to be deleted"),
    "created": ("empty", b"mine", "another file of this name"),
    "in the way of a rename": ("new name.txt", b"mine", "another file of this name"),
    "renamed file gone": ("old name.txt", None, "not there any more"),
    "binary": ("bytes.bin", b"\0mine", "the same lines"),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_nothing_lands_when_one_file_is_in_conflict(desk: Desk, name: str) -> None:
    path, data, said = CONFLICTS[name]
    if data is None:
        (desk.base / path).unlink()
    else:
        (desk.base / path).write_bytes(data)
    before = tree_of(desk.base)
    plan = plan_bundle(every_kind(), desk.files)
    with pytest.raises(ApplyConflict) as caught:
        take(desk, plan)
    assert path in caught.value.paths
    assert all(said in reason for reason in caught.value.reasons)
    assert (tree_of(desk.base), desk.history.steps()) == (before, [])
    take(desk, plan, "run.sh")
    assert (desk.base / "run.sh").stat().st_mode & 0o100


def test_link_in_the_place_of_a_file_is_a_conflict(desk: Desk) -> None:
    (desk.base / "text.txt").unlink()
    (desk.base / "text.txt").symlink_to("left alone.txt")
    (conflict,) = plan_bundle(every_kind(), desk.files).changeset.conflicts
    assert conflict.reason == "text.txt is not changed: it is reached through a symbolic link."


def test_only_what_is_named_lands(desk: Desk) -> None:
    take(desk, plan_bundle(every_kind(), desk.files), "text.txt:2", "empty")
    second = (LONG.replace(b"line 30\n", b"line thirty\nand more\n"), 0o644)
    assert tree_of(desk.base) == {**BEFORE, "text.txt": second, "empty": (b"", 0o644)}


@pytest.mark.parametrize("named", ["old name.txt", "new name.txt"])
def test_both_names_of_a_rename_go_together(desk: Desk, named: str) -> None:
    take(desk, plan_bundle(every_kind(), desk.files), named)
    assert not (desk.base / "old name.txt").exists()
    assert (desk.base / "new name.txt").read_bytes() == AFTER["new name.txt"][0]


@pytest.mark.parametrize(
    ("only", "said"),
    [
        (["nowhere"], "no such file"),
        (["text.txt:3"], "has 2 hunks"),
        (["text.txt:0"], "has 2 hunks"),
        (["text.txt:x"], "no such file"),
        (["text.txt:1", "text.txt:2"], "named twice"),
        (["new name.txt:1"], "is renamed"),
    ],
)
def test_selection_is_refused_when_there_is_no_such_part(desk: Desk, only: Sequence[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan_bundle(every_kind(), desk.files).decide(only)


def test_change_is_stale_when_a_file_moves_after_it_was_planned(desk: Desk) -> None:
    plan = plan_bundle(every_kind(), desk.files)
    (desk.base / "text.txt").write_bytes(b"theirs\n")
    outcome = take(desk, plan)
    assert outcome is not None
    assert (outcome.kind, desk.history.steps()) == (OutcomeKind.STALE, [])


def test_protected_file_is_refused_when_nobody_can_be_asked(desk: Desk) -> None:
    files = (*every_kind().files, BundledFile(".env", None, FileImage(b"KEY=1\n")))
    outcome = take(desk, plan_bundle(replace(every_kind(), files=files), desk.files))
    assert outcome is not None
    assert (outcome.kind, tree_of(desk.base)) == (OutcomeKind.DENIED, BEFORE)


def test_protected_file_lands_when_a_person_reviewed_it(desk: Desk) -> None:
    plan = plan_bundle(Bundle((BundledFile(".env", None, FileImage(b"KEY=1\n")),)), desk.files)
    outcome = asyncio.run(apply_arrival(desk.gate, plan.proposal(plan.decide(), "r1"), META, is_reviewed=True))
    assert outcome is not None
    assert (desk.base / ".env").read_bytes() == b"KEY=1\n"


def test_decision_is_refused_when_it_was_on_something_else(desk: Desk) -> None:
    decision = plan_bundle(every_kind(), desk.files).decide()
    (desk.base / "text.txt").write_bytes(b"before\n" + LONG)
    with pytest.raises(ApplyConflict, match="not what was decided"):
        plan_bundle(every_kind(), desk.files).proposal(decision, "r1")
