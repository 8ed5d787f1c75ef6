"""Owns a change that was made elsewhere, as it would be here: a changeset against the files as they are now.

It reads and decides nothing about it; what is taken of it passes the gate like any other change, all or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from copydesk.changes.changeset import Changeset
from copydesk.changes.gate import Gate
from copydesk.changes.landing import land_all
from copydesk.changes.steps import StepMeta
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.errors import ApplyConflict, UsageError
from copydesk.domain.proposals import Outcome, Proposal


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a bundle or a patch would change here."""

    changeset: Changeset
    """Its proposals are empty: nothing waits anywhere."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """New path → old path: both are taken, or neither is."""
    notes: tuple[str, ...] = ()
    """Sentences on what was not as the patch says."""

    def proposal(self, decision: Decision, proposal: str) -> Proposal:
        """What a decision lets through, under this id.

        ApplyConflict where it takes a file that is in conflict, or was on something else than this.
        """
        if decision.digest != self.changeset.digest:
            raise ApplyConflict((), ("The files, or the change, are not what was decided about; look at it again.",))
        taken = [file.path for file in decision.files if file.choice is Choice.ACCEPT or file.hunks]
        in_the_way = [one for one in self.changeset.conflicts if decision.accepted or one.path in taken]
        if in_the_way:
            raise ApplyConflict(tuple(one.path for one in in_the_way), tuple(one.reason for one in in_the_way))
        offered = self.changeset.as_proposal(proposal)
        known = replace(decision, files=tuple(file for file in decision.files if file.path in offered.paths))
        landings = land_all(offered.changes, known)
        return replace(offered, changes=tuple(landing.change for landing in landings if landing.change))

    def decide(self, only: Sequence[str] = ()) -> Decision:
        """The decision that takes everything, or only what is named: `PATH`, or `PATH:N,N` for hunks of its diff.

        UsageError for a file that it does not change, and for hunks that there are not.
        """
        digest = self.changeset.digest
        if not only:
            return Decision(True, digest)
        named = [self._named(text) for text in only]
        paths = [file.path for file in named]
        if repeated := next((path for path in paths if paths.count(path) > 1), ""):
            raise UsageError(f"{repeated} is named twice; name all its hunks together, as PATH:1,2.")
        partners = (FileDecision(path, Choice.ACCEPT) for path in self._partners(paths))
        return Decision(False, digest, files=(*named, *partners))

    def _partners(self, paths: Sequence[str]) -> list[str]:
        """The other names that go with these because of renames, also of several that hang together."""
        together = list(paths)
        pairs = [pair for new, old in self.renamed.items() for pair in ((new, old), (old, new))]
        while more := [other for one, other in pairs if one in together and other not in together]:
            together += dict.fromkeys(more)
        return together[len(paths) :]

    def _named(self, text: str) -> FileDecision:
        if text in self.changeset.paths:
            return FileDecision(text, Choice.ACCEPT)
        path, _, numbers = text.rpartition(":")
        if path not in self.changeset.paths or not all(number.isdecimal() for number in numbers.split(",")):
            raise UsageError(f"{text}: no such file is changed. These are: {', '.join(self.changeset.paths)}.")
        if path in (*self.renamed, *self.renamed.values()):
            raise UsageError(f"{path} is renamed, and is taken as a whole or not at all.")
        change = next((file.change for file in self.changeset.files if file.change.path == path), None)
        count = len(change.diff.hunks) if change else 0
        hunks = [int(number) for number in dict.fromkeys(numbers.split(","))]
        if change and any(not 1 <= number <= count for number in hunks):
            raise UsageError(f"{path} has {count} hunks here; {numbers} are not all among them.")
        return FileDecision(path, Choice.REJECT, tuple(HunkDecision(number, Choice.ACCEPT) for number in hunks))


async def apply_arrival(gate: Gate, wanted: Proposal, meta: StepMeta, *, is_reviewed: bool = False) -> Outcome | None:
    """Write what was chosen of an arrival, as one step; None where there is nothing to do.

    Rules and protections bind it as they bind the model, unless a person looked at each of these changes.
    """
    if not wanted.changes:
        return None
    deleted = [change.path for change in wanted.changes if change.after is None]
    folders = {path.rsplit("/", count)[0] for path in deleted for count in range(1, path.count("/") + 1)}
    meta = replace(meta, emptied_directories=tuple(sorted(folders)))
    if is_reviewed:
        return await gate.land_decided(wanted, Decision(True, wanted.digest), meta)
    return await gate.submit(wanted, meta)
