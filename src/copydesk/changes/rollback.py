"""Owns going back: what it takes to return the files to before a step, and why that may be impossible.

Going back never rewrites the History: it is a step like any other, and so can be taken back itself. It never touches
a file that somebody else changed since or an edit of which waits for a review, nor any file unless all of them can go.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.history import History
from copydesk.changes.overlay import waiting_paths
from copydesk.changes.steps import Operation, Step, StepFile, StepMeta, same_image
from copydesk.domain.checkpoints import RollbackPreview
from copydesk.domain.errors import RollbackConflict, StaleFile, WorkspaceError
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles

Trail = Sequence[tuple[Step, StepFile]]
"""What the steps since a point did to one file, oldest first."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that cannot go back: what somebody else wrote, or what waits for a review, would be lost."""

    path: str
    reason: str
    """Half a sentence, to stand after the path and a colon."""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What going back would do; nothing is moved yet."""

    step: Step
    """The files return to what they were before it."""
    operation: Operation
    """`rollback` or `redo`."""
    changes: tuple[FileChange, ...]
    """From what is on disk to what was; empty where there is nothing to do."""
    conflicts: tuple[Conflict, ...]
    emptied_directories: tuple[str, ...]
    """Folders that the steps made, outermost first; those left empty are removed."""
    latest: int
    """Number of the last step that the plan knows of."""

    @property
    def preview(self) -> RollbackPreview:
        """The plan as people see it."""
        conflicts = tuple(f"{conflict.path}: {conflict.reason}." for conflict in self.conflicts)
        return RollbackPreview(self.step.id, tuple(change.diff for change in self.changes), conflicts)


def plan_rollback(history: History, files: DiskFiles, step: Step) -> RollbackPlan:
    """Work out how to return to before a step, whoever made the steps since; moves nothing."""
    return _plan(history, files, step, Operation.ROLLBACK)


def plan_redo(history: History, files: DiskFiles) -> RollbackPlan | None:
    """Work out how to take the last rollback back; None where an edit came after it or there is none."""
    step = timeline.last_rollback(history.steps())
    return _plan(history, files, step, Operation.REDO) if step else None


def perform(applier: Applier, plan: RollbackPlan, session: str = "") -> Step | None:
    """Move the files as planned, all or none; None where there was nothing to do.

    The step is recorded in `session`, else in the one whose step is taken back. RollbackConflict where the plan has
    conflicts, or is out of date.
    """
    _refuse(plan.conflicts)
    if not plan.changes:
        return None
    _refuse([found for found in _reviewed_first(applier.history, plan.changes) if isinstance(found, Conflict)])
    if applier.history.steps()[-1].number != plan.latest:
        _refuse(
            [Conflict(change.path, "another change was applied since this was prepared") for change in plan.changes]
        )
    meta = StepMeta(
        plan.operation,
        session or plan.step.meta.session,
        title=f"Return to before {plan.step.id}",
        target=plan.step.number,
        emptied_directories=plan.emptied_directories,
    )
    try:
        return applier.apply(plan.changes, meta)
    except StaleFile as error:
        raise RollbackConflict((error.path,), ("it was changed a moment ago",)) from error


def _plan(history: History, files: DiskFiles, step: Step, operation: Operation) -> RollbackPlan:
    steps = history.steps()
    trails = _trails(steps, step.number)
    targets = history.images([trail[0][1].before for trail in trails.values()])
    found = [
        _examine(files, path, trail, target) for (path, trail), target in zip(trails.items(), targets, strict=True)
    ]
    found = _reviewed_first(history, found)
    return RollbackPlan(
        step,
        operation,
        tuple(item for item in found if isinstance(item, FileChange)),
        tuple(item for item in found if isinstance(item, Conflict)),
        _created_directories(trails.values()),
        steps[-1].number,
    )


def _reviewed_first(
    history: History, found: Iterable[FileChange | Conflict | None]
) -> list[FileChange | Conflict | None]:
    """The same, with a conflict for each change of a file of which an edit waits for a review, in any session."""
    waiting = waiting_paths(history.store)
    return [
        Conflict(item.path, f"an edit of it waits for a review in session {waiting[item.path]}")
        if isinstance(item, FileChange) and item.path in waiting
        else item
        for item in found
    ]


def _created_directories(trails: Iterable[Trail]) -> tuple[str, ...]:
    return tuple(sorted({folder for trail in trails for _, file in trail for folder in file.created_directories}))


def _trails(steps: Sequence[Step], first: int) -> dict[str, Trail]:
    trails: dict[str, list[tuple[Step, StepFile]]] = {}
    for step, files in timeline.written(steps):
        for file in files if step.number >= first else ():
            trails.setdefault(file.path, []).append((step, file))
    return dict(trails)


def _examine(files: DiskFiles, path: str, trail: Trail, target: FileImage | None) -> FileChange | Conflict | None:
    """Say what to do with one file: None where it already is as it was."""
    try:
        if files.real_path(path) != path:
            return Conflict(path, "it is reached through a symbolic link now")
        current = files.read(path)
    except WorkspaceError:
        return Conflict(path, "it is not a regular file any more")
    if same_image(current, target):
        return None
    reason = next(_changes_by_others(trail, current), None)
    return Conflict(path, reason) if reason else FileChange(path, current, target)


def _changes_by_others(trail: Trail, current: FileImage | None) -> Iterator[str]:
    """Find where the file does not hold what the step before left."""
    last, file = trail[-1]
    if not same_image(file.after, current):
        yield f"it was changed outside copydesk since {last.id}"
    for (earlier, left), (later, found) in pairwise(trail):
        if not same_image(left.after, found.before):
            yield f"it was changed outside copydesk between {earlier.id} and {later.id}"


def _refuse(conflicts: Sequence[Conflict]) -> None:
    if conflicts:
        paths = tuple(conflict.path for conflict in conflicts)
        raise RollbackConflict(paths, tuple(conflict.reason for conflict in conflicts))
