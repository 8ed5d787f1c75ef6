"""Owns going back: what it takes to return files to before a step, and carrying out what the person agreed to.

Going back never rewrites the History: it is a proposal that passes the gate and becomes a step like any other, and so
can be taken back itself. It takes back what one session did since a step; it never touches a file that somebody else
changed since, unless the person says what is to become of it, nor any file unless all of them can go.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from copydesk.changes import timeline
from copydesk.changes.conflicts import Blocked, Way, blocked, conflict, current_image, unmade
from copydesk.changes.gate import Gate
from copydesk.changes.history import History
from copydesk.changes.steps import Operation, Step, StepMeta, Undone, same_image
from copydesk.changes.waiting import waiting_paths
from copydesk.domain.checkpoints import Aim, Answers, ConflictKind, FileConflict, Remedy, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import HistoryError, RollbackConflict, UsageError
from copydesk.domain.proposals import FileChange, FileImage, Outcome, OutcomeKind, Proposal
from copydesk.workspace.files import DiskFiles


@dataclass(frozen=True, slots=True)
class FileReturn:
    """What going back would make of one file."""

    path: str
    restored: FileChange | None
    """From what is on disk to what it was; None where what stands there cannot be moved."""
    undoes: tuple[int, ...]
    """Numbers of the steps that are taken back."""
    conflict: FileConflict | None = None
    others: tuple[int, ...] = ()
    """Numbers of other sessions' steps that restoring it would take back as well."""
    merged: FileChange | None = None
    """Takes only these steps out of it; None unless it is in conflict and merges cleanly."""
    taken_out: tuple[int, ...] = ()
    """Numbers of the steps that the merge takes out: the file may be made of some of them only."""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What going back would do; nothing is moved yet."""

    step: Step
    """The files return to what they were before it."""
    operation: Operation
    """`rollback` or `redo`."""
    files: tuple[FileReturn, ...]
    """Those that are not as they were already."""
    emptied_directories: tuple[str, ...]
    """Folders that the steps made, outermost first; those left empty are removed."""
    latest: int
    """Number of the last step that the plan knows of."""


@dataclass(frozen=True, slots=True)
class AgreedRollback:
    """A plan with the person's word on each of its conflicts."""

    plan: RollbackPlan
    proposal: Proposal
    undoes: tuple[Undone, ...]
    conflicts: tuple[FileConflict, ...]
    """Those on which nothing was said, or what is impossible: nothing can be moved while there are any."""
    kept: tuple[str, ...]

    @property
    def preview(self) -> RollbackPreview:
        """It as people see it."""
        diffs = tuple(change.diff for change in self.proposal.changes)
        return RollbackPreview(self.plan.step.id, self.proposal.digest, diffs, self.conflicts, self.kept)

    def meta(self, session: str = "") -> StepMeta:
        """Under what the step is recorded: in a session, else in the one whose step is taken back."""
        plan = self.plan
        return StepMeta(
            plan.operation,
            session or plan.step.meta.session,
            title=f"Return to before {plan.step.id}",
            target=plan.step.number,
            emptied_directories=plan.emptied_directories,
            undoes=self.undoes,
        )


def plan_rollback(history: History, files: DiskFiles, aim: Aim) -> RollbackPlan | None:
    """Work out how to return to before a step, or to take a rollback back; moves nothing (blocking).

    None where there is no such step: nothing is applied, or nothing was rolled back. UsageError for an id that is not
    exactly one step's, and for a path that the steps did not touch.
    """
    steps = history.steps()
    step = _aimed_at(history, steps, aim)
    if step is None:
        return None
    return _Planner(history, files, steps).plan(step, aim)


def agree(plan: RollbackPlan, answers: Answers, new_id: str) -> AgreedRollback:
    """Apply the person's answers to a plan; the proposal gets this id."""
    changes, undoes, conflicts, kept = [], [], [], []
    for file in plan.files:
        answer = answers.on(file.path) if file.conflict else Remedy.RESTORE
        change = file.merged if answer is Remedy.MERGE else file.restored
        if answer is Remedy.KEEP:
            kept.append(file.path)
        elif file.conflict and answer not in file.conflict.remedies:
            conflicts.append(file.conflict)
        elif change and change.before == change.after:
            kept.append(file.path)
        elif change:
            changes.append(change)
            numbers = file.taken_out if answer is Remedy.MERGE else (*file.undoes, *file.others)
            undoes.append(Undone(file.path, tuple(sorted(numbers))))
    proposal = Proposal(new_id, "", tuple(changes))
    return AgreedRollback(plan, proposal, tuple(undoes), tuple(conflicts), tuple(kept))


async def perform(
    gate: Gate, history: History, agreed: AgreedRollback, session: str = "", decision: Decision | None = None
) -> Outcome:
    """Move the files as agreed, all or none, through the gate; a decision may let through some of the hunks only.

    The step is recorded in `session`, else in the one whose step is taken back. RollbackConflict where a conflict has
    no answer, or the files or the History are not as they were when it was planned; HistoryError where it fails.
    """
    plan, proposal = agreed.plan, agreed.proposal
    refuse(agreed.conflicts)
    if not proposal.changes:
        return Outcome(OutcomeKind.REJECTED, "There is nothing to do: the files already are as they would be.")
    decision = decision or Decision(True, proposal.digest)
    outcome = await gate.land_decided(proposal, decision, agreed.meta(session), after=plan.latest)
    if outcome.kind is OutcomeKind.DENIED:
        raise HistoryError(outcome.message)
    if outcome.kind is OutcomeKind.STALE:
        refuse([_waits(path, by) for path, by in waiting_paths(history.store).items() if path in proposal.paths])
        raise RollbackConflict(proposal.paths, (outcome.message.removeprefix("No change was made. "),))
    return outcome


def refuse(conflicts: Sequence[FileConflict]) -> None:
    """RollbackConflict where there are any."""
    if conflicts:
        paths = tuple(conflict.path for conflict in conflicts)
        raise RollbackConflict(paths, tuple(conflict.sentence for conflict in conflicts))


def _aimed_at(history: History, steps: Sequence[Step], aim: Aim) -> Step | None:
    if aim.step:
        return history.find(aim.step)
    return timeline.last_rollback(steps) if aim.is_redo else timeline.last_edit(steps)


@dataclass(frozen=True)
class _Planner:
    """Works out one plan from one look at the History."""

    history: History
    files: DiskFiles
    steps: Sequence[Step]
    waiting: Mapping[str, str] = field(init=False)
    """Path → the session in which an edit of it waits for a review."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "waiting", waiting_paths(self.history.store))

    def plan(self, step: Step, aim: Aim) -> RollbackPlan:
        ways = list(_ways(self.steps, step))
        if aim.is_redo:
            ways = [way for way in ways if way.path in step.paths]
        ways = _only(ways, aim.paths)
        targets = self.history.images([way.target.before for way in ways])
        found = [self._file(way, target) for way, target in zip(ways, targets, strict=True)]
        return RollbackPlan(
            step,
            Operation.REDO if aim.is_redo else Operation.ROLLBACK,
            tuple(file for file in found if file),
            _created_directories(ways),
            self.steps[-1].number,
        )

    def _file(self, way: Way, target: FileImage | None) -> FileReturn | None:
        """What to do with one file; None where it already is as it was."""
        undoes = tuple(sorted(way.own))
        current = current_image(self.files, way.path)
        if isinstance(current, Blocked):
            return FileReturn(way.path, None, undoes, FileConflict(way.path, current.kind, current.reason))
        if same_image(current, target):
            return None
        change = FileChange(way.path, current, target)
        if way.path in self.waiting:
            return FileReturn(way.path, None, undoes, _waits(way.path, self.waiting[way.path]))
        why = blocked(way, current)
        return self._in_conflict(way, change, why) if why else FileReturn(way.path, change, undoes)

    def _in_conflict(self, way: Way, change: FileChange, why: Blocked) -> FileReturn:
        found = self.history.images([image for _, file in way.since for image in (file.before, file.after)])
        images = list(zip(found[::2], found[1::2], strict=True))
        without = unmade(way, images, change.before)
        others, taken_out = (tuple(step.number for step in way.work(own=own)) for own in (False, True))
        left = [after for (step, _), (_, after) in zip(way.since, images, strict=True) if step.number in way.own]
        shown = conflict(change, why, left[-1], without)
        merged = None if isinstance(without, tuple) else FileChange(change.path, change.before, without)
        return FileReturn(way.path, change, tuple(sorted(way.own)), shown, others, merged, taken_out)


def _waits(path: str, session: str) -> FileConflict:
    return FileConflict(path, ConflictKind.WAITING, f"an edit of it waits for a review in session {session}")


def _ways(steps: Sequence[Step], step: Step) -> Iterator[Way]:
    """The way back of each file that the session of a step touched since."""
    for path, trail in timeline.trails(steps).items():
        own = _taken_back(trail, step, path)
        start = next((place for place, (other, _) in enumerate(trail) if other.number in own), None)
        if start is not None:
            yield Way(path, trail, start, own)


def _taken_back(trail: timeline.Trail, step: Step, path: str) -> frozenset[int]:
    """What goes with a step: what its session did since, and returns that took back the work of no other session."""
    workers: dict[int, set[str]] = {}
    for other, _ in trail:
        undone = [workers.get(number, set()) for number in other.meta.undone_in(path)]
        workers[other.number] = set().union(*undone) or {other.meta.session}
    later = {number for number in workers if number >= step.number}
    return frozenset(n for n in later if n == step.number or workers[n] == {step.meta.session})


def _only(ways: list[Way], paths: Collection[str]) -> list[Way]:
    """Those of these files; all where none is named."""
    unknown = set(paths) - {way.path for way in ways}
    if unknown:
        raise UsageError(f"{', '.join(sorted(unknown))}: nothing was changed there since that step.")
    return [way for way in ways if not paths or way.path in paths]


def _created_directories(ways: Iterable[Way]) -> tuple[str, ...]:
    folders = {
        folder
        for way in ways
        for step, file in way.trail
        if step.number in way.own
        for folder in file.created_directories
    }
    return tuple(sorted(folders))
