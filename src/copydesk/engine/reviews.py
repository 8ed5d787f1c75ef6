"""Owns the review of what mode review gathered: all of it against the disk as it is now, and landing what is accepted.

It asks nobody and writes nothing itself; the decision is the person's, the bytes are the gate's.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copydesk.changes import answers
from copydesk.changes.changeset import Changeset, compute
from copydesk.changes.dependents import dependents, fates
from copydesk.changes.gate import Gate
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import ReviewedEdits
from copydesk.domain.decisions import Choice, Decision
from copydesk.domain.errors import GitError, HistoryError
from copydesk.domain.policies import Verdict
from copydesk.domain.proposals import FileChange, Outcome, OutcomeKind, Proposal
from copydesk.domain.unified import quoted_path
from copydesk.workspace.files import DiskFiles

KeepNote = Callable[[str, Mapping[str, Any]], None]
"""Given what the model is to be told, and what that settles: keeps both durably."""
_DECIDED = (OutcomeKind.APPLIED, OutcomeKind.PARTLY_APPLIED, OutcomeKind.REJECTED)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to."""

    outcome: Outcome
    still_waiting: tuple[str, ...]
    """Paths that are in conflict with the disk and were not rejected."""
    others: tuple[str, ...] = ()
    """A sentence for each file that no longer waits though no change was offered, that others changed meanwhile, or of
    which edits landed that were built on one that did not; and where what was decided could not be let go of."""

    @property
    def is_decided(self) -> bool:
        """False where nothing happened: the decision was on something else, or could not be carried out."""
        return self.outcome.kind in _DECIDED


class Reviews:
    """What waits for the person in one session."""

    def __init__(self, gate: Gate, overlay: Overlay, files: DiskFiles, new_id: Callable[[], str]) -> None:
        self._gate = gate
        self._overlay = overlay
        self._files = files
        self._new_id = new_id
        self._deciding = asyncio.Lock()
        """A second decision on the same finds that nothing of it waits any more."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """The paths that wait for a decision."""
        return tuple(self._overlay.images())

    async def changeset(self, overruled: Collection[str] = ()) -> Changeset:
        """What waits, as one change a file against the disk at this moment; `overruled` as in `compute`."""
        return await asyncio.to_thread(compute, self._overlay, self._files, overruled)

    async def decide(self, decision: Decision, keep_note: KeepNote) -> Reviewed:
        """Land what is accepted, in one step, and let go of the rest; the model's note is kept in between.

        A decision on another changeset than the disk and the overlay give now is stale: nothing happens.
        """
        async with self._deciding:
            return await self._decide(decision, keep_note)

    async def clear(self) -> None:
        """Let go of all that waits, unseen."""
        await asyncio.to_thread(self._overlay.clear)

    def is_closed(self, change: FileChange) -> bool:
        """Whether a change needs a person's own word, or may not be made at all, by the rules of now."""
        ruling = self._gate.ruling_on(Proposal("", "", (change,)))
        return ruling.is_protected or ruling.verdict is Verdict.DENY

    async def _decide(self, decision: Decision, keep_note: KeepNote) -> Reviewed:
        changeset = await self.changeset(decision.overruled)
        if changeset.digest != decision.digest:
            reason = "The files changed while it was decided; look at them again."
            return Reviewed(Outcome(OutcomeKind.STALE, reason), self.waiting)
        outcome = await self._land(changeset, decision)
        if outcome.kind not in _DECIDED:
            return Reviewed(outcome, self.waiting)
        settled = _settled(changeset, decision)
        still_waiting = tuple(conflict.path for conflict in changeset.conflicts if conflict.path not in settled)
        others = [conflict.reason for conflict in changeset.conflicts if conflict.path in settled]
        for conflict in changeset.conflicts:
            if conflict.path in settled:
                self._gate.give_up(conflict.path, conflict.reason)
        others += await asyncio.to_thread(self._findings, changeset, outcome)
        for judged in await asyncio.to_thread(self._judged, changeset, outcome):
            self._gate.report_edit(*judged)
        words = answers.words_on(changeset.paths_not_offered, decision)
        # Kept before anything is let go of: a process killed in between still tells the model what became of it.
        note = answers.reviewed("\n".join((outcome.message, *others, *words)), still_waiting)
        keep_note(note, {"proposals": changeset.proposals, "paths": settled})
        problem = await self._discard(settled, changeset)
        return Reviewed(outcome, still_waiting, (*others, *problem))

    def _findings(self, changeset: Changeset, outcome: Outcome) -> list[str]:
        """A sentence for each file of which there is more to say than what became of its hunks (blocking)."""
        said = [f"{quoted_path(path)}: nothing was left to change." for path in changeset.unchanged]
        taken = outcome.proposal.changes if outcome.proposal and outcome.checkpoint else ()
        landed = {change.path: change.after for change in taken}
        for file in changeset.files:
            path = file.change.path
            if file.is_rebased and path in landed:
                said.append(f"{quoted_path(path)} also holds what others changed there meanwhile.")
            if file.overruled and path in landed:
                put = "others had changed the same lines meanwhile, and what landed stands in their place."
                said.append(f"{quoted_path(path)}: {put}")
            if len(file.proposals) > 1 and path in landed and landed[path] != file.change.after:
                trail = self._overlay.trail(path, file.proposals)
                found = dependents(trail, file.change, landed[path])
                said += [found.sentence] if found else []
        return said

    def _judged(self, changeset: Changeset, outcome: Outcome) -> list[tuple[str, str, OutcomeKind]]:
        """Call, path and fate of each edit of a file of which a part landed (blocking); of one alone the file's word
        says it."""
        taken = outcome.proposal.changes if outcome.proposal and outcome.checkpoint else ()
        landed = {change.path: change.after for change in taken}
        judged = []
        for file in changeset.files:
            path = file.change.path
            if len(file.proposals) > 1 and path in landed and landed[path] != file.change.after:
                of_each = fates(self._overlay.trail(path, file.proposals), file.change, landed[path])
                calls = self._overlay.calls(path, file.proposals)
                judged += [(call, path, fate) for call, fate in zip(calls, of_each, strict=True)]
        return judged

    async def _discard(self, settled: Sequence[str], changeset: Changeset) -> tuple[str, ...]:
        """Let go of what is settled; a sentence where that cannot be kept, for what landed has landed."""
        try:
            await asyncio.to_thread(self._overlay.discard, settled, changeset.proposals)
        except (GitError, HistoryError) as error:
            return (f"That these edits were decided could not be kept: {error}",)
        return ()

    async def _land(self, changeset: Changeset, decision: Decision) -> Outcome:
        for path in [*(file.path for file in decision.files), *(remark.path for remark in decision.remarks)]:
            if path not in changeset.paths:
                reason = f"The decision speaks of {path}, of which nothing waits."
                return Outcome(OutcomeKind.DENIED, f"No change was made. {reason}")
        if not changeset.files:
            says = f" The person says: {decision.note}" if decision.note else ""
            return Outcome(OutcomeKind.REJECTED, f"No change was made.{says}")
        proposal = changeset.as_proposal(self._new_id())
        offered = tuple(file for file in decision.files if file.path in proposal.paths)
        remarks = tuple(remark for remark in decision.remarks if remark.path in proposal.paths)
        # Written with the step, so that a process killed from here on leaves word of what is decided.
        reviewed = ReviewedEdits(changeset.proposals, tuple(_settled(changeset, decision)))
        emptied = changeset.emptied_directories
        meta = replace(self._gate.origin, title="Review", emptied_directories=emptied, reviewed=reviewed)
        return await self._gate.land_decided(proposal, replace(decision, files=offered, remarks=remarks), meta)


def _settled(changeset: Changeset, decision: Decision) -> list[str]:
    """Everything but the conflicts that nobody rejected."""
    kept = {c.path for c in changeset.conflicts if decision.on(c.path).choice is not Choice.REJECT}
    return [path for path in changeset.paths if path not in kept]
