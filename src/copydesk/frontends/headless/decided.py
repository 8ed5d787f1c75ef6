"""Owns the answers of a run without a person: what was decided beforehand, in a file, is said when it is asked.

It never speaks for protected paths or for reading: those are opened by naming them on the command line.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from copydesk.changes.changeset import Changeset
from copydesk.domain.checks import Check
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.decisions import Choice, Decision, FileDecision
from copydesk.domain.policies import Ruling
from copydesk.domain.proposals import FileChange, Proposal


class DecidedBeforehand:
    """An approver that reads its answers from a decision file."""

    def __init__(self, decisions: DecisionFile) -> None:
        self._decisions = decisions

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """What the file says of a proposal; None for what it cannot open."""
        if ruling.is_protected:
            return None
        return await asyncio.to_thread(self._decisions.decision_on, proposal.changes, proposal.digest)

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """No file opens another one."""
        return False

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """No file declares a check."""
        return False

    async def review(self, changeset: Changeset, is_closed: Callable[[FileChange], bool]) -> Decision:
        """What the file says of all that was gathered; what is closed, or in conflict with the disk, is let go."""
        changes = changeset.as_proposal("").changes
        decision = await asyncio.to_thread(self._decisions.decision_on, changes, changeset.digest)
        closed = [change.path for change in changes if is_closed(change)]
        said = [file for file in decision.files if file.path not in closed]
        said += [
            FileDecision(path, Choice.REJECT, note=f"{path} is protected: a file cannot allow it.") for path in closed
        ]
        said += [FileDecision(conflict.path, Choice.REJECT) for conflict in changeset.conflicts]
        return replace(decision, files=tuple(said))

    def unused(self) -> tuple[str, ...]:
        """A sentence for each entry that nothing was proposed for."""
        return tuple(f"Nothing was proposed that {entry} speaks of." for entry in self._decisions.unused())
