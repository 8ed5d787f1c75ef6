"""Owns the proof that going back is exact and loses nothing, against a model made of dictionaries.

The model knows what is on disk, and of each step what it found and left. Steps are edits, rollbacks and redos alike.
COPYDESK_CAMPAIGN=N tries N sequences instead of a few.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from copydesk.domain.errors import RollbackConflict
from copydesk.domain.proposals import FileImage
from tests.desk import Desk

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
paths = st.sampled_from(["a", "d/e/b"])
images = st.builds(
    FileImage, st.sampled_from([b"", b"1\n", b"2\r\n\xff", b"1\n2\n"]), st.sampled_from([0o644, 0o600, 0o755])
)
maybe_images = st.none() | images
changes = st.dictionaries(paths, maybe_images, min_size=1, max_size=2)

Disk = dict[str, FileImage | None]
Moves = dict[str, tuple[FileImage | None, FileImage | None]]
"""What a step found and left, by path."""


class RollbackMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="copydesk-model-"))
        self.desk = Desk(self.folder)
        self.disk: Disk = {}
        self.moves: list[Moves] = []
        self.redoable: list[int] = []

    def teardown(self) -> None:
        self.check_replaced_versions()
        shutil.rmtree(self.folder)

    def wanted(self, after: Disk) -> Disk:
        """The changes that change something."""
        return {path: image for path, image in after.items() if image != self.disk.get(path)}

    def record(self, after: Disk) -> None:
        self.moves.append({path: (self.disk.get(path), image) for path, image in after.items()})
        self.disk.update(after)

    @rule(after=changes)
    def edit(self, after: Disk) -> None:
        after = self.wanted(after)
        if after:
            self.desk.apply([self.desk.change(path, image) for path, image in after.items()])
            self.record(after)
            self.redoable.clear()

    @rule(after=changes, moved=st.integers(0, 2))
    def edit_that_is_killed(self, after: Disk, moved: int) -> None:
        after = self.wanted(after)
        if not after:
            return
        self.desk.begin([self.desk.change(path, image) for path, image in after.items()])
        for path, image in list(after.items())[:moved]:
            self.put(path, image)
        self.desk = Desk(self.folder)
        recovered = self.desk.applier.recover()
        assert recovered is not None
        assert recovered.is_applied == (moved >= len(after))
        if recovered.is_applied:
            self.record(after)
            self.redoable.clear()
        else:
            self.moves.append({})
        self.moves += [{}] * (len(self.desk.history.steps()) - len(self.moves))

    @rule(path=paths, image=maybe_images)
    def outside_edit(self, path: str, image: FileImage | None) -> None:
        self.put(path, image)
        self.disk[path] = image

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.moves) - 1))
        after, conflicts = self.expected(index)
        plan = self.desk.plan(self.desk.history.steps()[index])
        assert {conflict.path for conflict in plan.conflicts} == conflicts
        if conflicts:
            with pytest.raises(RollbackConflict):
                self.desk.carry_out(plan)
        elif self.desk.carry_out(plan):
            self.redoable.append(len(self.moves))
            self.record(after)
        else:
            assert after == {}

    @rule()
    def redo(self) -> None:
        plan = self.desk.plan_redo()
        assert (plan is not None) == bool(self.redoable)
        if plan is None:
            return
        assert plan.plan.step.number == self.redoable[-1] + 1
        after, conflicts = self.expected(self.redoable[-1])
        if conflicts:
            with pytest.raises(RollbackConflict):
                self.desk.carry_out(plan)
        elif self.desk.carry_out(plan):
            self.redoable.pop()
            self.record(after)

    @invariant()
    def disk_is_as_the_model_says(self) -> None:
        found = {name: self.desk.files.read(name) for name in self.desk.contents()}
        assert found == {path: image for path, image in self.disk.items() if image is not None}

    def check_replaced_versions(self) -> None:
        """Whatever a step found, the store still has: byte for byte and with its mode."""
        steps = self.desk.history.steps()
        names = [(step.number, file.path) for step in steps for file in step.files]
        images = self.desk.history.images([file.before for step in steps for file in step.files])
        stored = dict(zip(names, images, strict=True))
        for number, moves in enumerate(self.moves, 1):
            assert {path: stored[number, path] for path in moves} == {path: found for path, (found, _) in moves.items()}

    def put(self, path: str, image: FileImage | None) -> None:
        """Write to the disk without the applier."""
        place = self.desk.base / path
        if image is None:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(image.data)
        place.chmod(image.mode or 0)

    def expected(self, index: int) -> tuple[Disk, set[str]]:
        """What returning to before a step changes, and which files somebody else changed since."""
        after: Disk = {}
        conflicts: set[str] = set()
        for path in {path for moves in self.moves[index:] for path in moves}:
            trail = [moves[path] for moves in self.moves[index:] if path in moves]
            target, current = trail[0][0], self.disk.get(path)
            links = zip([left for _, left in trail], [*(found for found, _ in trail[1:]), current], strict=True)
            if current == target:
                continue
            if any(left != found for left, found in links):
                conflicts.add(path)
            after[path] = target
        return after, conflicts


test_invariant_8_nothing_is_lost_when_edits_and_rollbacks_mix = pytest.mark.timeout(36_000 if CAMPAIGN else 400)(
    RollbackMachine.TestCase
)
test_invariant_8_nothing_is_lost_when_edits_and_rollbacks_mix.settings = settings(
    max_examples=CAMPAIGN or 25,
    stateful_step_count=16,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
