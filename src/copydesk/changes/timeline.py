"""Owns what the steps of a workspace mean together: which stand, which can be taken back next.

Pure functions over steps, oldest first. A rollback or redo is a step like any other, and names the steps that it took
back in each file; those do not stand any more unless it is taken back itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from copydesk.changes.steps import Operation, Step, StepFile
from copydesk.domain.checkpoints import HistoryRow, RowFile, RowState

EDITS = (Operation.EDIT, Operation.UNDO)
RETURNS = (Operation.ROLLBACK, Operation.REDO)

Trail = Sequence[tuple[Step, StepFile]]
"""What steps did to one file, oldest first."""
Standing = Collection[tuple[int, str]]
"""Number of a step and path of a file that it made what it is."""


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


def trails(steps: Sequence[Step]) -> dict[str, list[tuple[Step, StepFile]]]:
    """Give, by path, what the steps that reached the disk did to a file, oldest first."""
    found: dict[str, list[tuple[Step, StepFile]]] = {}
    for step, files in written(steps):
        for file in files:
            found.setdefault(file.path, []).append((step, file))
    return found


def standing(steps: Sequence[Step]) -> frozenset[tuple[int, str]]:
    """Give the steps' parts that nothing took back; a rollback that was taken back itself takes back nothing."""
    undone: set[tuple[int, str]] = set()
    stands: set[tuple[int, str]] = set()
    for step, files in reversed(list(written(steps))):
        for file in files:
            if (step.number, file.path) not in undone:
                stands.add((step.number, file.path))
                undone.update((number, file.path) for number in step.meta.undone_in(file.path))
    return frozenset(stands)


def is_edit(step: Step, path: str) -> bool:
    """Tell whether a step made something new of a file; a rollback did where only a part of the file went back."""
    return step.meta.operation in EDITS or (step.meta.operation in RETURNS and not step.meta.undone_in(path))


def last_edit(steps: Sequence[Step]) -> Step | None:
    """Give the last edit that is not taken back in all of its files."""
    stands = standing(steps)
    for step, files in reversed(list(written(steps))):
        if step.meta.operation in EDITS and any((step.number, file.path) in stands for file in files):
            return step
    return None


def last_rollback(steps: Sequence[Step]) -> Step | None:
    """Give the last rollback that stands, unless one of its files was edited after it."""
    stands = standing(steps)
    edited: set[str] = set()
    for step, files in reversed(list(written(steps))):
        paths = [file.path for file in files if (step.number, file.path) in stands]
        if step.meta.operation is Operation.ROLLBACK and paths:
            return None if edited.intersection(file.path for file in files) else step
        edited.update(path for path in paths if is_edit(step, path))
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
    for step, file in trails(steps).get(path, []):
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
    stands = standing(steps)
    shown = [step for step in reversed(steps) if step.meta.operation is not Operation.SETTLE]
    return [_row(step, reached, stands) for step in shown]


def _row(step: Step, reached: Mapping[int, Sequence[StepFile]], stands: Standing) -> HistoryRow:
    on_disk = {file.path for file in reached.get(step.number, ())}
    files = []
    for file in step.files:
        state = RowState.APPLIED if (step.number, file.path) in stands else RowState.UNDONE
        files.append(RowFile(file.path, file.added, file.removed, state if file.path in on_disk else RowState.NOT))
    meta = step.meta
    return HistoryRow(
        step.id, step.number, step.at, meta.session, meta.turn, meta.operation, tuple(files), meta.model, meta.title
    )
