"""Owns how what a person accepted of a change from elsewhere is applied: through the gate, as one step."""

from dataclasses import dataclass, replace

from copydesk.changes.arrivals import Arrival, apply_arrival
from copydesk.changes.gate import Gate
from copydesk.domain.decisions import Choice, Decision, FileDecision
from copydesk.domain.errors import ApplyConflict
from copydesk.domain.policies import Verdict
from copydesk.domain.proposals import OutcomeKind, Proposal


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
    if refused := _torn(arrival, decision) or _denied(arrival, decision, gate):
        return Landed(reason=refused)
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


def _denied(arrival: Arrival, decision: Decision, gate: Gate) -> str:
    """Why a rule forbids something of what is accepted; empty where none does. Looking at it opens what asks alone."""
    for file in arrival.changeset.files:
        said = decision.on(file.change.path)
        takes = said.choice is Choice.ACCEPT or any(hunk.choice is not Choice.REJECT for hunk in said.hunks)
        ruling = gate.ruling_on(Proposal("", "", (file.change,)))
        if takes and ruling.verdict is Verdict.DENY:
            return f"{ruling.reason} Reject {file.change.path}, and accept the rest."
    return ""


def _torn(arrival: Arrival, decision: Decision) -> str:
    """A sentence where one name of a renamed file is taken and the other is not; empty where none is."""
    for new, old in arrival.renamed.items():
        takes_new, takes_old = (decision.on(path).choice is Choice.ACCEPT for path in (new, old))
        if takes_new is not takes_old or (decision.on(new).hunks and not takes_old):
            return f"{old} is moved to {new}: accept both, or reject both."
    return ""
