"""Owns the verbs `history`, `rollback` and `redo`: what they print and their exit codes.

Decides nothing about files: the plan and its conflicts come from `changes.rollback`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.history import History
from copydesk.changes.rollback import RollbackPlan, perform, plan_redo, plan_rollback
from copydesk.changes.steps import Step
from copydesk.domain.checkpoints import HistoryRow, RollbackPreview
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.frontends import present

DONE, CONFLICT = 0, 4


@dataclass(frozen=True, slots=True)
class Output:
    """Where a verb's words go."""

    write: Callable[[str], None]
    """Takes what belongs to standard output, line ends included."""
    tell: Callable[[str], None]
    """Takes what belongs to standard error, a line without its end."""
    as_json: bool = False
    """Standard output is one JSON document."""
    has_colour: bool = False


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """What the person asked to take back."""

    id: str = ""
    """The beginning of a step's id; empty for the last applied edit."""
    is_turn: bool = False
    """Take back the whole turn that the step belongs to, and what came after it."""
    is_preview: bool = False
    """Say what would happen, and do nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """How going back went."""

    outcome: str
    """`done`, `nothing`, `preview` or `conflict`."""
    plan: RollbackPlan | None
    step: Step | None = None
    """The step that was recorded; going back before it takes the rollback back."""


def run_history(history: History, output: Output, local_time: Callable[[float], str]) -> int:
    """List the steps, newest first; `local_time` writes seconds since the epoch for people. Returns the exit code."""
    rows = timeline.rows(history.steps())
    if output.as_json:
        output.write(_document({"steps": [asdict(row) for row in rows]}))
    elif rows:
        output.write("".join(f"{_line(row, local_time)}\n" for row in rows))
    else:
        output.tell("Nothing was applied in this workspace yet.")
    return DONE


def run_rollback(applier: Applier, request: RollbackRequest, output: Output) -> int:
    """Go back to before a step. Returns the exit code.

    UsageError for an id that is not exactly one step's, RollbackConflict where a file changes at that very moment.
    """
    _recover(applier, output)
    step = _requested_step(applier.history, request)
    plan = plan_rollback(applier.history, applier.files, step) if step else None
    return _carry_out(applier, plan, output, is_preview=request.is_preview)


def run_redo(applier: Applier, output: Output) -> int:
    """Take the last rollback back. Returns the exit code."""
    _recover(applier, output)
    return _carry_out(applier, plan_redo(applier.history, applier.files), output, is_preview=False)


def _recover(applier: Applier, output: Output) -> None:
    recovered = applier.recover()
    for sentence in recovered.sentences if recovered else ():
        output.tell(show(sentence))


def _requested_step(history: History, request: RollbackRequest) -> Step | None:
    steps = history.steps()
    step = history.find(request.id) if request.id else timeline.last_edit(steps)
    return timeline.first_of_turn(steps, step) if step and request.is_turn else step


def _carry_out(applier: Applier, plan: RollbackPlan | None, output: Output, *, is_preview: bool) -> int:
    if plan is None or not (plan.changes or plan.conflicts):
        return _report(Result("nothing", plan), output)
    if plan.conflicts:
        return _report(Result("conflict", plan), output)
    if is_preview:
        return _report(Result("preview", plan), output)
    return _report(Result("done", plan, perform(applier, plan)), output)


def _report(result: Result, output: Output) -> int:
    preview = result.plan.preview if result.plan else None
    diffs = preview.diffs if preview else ()
    if output.as_json:
        output.write(_document(_as_document(result, preview)))
    elif result.outcome == "preview":
        shown = "".join(show_lines(diff.to_unified()) for diff in diffs)
        output.write(present.painted(shown) if output.has_colour else shown)
    elif result.outcome == "done":
        output.write("".join(f"{present.counts((diff,)):>9}  {show(diff.path)}\n" for diff in diffs))
    for line in _talk(result, preview):
        output.tell(line)
    return CONFLICT if result.outcome == "conflict" else DONE


def _talk(result: Result, preview: RollbackPreview | None) -> Iterator[str]:
    if result.outcome == "nothing":
        yield "There is nothing to do: the files already are as they would be."
    if result.outcome == "conflict" and preview:
        yield "Nothing was moved, because going back would lose other changes:"
        yield from (f"  {show(conflict)}" for conflict in preview.conflicts)
    if result.step and result.plan:
        yield f"Returned to before {result.plan.step.id} as step {result.step.id}."


def _as_document(result: Result, preview: RollbackPreview | None) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "before": result.plan.step.id if result.plan else None,
        "checkpoint": result.step.id if result.step else None,
        "changes": [_change(diff) for diff in preview.diffs] if preview else [],
        "conflicts": list(preview.conflicts) if preview else [],
        "diff": "".join(diff.to_unified() for diff in preview.diffs) if preview else "",
    }


def _change(diff: FileDiff) -> dict[str, Any]:
    return {"path": diff.path, "status": diff.status, "added": diff.added, "removed": diff.removed}


def _document(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _line(row: HistoryRow, local_time: Callable[[float], str]) -> str:
    extent = f"+{row.added} {present.MINUS}{row.removed}"
    session = f"{row.session} {row.turn}".rstrip()
    head = f"{row.id}  {local_time(row.at)}  {row.operation:<8}  {row.state:<11}  {extent:>9}"
    return show(f"{head}  {', '.join(row.paths)}  ({session})")
