"""Owns what the steps of a workspace mean together: which stand, which can be taken back next.

Pure functions over steps, oldest first. A step that goes before another returns to what stood then and builds on it,
so what stands is a chain from the last step back, and a rollback or redo is a step in it like any other.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence

from copydesk.changes.steps import Operation, Step, StepFile
from copydesk.domain.checkpoints import HistoryRow

EDITS = (Operation.EDIT, Operation.UNDO)
RETURNS = (Operation.ROLLBACK, Operation.REDO)


def settlements(steps: Iterable[Step]) -> dict[int, tuple[StepFile, ...]]:
    """Give, by number, what stands of each step that was interrupted."""
    return {
        step.meta.target: step.files
        for step in steps
        if step.meta.operation is Operation.SETTLE and step.meta.target is not None
    }


def written(steps: Sequence[Step]) -> Iterator[tuple[Step, tuple[StepFile, ...]]]:
    """Give each step that reached the disk, with the files that it reached."""
    settled = settlements(steps)
    for step in steps:
        files = settled.get(step.number, step.files)
        if files and step.meta.operation is not Operation.SETTLE:
            yield step, files


def standing(steps: Sequence[Step]) -> list[Step]:
    """Give the steps that make up what is on disk now, the last one first."""
    made = [step for step, _ in written(steps)]
    numbers = [step.number for step in made]
    chain = []
    index = len(made) - 1
    while index >= 0:
        chain.append(made[index])
        target = made[index].meta.target
        index = (index if target is None else bisect_left(numbers, target)) - 1
    return chain


def last_edit(steps: Sequence[Step]) -> Step | None:
    """Give the last edit that is not taken back."""
    return next((step for step in standing(steps) if step.meta.operation in EDITS), None)


def last_rollback(steps: Sequence[Step]) -> Step | None:
    """Give the rollback that can be taken back: nothing but redone rollbacks came after it."""
    for step in standing(steps):
        if step.meta.operation is not Operation.REDO:
            return step if step.meta.operation is Operation.ROLLBACK else None
    return None


def first_of_turn(steps: Sequence[Step], step: Step) -> Step:
    """Give the first step that reached the disk in the turn of a step; the step itself where it has none."""
    turn = (step.meta.session, step.meta.turn)
    if not step.meta.turn:
        return step
    return next((other for other, _ in written(steps) if (other.meta.session, other.meta.turn) == turn), step)


def undoable(steps: Sequence[Step], path: str, session: str) -> tuple[Step, StepFile] | None:
    """Give a session's last edit of a file that its `undo_edit` has not taken back; going back clears them all."""
    edits: list[tuple[Step, StepFile]] = []
    for step, files in written(steps):
        for file in files:
            if file.path != path:
                continue
            if step.meta.operation in RETURNS:
                edits.clear()
            elif step.meta.session == session and step.meta.operation is Operation.EDIT:
                edits.append((step, file))
            elif step.meta.session == session and edits:
                edits.pop()
    return edits[-1] if edits else None


def rows(steps: Sequence[Step]) -> list[HistoryRow]:
    """List the steps for people, the last one first; what was settled is said in the row of its step."""
    reached = {step.number: files for step, files in written(steps)}
    stands = {step.number for step in standing(steps)}
    shown = [step for step in reversed(steps) if step.meta.operation is not Operation.SETTLE]
    return [_row(step, reached.get(step.number, ()), stands) for step in shown]


def _row(step: Step, reached: Sequence[StepFile], stands: Container[int]) -> HistoryRow:
    state = "not applied"
    if reached:
        state = "applied" if step.number in stands else "undone"
    files = reached or step.files
    return HistoryRow(
        step.id,
        step.at,
        step.meta.session,
        step.meta.turn,
        step.meta.operation,
        tuple(file.path for file in files),
        sum(file.added for file in files),
        sum(file.removed for file in files),
        state,
        step.meta.model,
    )
