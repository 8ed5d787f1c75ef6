"""Owns the verbs `rollback` and `redo`: what they print and their exit codes.

Decides nothing about files: the plan and its conflicts come from `changes.rollback`, and what moves passes the gate.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.gate import Gate
from copydesk.changes.rollback import AgreedRollback, agree, perform, plan_rollback
from copydesk.domain.checkpoints import Aim, Answers, FileConflict, Remedy, RollbackPreview
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.domain.errors import UsageError
from copydesk.frontends import present
from copydesk.frontends.verbs.history import Output

DONE, CONFLICT = 0, 4
_HUNK = re.compile(r"^@@ .* @@", re.MULTILINE)
_REMEDIES = {Remedy.KEEP: "keep what is there", Remedy.RESTORE: "restore it anyway", Remedy.MERGE: "merge both"}


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """What the person asked for."""

    id: str = ""
    """The beginning of a step's id; empty for the last applied edit, or for the last rollback to redo."""
    is_redo: bool = False
    """Take a rollback back."""
    is_turn: bool = False
    """Take back the whole turn that the step belongs to, and what came after it."""
    paths: tuple[str, ...] = ()
    """Only these files, relative to the root; empty for all."""
    hunks: tuple[int, ...] = ()
    """Only these, counted from 1 through the files of the preview; empty for all."""
    is_preview: bool = False
    """Say what would happen, and do nothing."""
    on_conflict: Remedy = Remedy.REFUSE


@dataclass(frozen=True, slots=True)
class Result:
    """How going back went."""

    outcome: str
    """`done`, `nothing`, `preview` or `conflict`."""
    agreed: AgreedRollback | None
    diffs: tuple[FileDiff, ...] = ()
    """What was moved, or would be."""
    checkpoint: str = ""
    """The step that was recorded; going back before it takes this back."""


def run_rollback(applier: Applier, gate: Gate, request: RollbackRequest, output: Output) -> int:
    """Go back to before a step, or take a rollback back. Returns the exit code.

    UsageError for an id that is not exactly one step's, and for files or hunks that the preview does not have;
    RollbackConflict where a file changes at that very moment.
    """
    recovered = applier.recover()
    for sentence in recovered.sentences if recovered else ():
        output.tell(show(sentence))
    plan = plan_rollback(applier.history, applier.files, _aim(applier, request))
    if plan is None:
        return _report(Result("nothing", None), output)
    agreed = agree(plan, Answers(request.on_conflict), "rollback")
    return _report(_carried_out(applier, gate, request, agreed), output)


def _aim(applier: Applier, request: RollbackRequest) -> Aim:
    if not request.is_turn:
        return Aim(request.id, request.paths, request.is_redo)
    steps = applier.history.steps()
    step = applier.history.find(request.id) if request.id else timeline.last_edit(steps)
    return Aim(timeline.first_of_turn(steps, step).commit if step else "", request.paths)


def _carried_out(applier: Applier, gate: Gate, request: RollbackRequest, agreed: AgreedRollback) -> Result:
    preview = agreed.preview
    if preview.conflicts:
        return Result("conflict", agreed, preview.diffs)
    decision = only_hunks(preview, request.hunks) if request.hunks else None
    if not preview.diffs:
        return Result("nothing", agreed)
    if request.is_preview:
        return Result("preview", agreed, preview.diffs)
    outcome = asyncio.run(perform(gate, applier.history, agreed, decision=decision))
    if not outcome.checkpoint or outcome.proposal is None:
        return Result("nothing", agreed)
    return Result("done", agreed, tuple(change.diff for change in outcome.proposal.changes), outcome.checkpoint)


def only_hunks(preview: RollbackPreview, wanted: Sequence[int]) -> Decision:
    """Let through only these hunks, counted from 1 through all files; UsageError for one that there is not."""
    files, before = [], 0
    for diff in preview.diffs:
        chosen = [number - before for number in wanted if before < number <= before + len(diff.hunks)]
        before += len(diff.hunks)
        if chosen:
            hunks = tuple(HunkDecision(number, Choice.ACCEPT) for number in sorted(set(chosen)))
            files.append(FileDecision(diff.path, Choice.REJECT, hunks))
    unknown = [number for number in wanted if not 0 < number <= before]
    if unknown:
        raise UsageError(f"The preview has {present.plural(before, 'hunk')}; there is no hunk {unknown[0]}.")
    return Decision(False, preview.digest, files=tuple(files))


def _report(result: Result, output: Output) -> int:
    if output.as_json:
        output.write(json.dumps(_document(result), indent=2) + "\n")
    elif result.outcome == "preview":
        shown = show_lines(_numbered(result.diffs))
        output.write(present.painted(shown) if output.has_colour else shown)
    elif result.outcome == "done":
        output.write("".join(f"{present.counts((diff,)):>9}  {show(diff.path)}\n" for diff in result.diffs))
    for line in _talk(result):
        output.tell(line)
    return CONFLICT if result.outcome == "conflict" else DONE


def _numbered(diffs: Sequence[FileDiff]) -> str:
    """The unified diffs with the number of each hunk where git shows a function's name."""
    numbers = count(1)
    unified = "".join(diff.to_unified() for diff in diffs)
    return _HUNK.sub(lambda header: f"{header[0]} hunk {next(numbers)}", unified)


def _talk(result: Result) -> Iterator[str]:
    preview = result.agreed.preview if result.agreed else None
    if result.outcome == "nothing":
        yield "There is nothing to do: the files already are as they would be."
    if result.outcome == "conflict" and preview:
        yield "Nothing was moved, because going back would lose other changes:"
        yield from (f"  {show(conflict.sentence)}" for conflict in preview.conflicts)
        yield from _ways_out(preview.conflicts)
    for path in preview.kept if preview else ():
        yield f"{show(path)} stays as it is."
    if result.checkpoint and result.agreed:
        yield f"Returned to before {result.agreed.plan.step.id} as step {result.checkpoint}."


def _ways_out(conflicts: Sequence[FileConflict]) -> Iterator[str]:
    """What would help with all of them at once."""
    common = [remedy for remedy in _REMEDIES if all(remedy in conflict.remedies for conflict in conflicts)]
    listed = ", ".join(f"{remedy} ({_REMEDIES[remedy]})" for remedy in common)
    yield f"With --on-conflict: {listed}. --path names single files, --preview shows what would happen."


def _document(result: Result) -> dict[str, Any]:
    agreed, preview = result.agreed, result.agreed.preview if result.agreed else None
    numbers = count(1)
    return {
        "outcome": result.outcome,
        "operation": agreed.plan.operation if agreed else None,
        "before": agreed.plan.step.id if agreed else None,
        "checkpoint": result.checkpoint or None,
        "digest": preview.digest if preview else None,
        "changes": [_change(diff, numbers) for diff in result.diffs],
        "conflicts": [_conflict(conflict) for conflict in preview.conflicts] if preview else [],
        "kept": list(preview.kept) if preview else [],
        "diff": "".join(diff.to_unified() for diff in result.diffs),
    }


def _change(diff: FileDiff, numbers: Iterator[int]) -> dict[str, Any]:
    hunks = [next(numbers) for _ in diff.hunks]
    return {"path": diff.path, "status": diff.status, "added": diff.added, "removed": diff.removed, "hunks": hunks}


def _conflict(conflict: FileConflict) -> dict[str, Any]:
    diffs = {"lost": conflict.theirs, "restore": conflict.restored, "merge": conflict.merged}
    return {
        "path": conflict.path,
        "kind": conflict.kind,
        "reason": conflict.sentence,
        "remedies": list(conflict.remedies),
        **{name: diff.to_unified() if diff else None for name, diff in diffs.items()},
    }
