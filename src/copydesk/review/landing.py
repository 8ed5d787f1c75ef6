"""Owns how what a person accepted of a change from elsewhere is applied: through the gate, as one step."""

from dataclasses import dataclass, replace

from copydesk.changes.arrivals import Arrival, apply_arrival
from copydesk.changes.gate import Gate
from copydesk.domain.decisions import Choice, Decision, FileDecision
from copydesk.domain.errors import ApplyConflict
from copydesk.domain.proposals import OutcomeKind


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of it."""

    checkpoint: str = ""
    """The step in the History; empty where nothing was applied."""
    reason: str = ""
    """Why nothing was; empty where there was nothing to do."""
    is_stale: bool = False
    """The files are not as they were looked at."""


async def land(arrival: Arrival, decision: Decision, gate: Gate) -> Landed:
    """Apply what is accepted; conflicts stay as they are."""
    if torn := _torn(arrival, decision):
        return Landed(reason=torn)
    in_conflict = {conflict.path for conflict in arrival.changeset.conflicts}
    kept = tuple(_left(file) if file.path in in_conflict else file for file in decision.files)
    listed = {file.path for file in kept}
    left = tuple(FileDecision(path, Choice.REJECT) for path in in_conflict if path not in listed)
    # Named one by one, so that a conflict that nobody spoke of is not taken with the rest.
    named = tuple(
        FileDecision(file.change.path, Choice.ACCEPT if decision.accepted else Choice.REJECT)
        for file in arrival.changeset.files
        if file.change.path not in listed
    )
    wanted = replace(decision, accepted=False, files=(*kept, *left, *named))
    try:
        proposal = arrival.proposal(wanted, "review")
    except ApplyConflict as conflict:
        return Landed(reason=str(conflict), is_stale=True)
    outcome = await apply_arrival(gate, proposal, gate.origin, is_reviewed=True)
    if outcome is None:
        return Landed()
    if not outcome.checkpoint:
        return Landed(reason=outcome.message, is_stale=outcome.kind is OutcomeKind.STALE)
    return Landed(outcome.checkpoint)


def _left(file: FileDecision) -> FileDecision:
    return replace(file, choice=Choice.REJECT, hunks=())


def _torn(arrival: Arrival, decision: Decision) -> str:
    """A sentence where one name of a renamed file is taken and the other is not; empty where none is."""
    for new, old in arrival.renamed.items():
        takes_new, takes_old = (decision.on(path).choice is Choice.ACCEPT for path in (new, old))
        if takes_new is not takes_old or (decision.on(new).hunks and not takes_old):
            return f"{old} is moved to {new}: accept both, or reject both."
    return ""
