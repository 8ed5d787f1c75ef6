"""Owns what the tools need of the world: files, the door, who knows what was changed, who hears of progress."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from copydesk.changes.gate import Viewing
from copydesk.changes.steps import StepMeta
from copydesk.changes.undo import Undoable
from copydesk.domain.policies import Ruling
from copydesk.domain.proposals import Outcome, Proposal
from copydesk.workspace.files import Files

Report = Callable[[int, int, str], None]
"""Takes how many steps are done, of how many, and what is done now; called from another thread."""


def unheard(done: int, total: int, doing: str) -> None:
    """Nobody listens."""


class Door(Protocol):
    """Where edits are ruled on, asked about and written."""

    @property
    def origin(self) -> StepMeta:
        """What the next steps are recorded under."""
        ...

    def ruling_on_view(self, path: str) -> Ruling:
        """Rule on reading a real path (relative to the root) without asking anybody."""
        ...

    def denies_view(self, path: str) -> bool:
        """Whether a path may not even be listed; quick, for whole directories."""
        ...

    def ruling_on(self, proposal: Proposal) -> Ruling:
        """Rule on a proposal without asking anybody."""
        ...

    async def may_view(self, path: str, call: str = "", *, is_edit: bool = False) -> Viewing:
        """Rule on reading a real path, and ask where that is needed; an edit reads the file that it changes."""
        ...

    def refuse(self, call: str, path: str, reason: str, *, is_view: bool) -> None:
        """Say that a call was refused before there was anything to propose."""
        ...

    async def submit(self, proposal: Proposal, meta: StepMeta | None = None) -> Outcome:
        """Rule on a proposal, ask, apply; `meta` is what it is recorded under."""
        ...


class UndoSource(Protocol):
    """Knows what this session's model changed."""

    def last_change(self, path: str) -> Undoable | None:
        """The last applied change of a path that is not undone (blocking); None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class EditorPorts:
    """What the editor tool needs of the world."""

    files: Files
    real_path: Callable[[str], str]
    """From a name as the model gives it to the path without links relative to the root (blocking)."""
    door: Door
    changes: UndoSource
    new_id: Callable[[], str]
    """Names a proposal."""
