"""Owns a workspace with its History and applier, on disk, for tests that write and go back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from copydesk.changes.applier import Applier
from copydesk.changes.gate import Gate, NobodyToAsk
from copydesk.changes.history import History
from copydesk.changes.rollback import AgreedRollback, agree, perform, plan_rollback
from copydesk.changes.steps import Operation, Step, StepMeta
from copydesk.domain.checkpoints import Aim, Answers
from copydesk.domain.decisions import Decision
from copydesk.domain.policies import Mode, Policy
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.paths import Root
from copydesk.workspace.store import PrivateStore

STARTED = 1_700_000_000.0


class Desk:
    """A workspace in `folder/workspace` whose History is in `folder/store.git`; both may be there already."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "workspace"
        self.base.mkdir(exist_ok=True)
        self.store = folder / "store.git"
        self.files = DiskFiles(Root.open(self.base))
        self.history = History(PrivateStore(self.store))
        # A desk opened later must not repeat the names that a killed one has used.
        numbers = count(sum(1 for _ in folder.rglob("*")) * 1000)
        self.applier = Applier(self.files, self.history, lambda: f"{next(numbers):016x}", lambda: STARTED)
        self.gate = Gate(Policy(Mode.ACCEPT), StepMeta(Operation.EDIT, "s1"), self.applier, NobodyToAsk(), _ignore)

    def change(self, path: str, after: bytes | FileImage | None) -> FileChange:
        """The change from what is on disk now; bytes keep the file's mode."""
        before = self.files.read(path)
        if isinstance(after, bytes):
            after = FileImage(after, before.mode if before else None)
        return FileChange(path, before, after)

    def apply(self, changes: Sequence[FileChange], session: str = "s1", turn: str = "", undo: bool = False) -> Step:
        operation = Operation.UNDO if undo else Operation.EDIT
        return self.applier.apply(changes, StepMeta(operation, session, turn, title="an edit"))

    def edit(self, path: str, after: bytes | FileImage | None, session: str = "s1", turn: str = "") -> Step:
        return self.apply([self.change(path, after)], session, turn)

    def begin(self, changes: Sequence[FileChange]) -> Step:
        """Record a step as a process does that is killed before it moves a file."""
        files = [self.applier._step_file(self.applier._verified(change), change.diff) for change in changes]
        with self.history.locked():
            return self.history.begin(StepMeta(Operation.EDIT, "s1"), STARTED, files, changes)

    def plan(self, step: Step, *paths: str, answers: Answers | None = None) -> AgreedRollback:
        """What going back before a step would do, given what is said of its conflicts."""
        plan = plan_rollback(self.history, self.files, Aim(step.commit, paths))
        assert plan is not None
        return agree(plan, answers or Answers(), "back")

    def plan_redo(self) -> AgreedRollback | None:
        plan = plan_rollback(self.history, self.files, Aim("", is_redo=True))
        return agree(plan, Answers(), "again") if plan else None

    def carry_out(self, agreed: AgreedRollback, decision: Decision | None = None) -> Step | None:
        """Move the files as agreed; None where nothing had to move."""
        with ThreadPoolExecutor(1) as thread:
            outcome = thread.submit(asyncio.run, perform(self.gate, self.history, agreed, "", decision)).result()
        return self.history.find(outcome.checkpoint) if outcome.checkpoint else None

    def go_back(self, step: Step, *paths: str, answers: Answers | None = None) -> Step | None:
        return self.carry_out(self.plan(step, *paths, answers=answers))

    def redo(self) -> Step | None:
        agreed = self.plan_redo()
        assert agreed is not None, "there is nothing to redo"
        return self.carry_out(agreed)

    def write(self, path: str, data: bytes) -> None:
        """Write as somebody else does."""
        place = self.base / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def names(self) -> set[str]:
        """Everything in the workspace, folders included."""
        return {str(path.relative_to(self.base)) for path in self.base.rglob("*")}

    def contents(self) -> Mapping[str, bytes]:
        """Every file of the workspace with its bytes."""
        return {name: (self.base / name).read_bytes() for name in self.names() if (self.base / name).is_file()}


def _ignore(_: object) -> None:
    """Nobody listens."""
