"""Proves that a proposal is brought up to date with a file that changed, and says nothing of the file as it was."""

from __future__ import annotations

from pathlib import Path

from copydesk.changes.rebasing import rebase
from copydesk.domain.proposals import FileImage, Proposal
from tests.desk import Desk

BASE = b"one\ntwo\nthree\nfour\nfive\n"
OURS = b"one\ntwo\nthree\nfour\nFIVE\n"


def proposed(desk: Desk) -> Proposal:
    desk.write("a.txt", BASE)
    change = desk.change("a.txt", OURS)
    return Proposal("p1", "call", (change,), "Edited a.txt. Lines 2-5 of 5 now:")


def test_edit_is_merged_when_the_file_changed_elsewhere(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    proposal = proposed(desk)
    desk.write("a.txt", b"zero\n" + BASE)

    rebased = rebase(desk.files, proposal)

    assert rebased is not None
    assert [change.after and change.after.data for change in rebased.changes] == [b"zero\n" + OURS]
    assert rebased.digest != proposal.digest
    assert "of 5 now" not in rebased.summary
    assert "View a.txt" in rebased.summary


def test_nothing_is_left_to_propose_when_the_file_is_as_wanted_or_contradicts(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    proposal = proposed(desk)
    for data in (OURS, BASE.replace(b"five", b"5")):
        desk.write("a.txt", data)
        assert rebase(desk.files, proposal) is None
    (desk.base / "a.txt").unlink()
    assert rebase(desk.files, proposal) is None


def test_mode_is_kept_when_the_edit_is_merged(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    proposal = proposed(desk)
    desk.write("a.txt", b"zero\n" + BASE)
    (desk.base / "a.txt").chmod(0o755)

    rebased = rebase(desk.files, proposal)

    assert rebased is not None
    desk.apply(rebased.changes)
    assert desk.files.read("a.txt") == FileImage(b"zero\n" + OURS, 0o755)
