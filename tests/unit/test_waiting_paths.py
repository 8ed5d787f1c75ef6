"""Owns the law of what waits for reviews: no rollback moves a file before the edits of it are decided about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from copydesk.changes.waiting import waiting_paths
from copydesk.domain.checkpoints import Aim
from copydesk.domain.errors import HistoryError, RollbackConflict
from copydesk.engine.rollbacks import Rollbacks
from copydesk.workspace.store import PrivateStore
from tests.overlay_desk import OverlayDesk


@pytest.fixture
def desk(tmp_path: Path) -> OverlayDesk:
    return OverlayDesk(tmp_path)


def test_paths_of_every_session_are_named_when_they_wait(desk: OverlayDesk) -> None:
    assert waiting_paths(desk.history.store) == {}
    desk.propose({"a": b"1\n", "d/b": b"1\n"})
    desk.overlay = desk.load("s2")
    desk.propose({"c": b"1\n"})
    assert waiting_paths(desk.history.store) == {"a": "s1", "d/b": "s1", "c": "s2"}
    desk.overlay.clear()
    assert waiting_paths(desk.history.store) == {"a": "s1", "d/b": "s1"}


class DecidedMeanwhile(PrivateStore):
    """A store in which another session lets go of what waits, just before it is read."""

    def cat(self, names: Sequence[str]) -> list[bytes | None]:
        (self.directory / "refs/overlays/s2").unlink()
        return super().cat(names)


def test_others_are_still_named_when_a_session_decides_while_they_are_read(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1\n"})
    desk.overlay = desk.load("s2")
    desk.propose({"c": b"1\n"})
    assert waiting_paths(DecidedMeanwhile(desk.store)) == {"a": "s1"}


@pytest.mark.parametrize("damage", [b"", b"\0" * 41, b"0" * 39 + b"1\n"])
def test_nothing_is_taken_back_when_a_record_is_damaged(desk: OverlayDesk, damage: bytes) -> None:
    step = desk.edit("a", b"1\n")
    desk.propose({"b": b"1\n"})
    (desk.store / "refs/overlays/s1").write_bytes(damage)
    with pytest.raises(HistoryError, match="refs/overlays/s1 to go on without them"):
        desk.go_back(step)
    assert desk.contents() == {"a": b"1\n"}


def test_nothing_is_moved_when_an_edit_began_to_wait_after_the_plan(desk: OverlayDesk) -> None:
    desk.edit("b", b"1\n")
    plan = desk.plan(desk.edit("a", b"1\n"))
    desk.propose({"b": b"2\n"})
    desk.propose({"a": b"2\n"})
    with pytest.raises(RollbackConflict, match="a: an edit of it waits for a review in session s1"):
        desk.carry_out(plan)
    assert desk.contents() == {"a": b"1\n", "b": b"1\n"}


async def test_session_moves_nothing_when_an_edit_began_to_wait_while_a_check_ran(desk: OverlayDesk) -> None:
    step = desk.edit("a", b"1\n")
    rollbacks = Rollbacks(desk.gate, desk.applier, "s2", lambda: "back")
    async with desk.gate.writing:
        going_back = asyncio.create_task(rollbacks.go_back(Aim(step.id)))
        await asyncio.sleep(0.05)
        assert desk.contents() == {"a": b"1\n"}
        desk.propose({"a": b"2\n"})
    with pytest.raises(RollbackConflict):
        await going_back
    (conflict,) = (await rollbacks.preview(Aim(step.id))).conflicts
    assert conflict.sentence == "a: an edit of it waits for a review in session s1."
    desk.overlay.clear()
    assert await rollbacks.go_back(Aim(step.id))
    assert desk.contents() == {}
