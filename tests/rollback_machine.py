"""Owns random sequences of edits and rollbacks, held after each rule against a model that knows nothing of the program.

Two sessions and the user change three files; any step is gone back before, wholly or in part, and redone; processes are
killed while they move files. The disk, the rows of the History and every replaced version are compared.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from copydesk.changes import timeline
from copydesk.changes.rollback import AgreedRollback, agree, perform, plan_rollback
from copydesk.changes.steps import Operation, Step, StepMeta
from copydesk.domain.checkpoints import Aim, Answers, Remedy, RowState
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.proposals import FileChange, FileImage
from tests.desk import Desk
from tests.rollback_moves import Killed, check_conflicts, decide, killed_after, mode_of, version_of
from tests.rollback_oracle import MODES, Author, Kind, Moment, Version, Way, World, merge_breaks, parents

MEMORY = Path("/dev/shm")
"""Where files cost no disk: every step is synced, and the disk's speed is not what is tested."""
PATHS = ("a", "d/e/b", "d/c")

paths = st.sampled_from(PATHS)
sessions = st.sampled_from(["s1", "s2"])
seeds = st.integers(0, 1 << 20)
"""What a rule does in detail; one number, since drawing each detail costs more than carrying it out."""
some_paths = st.lists(paths, min_size=1, max_size=2, unique=True)
moves = st.integers(0, 3)
"""How many files a process moves before it is killed."""
ANSWERS = (Remedy.REFUSE, *[Remedy.KEEP, Remedy.RESTORE, Remedy.MERGE] * 3)
REDO = Aim("", is_redo=True)


class RollbackMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
        self.desk = Desk(self.folder)
        umask = os.umask(0)
        os.umask(umask)
        self.world = World(0o666 & ~umask)
        self.author = Author()

    def teardown(self) -> None:
        try:
            self.check_history()
        finally:
            shutil.rmtree(self.folder)

    def random(self, number: int) -> Random:
        """Dice that fall otherwise each time; small numbers are drawn again and again."""
        return Random(f"{number} {len(self.world.sessions)} {next(self.author.numbers)}")

    # What copydesk does

    @initialize(number=seeds)
    def begin(self, number: int) -> None:
        """Start with files of several lines, which both sessions have changed: elsewhere conflicts are rare."""
        self.user_puts("a", Version(self.author.text(20), 0o644))
        self.edit(list(PATHS), "s1", number)
        self.edit(["a"], "s2", number)

    @rule(paths=some_paths, session=sessions, number=seeds)
    def edit(self, paths: list[str], session: str, number: int) -> None:
        self.edit_until(None, paths, session, number)

    @rule(paths=some_paths, session=sessions, moved=moves, number=seeds)
    def edit_that_is_killed(self, paths: list[str], session: str, moved: int, number: int) -> None:
        self.edit_until(moved, paths, session, number)

    def edit_until(self, moved: int | None, paths: list[str], session: str, number: int) -> None:
        random = self.random(number)
        after = {path: self.author.version(random, self.world.disk.get(path)) for path in paths}
        after = {path: version for path, version in after.items() if version != self.world.disk.get(path)}
        if not after:
            return
        images = {path: FileImage(new.data, new.mode) if new else None for path, new in after.items()}
        changes = [self.desk.change(path, image) for path, image in images.items()]

        def carry_out() -> Step:
            return self.desk.applier.apply(changes, StepMeta(Operation.EDIT, session))

        def stand(step: int, standing: Sequence[str]) -> None:
            self.world.works(step, {path: after[path] for path in standing})

        if moved is None:
            step = carry_out()
            assert step.number == self.world.step(session)
            stand(step.number, list(after))
        else:
            self.kill(carry_out, list(after), session, moved, stand, random)

    @rule(number=seeds)
    def go_back_a_little(self, number: int) -> None:
        random = self.random(number)
        self.go_back(self.desk.history.steps()[-random.randint(1, 2)], random)

    @rule(number=seeds)
    def go_back_far(self, number: int) -> None:
        random = self.random(number)
        self.go_back(random.choice(self.desk.history.steps()), random)

    @rule(number=seeds)
    def go_back_in_one_file(self, number: int) -> None:
        random = self.random(number)
        step = random.choice(self.desk.history.steps())
        touched = [way.path for way in self.world.ways(step.number, step.meta.session)]
        if touched:
            self.go_back(step, random, random.choice(touched))

    @rule(moved=moves, number=seeds)
    def go_back_and_be_killed(self, moved: int, number: int) -> None:
        random = self.random(number)
        self.return_to(Aim(random.choice(self.desk.history.steps()).commit), random, moved)

    def go_back(self, step: Step, random: Random, *paths: str) -> None:
        self.return_to(Aim(step.commit, paths), random)

    @rule(number=seeds)
    def redo(self, number: int) -> None:
        self.redo_until(None, number)

    @rule(moved=moves, number=seeds)
    def redo_and_be_killed(self, moved: int, number: int) -> None:
        self.redo_until(moved, number)

    def redo_until(self, moved: int | None, number: int) -> None:
        expected = self.world.redoable()
        found = plan_rollback(self.desk.history, self.desk.files, REDO)
        if self.world.is_clear and (found is None or found.step.number != expected):
            assert expected is None or (found and found.step.number > expected)
            assert found is None or any(found.step.number in self.world.led_past(path) for path in found.step.paths)
        if found:
            self.return_to(REDO, self.random(number), moved)

    # What the user does

    @rule(path=paths, other=paths, mode=st.sampled_from(MODES), number=seeds)
    def user_interferes(self, path: str, other: str, mode: int, number: int) -> None:
        """Write a file, delete it, move it, change its mode, or put it back to what the last step found."""
        random = self.random(number)
        version, story = self.world.disk.get(path), self.world.stories.get(path)
        match random.randrange(10):
            case 0 if version and path != other:
                self.user_puts(other, version)
                self.user_puts(path, None)
            case 1 if version:
                self.user_puts(path, replace(version, mode=mode))
            case 2 if story:
                self.user_puts(path, story.moments[-1].before)
            case _:
                self.user_puts(path, self.author.version(random, version))

    def user_puts(self, path: str, version: Version | None) -> None:
        if version and version.mode is None:
            version = replace(version, mode=self.world.created_mode)
        self.put(path, version)
        self.world.user_writes(path, version)

    def put(self, path: str, version: Version | None) -> None:
        place = self.desk.base / path
        if version is None:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(version.data)
        place.chmod(version.mode or 0)

    # Going back

    def return_to(self, aim: Aim, random: Random, moved: int | None = None) -> None:
        """Go back, or redo, with whatever answers and decision; the model says what has to come of it."""
        plan = plan_rollback(self.desk.history, self.desk.files, aim)
        assert plan is not None
        step = plan.step
        only = aim.paths or (step.paths if aim.is_redo else None)
        ways = self.world.ways(step.number, step.meta.session, only)
        moving = {way.path: way for way in ways if self.world.moves(way)}
        check_conflicts(plan, moving)
        answers = Answers(by_path={path: random.choice(ANSWERS) for path in PATHS})
        agreed = agree(plan, answers, "back")
        conflicts = [file.conflict for file in plan.files if file.conflict]
        refused = [found.path for found in conflicts if answers.on(found.path) not in found.remedies]
        assert [conflict.path for conflict in agreed.conflicts] == refused
        if refused:
            with pytest.raises(RollbackConflict):
                self.carry_out(agreed, None)
            return
        self.check_merges(agreed, answers, moving)
        decision, landed = decide(agreed, random)
        left = {path for path in moving if path not in agreed.proposal.paths}
        assert set(agreed.kept) == left == {path for path in left if moving[path].lost}
        for path, way in moving.items():
            if path in landed and not (way.lost and answers.on(path) is Remedy.MERGE) and landed[path][1]:
                assert landed[path][0] == way.target, path

        deleted = [path for path, (version, _) in landed.items() if version is None]

        def stand(number: int, standing: Sequence[str]) -> None:
            for path in standing:
                version, is_whole = landed[path]
                is_merge = bool(moving[path].lost) and answers.on(path) is Remedy.MERGE
                kind = Kind.WORK if not is_whole else Kind.MERGE if is_merge else Kind.RETURN
                self.world.returns(number, moving[path], version, kind, with_lost=kind is Kind.RETURN)
            if len(standing) == len(landed):
                if plan.operation is Operation.ROLLBACK:
                    self.world.rollbacks.append((number, tuple(standing)))
                self.world.empties(
                    {folder for way in ways for folder in way.folders} & {*chain(*map(parents, deleted))}
                )
            elif plan.operation is Operation.ROLLBACK:
                self.world.rollbacks.append((number, tuple(standing)))

        if not landed:
            assert self.carry_out(agreed, decision) is None
        elif moved is None:
            done = self.carry_out(agreed, decision)
            assert done is not None
            assert done.number == self.world.step(step.meta.session)
            stand(done.number, list(landed))
        else:
            self.kill(lambda: self.carry_out(agreed, decision), list(landed), step.meta.session, moved, stand, random)

    def carry_out(self, agreed: AgreedRollback, decision: Decision | None) -> Step | None:
        outcome = asyncio.run(perform(self.desk.gate, self.desk.history, agreed, "", decision))
        return self.desk.history.find(outcome.checkpoint) if outcome.checkpoint else None

    def kill(
        self,
        carry_out: Callable[[], object],
        paths: Sequence[str],
        session: str,
        moved: int,
        stand: Callable[[int, Sequence[str]], None],
        random: Random,
    ) -> None:
        """Have a step's process killed, perhaps let the user write into one of its files, and start anew."""
        moved = min(moved, len(paths))
        try:
            with killed_after(moved):
                carry_out()
        except Killed:
            pass
        else:
            assert moved == len(paths), "it was not killed"
        is_over = not self.desk.history.may_be_interrupted()
        outside = random.sample(paths, 1) if random.randrange(3) == 0 else []
        written = {path: Version(self.author.line(), random.choice(MODES)) for path in outside}
        for path, version in written.items():
            self.put(path, version)
        self.desk = Desk(self.folder)
        recovered = self.desk.applier.recover()
        assert (recovered is None) == is_over
        number = self.world.step(session)
        is_applied = is_over or all(path in paths[:moved] or path in outside for path in paths)
        assert recovered is None or recovered.is_applied == is_applied
        stand(number, list(paths) if is_applied else outside)
        if not is_applied:
            self.world.step(session)
        for path, version in written.items():
            self.user_puts(path, version)

    # What has to hold

    @invariant()
    def disk_is_as_the_model_says(self) -> None:
        found: dict[str, Version] = {}
        folders = set()
        for place in self.desk.base.rglob("*"):
            name = str(place.relative_to(self.desk.base))
            if place.is_dir():
                folders.add(name)
            else:
                found[name] = Version(place.read_bytes(), place.stat().st_mode & 0o7777)
        assert found == {path: version for path, version in self.world.disk.items() if version}
        assert folders == self.world.folders, (folders, self.world.folders)

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        standing = self.world.standing()
        steps = self.desk.history.steps()
        assert [step.number for step in steps] == list(range(1, len(self.world.sessions) + 1))
        for row in timeline.rows(steps):
            for file in row.files:
                is_reached = file.path in self.world.reached.get(row.number, ())
                stands = RowState.APPLIED if row.number in standing.get(file.path, ()) else RowState.UNDONE
                is_clear = not is_reached or self.world.stories[file.path].is_clear
                if is_clear and not (is_reached and row.number in self.world.led_past(file.path)):
                    assert file.state is (stands if is_reached else RowState.NOT), self.told(row.number, file.path)

    def told(self, number: int, path: str) -> str:
        """What the model and the History say of a file, for the reader of a failure."""
        steps = self.desk.history.steps()
        named = [
            f"{step.number} {step.meta.session} {step.meta.operation} {step.meta.undone_in(path)}" for step in steps
        ]
        moments = [
            f"{m.number} {m.kind.name} {sorted(m.owners)} place {m.place} out {sorted(m.out)}"
            for m in self.world.stories[path].moments
        ]
        return "\n".join([f"step {number}, file {path}", *named, "the model:", *moments])

    def check_merges(self, agreed: AgreedRollback, answers: Answers, moving: Mapping[str, Way]) -> None:
        for change in agreed.proposal.changes:
            way = moving[change.path]
            if way.lost and answers.on(change.path) is Remedy.MERGE:
                self.check_merge(change, way)

    def check_merge(self, change: FileChange, way: Way) -> None:
        work = [self.world.stories[change.path].moments[place] for place in way.work]
        sides = [side for moment in work for side in (moment.before, moment.after)]
        versions = [version_of(change.before), version_of(change.after), *sides]
        texts = [version.data for version in versions if version and b"\0" not in version.data]
        if len(texts) < len(versions):
            return
        assert mode_of(change.after) == self.mode_without(mode_of(change.before), work)
        current, merged, *images = texts
        pairs = list(zip(images[::2], images[1::2], strict=True))
        assert merge_breaks(current, merged, pairs) == ""
        assert merged == self.merged_by_git(current, pairs)

    def mode_without(self, mode: int | None, work: Sequence[Moment]) -> int | None:
        """The mode that is left when the steps' work is taken out, the last first; what others set stays."""
        for moment in work:
            if moment.before and moment.after and moment.after.mode == mode:
                mode = moment.before.mode
        return mode

    def merged_by_git(self, content: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
        for before, after in pairs:
            names = []
            for name, data in (("ours", content), ("base", after), ("theirs", before)):
                (self.folder / name).write_bytes(data)
                names.append(str(self.folder / name))
            done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False)
            assert done.returncode == 0, done
            content = done.stdout
        return content

    def check_history(self) -> None:
        """Whatever a step found or left, the store still has; and whatever of the user's it put something else for."""
        history = Desk(self.folder).history
        steps = history.steps()
        names = [(step.number, file.path) for step in steps for file in step.files]
        found = history.images([file.before for step in steps for file in step.files])
        left = history.images([file.after for step in steps for file in step.files])
        images = zip(map(version_of, found), map(version_of, left), strict=True)
        stored = dict(zip(names, images, strict=True))
        for path, story in self.world.stories.items():
            for moment in story.moments:
                if moment.number:
                    assert stored[moment.number, path] == (moment.before, moment.after)
        kept = {(path, before) for (_, path), (before, _) in stored.items()}
        assert set(self.world.replaced) <= kept
