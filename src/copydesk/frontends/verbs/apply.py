"""Owns the verb `apply`: what it prints and its exit codes. What lands is decided by the gate, all of it or nothing."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from copydesk.changes.arrivals import Arrival, apply_arrival
from copydesk.changes.changeset import Conflict
from copydesk.changes.gate import Gate
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.domain.errors import ApplyConflict
from copydesk.domain.proposals import Proposal
from copydesk.frontends import present
from copydesk.frontends.verbs.history import Output

DONE, CONFLICT = 0, 4


@dataclass(frozen=True, slots=True)
class Applied:
    """How it went."""

    outcome: str
    """`done`, `nothing`, `preview`, `conflict` or `refused`."""
    arrival: Arrival
    diffs: tuple[FileDiff, ...] = ()
    """What was changed, or would be."""
    conflicts: tuple[Conflict, ...] = ()
    reason: str = ""
    """Why it was refused."""
    checkpoint: str = ""


def run_apply(arrival: Arrival, decision: Decision, gate: Gate, output: Output, *, is_preview: bool = False) -> int:
    """Apply what a decision takes of a change from elsewhere, and tell what came of it; gives the exit code."""
    return report(carry_out(arrival, decision, gate, is_preview=is_preview), output)


def carry_out(
    arrival: Arrival, decision: Decision, gate: Gate, *, is_preview: bool = False, is_reviewed: bool = False
) -> Applied:
    """Apply what a decision takes, in one step; `is_reviewed` where a person looked at each change of it."""
    try:
        proposal = arrival.proposal(decision, "arrival")
    except ApplyConflict as conflict:
        named = tuple(one for one in arrival.changeset.conflicts if one.path in conflict.paths)
        return Applied("conflict", arrival, conflicts=named, reason=" ".join(conflict.reasons))
    if is_preview or not proposal.changes:
        return Applied("preview" if proposal.changes else "nothing", arrival, _diffs(proposal))
    outcome = asyncio.run(apply_arrival(gate, proposal, gate.origin, is_reviewed=is_reviewed))
    if outcome is None:
        return Applied("nothing", arrival)
    if not outcome.checkpoint:
        return Applied("refused", arrival, reason=outcome.message)
    return Applied("done", arrival, _diffs(outcome.proposal or proposal), checkpoint=outcome.checkpoint)


def _diffs(proposal: Proposal) -> tuple[FileDiff, ...]:
    return tuple(change.diff for change in proposal.changes)


def report(applied: Applied, output: Output) -> int:
    """Write what came of it; gives the exit code."""
    if output.as_json:
        output.write(json.dumps(document(applied), indent=2) + "\n")
    elif applied.outcome == "preview":
        shown = show_lines("".join(diff.to_unified() for diff in applied.diffs))
        output.write(present.painted(shown) if output.has_colour else shown)
    elif applied.outcome == "done":
        output.write("".join(f"{present.counts((diff,)):>9}  {show(diff.path)}\n" for diff in applied.diffs))
    for line in _talk(applied):
        output.tell(line)
    return CONFLICT if applied.outcome in ("conflict", "refused") else DONE


def _talk(applied: Applied) -> Iterator[str]:
    yield from map(show, applied.arrival.notes)
    match applied.outcome:
        case "nothing":
            yield "There is nothing to do: the files already are as they would be."
        case "conflict" if applied.conflicts:
            yield "Nothing was applied:"
            yield from (f"  {show(conflict.reason)}" for conflict in applied.conflicts)
            yield "--only PATH takes other files; copydesk review shows all of it."
        case "conflict":
            yield f"Nothing was applied. {show(applied.reason)}"
        case "refused":
            yield from map(show, applied.reason.split("\n"))
            yield "--allow PATH lets through what is protected or asked about."
        case "done":
            yield f"Applied as step {applied.checkpoint} (copydesk rollback {applied.checkpoint})."
        case _:
            pass


def document(applied: Applied) -> dict[str, Any]:
    """It as plain data."""
    return {
        "outcome": applied.outcome,
        "checkpoint": applied.checkpoint or None,
        "changes": changes_document(applied.diffs),
        "conflicts": [{"path": conflict.path, "reason": conflict.reason} for conflict in applied.conflicts],
        "unchanged": list(applied.arrival.changeset.unchanged),
        "notes": list(applied.arrival.notes),
        "reason": applied.reason,
        "diff": "".join(diff.to_unified() for diff in applied.diffs),
    }


def changes_document(diffs: Sequence[FileDiff]) -> list[dict[str, Any]]:
    """Files with their counts."""
    return [{"path": diff.path, "status": diff.status, "added": diff.added, "removed": diff.removed} for diff in diffs]
