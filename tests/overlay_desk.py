"""Owns a workspace in which edits wait in the overlay of one session, for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from copydesk.changes.gathered import Gathered
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk


class OverlayDesk(Desk):
    """A workspace with the overlay of session `s1`, in which edits are gathered as a gate does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.overlay = self.load()
        self._ids = (f"p{number}" for number in count(len(self.overlay.proposals) + 1))

    def load(self, session: str = "s1") -> Overlay:
        return Overlay.load(PrivateStore(self.store), self.files, session)

    def propose(
        self, after: Mapping[str, bytes | None], *, undo: bool = False, emptied: tuple[str, ...] = ()
    ) -> Gathered:
        changes = tuple(self.wanted(path, data) for path, data in after.items())
        meta = StepMeta(Operation.UNDO if undo else Operation.EDIT, "s1", "2", emptied_directories=emptied)
        return self.overlay.gather(Proposal(next(self._ids), "call", changes, "Done."), meta)

    def wanted(self, path: str, after: bytes | None) -> FileChange:
        before = self.overlay.files.read(path)
        return FileChange(path, before, None if after is None else FileImage(after, before.mode if before else None))

    def shown(self, overlay: Overlay | None = None) -> dict[str, bytes | None]:
        return {path: image.data if image else None for path, image in (overlay or self.overlay).images().items()}
