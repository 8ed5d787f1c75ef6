"""Owns what stands in for the world in tests: files that live in memory, a door to them, and a disk that fails."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from copydesk.changes.gate import Viewing
from copydesk.changes.steps import Operation, StepMeta
from copydesk.changes.undo import Undoable
from copydesk.domain.errors import FileTooLarge, NotRegularFile, WorkspaceError
from copydesk.domain.policies import Ruling, Verdict
from copydesk.domain.proposals import FileChange, FileImage, Outcome, OutcomeKind, Proposal
from copydesk.workspace.files import DiskFiles, Entry, FileStream, Kind
from copydesk.workspace.paths import Root


class MemoryFiles:
    """The `Files` port over a mapping of relative paths; directories are there while files are in them."""

    def __init__(self, files: Mapping[str, bytes | FileImage] | None = None) -> None:
        given = (files or {}).items()
        self.files = {path: image if isinstance(image, FileImage) else FileImage(image, 0o644) for path, image in given}

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        if self.kind(path) == "directory":
            raise NotRegularFile(f"{path} is not a regular file.")
        image = self.files.get(posixpath.normpath(path))
        if image and limit is not None and len(image.data) > limit:
            raise FileTooLarge(path, len(image.data), limit)
        return image

    @contextmanager
    def stream(self, path: str) -> Iterator[FileStream]:
        image = self.read(path)
        if image is None:
            raise FileNotFoundError(path)
        yield FileStream(len(image.data), iter([image.data] if image.data else []))

    def overlaid(self) -> tuple[str, ...]:
        return ()

    def entries(self, path: str) -> list[Entry]:
        if self.kind(path) != "directory":
            raise WorkspaceError(f"{path} does not exist.")
        folder = posixpath.normpath(path)
        prefix = "" if folder == "." else f"{folder}/"
        found: dict[str, Entry] = {}
        for inner in (name.removeprefix(prefix) for name in self.files if name.startswith(prefix)):
            name, _, below = inner.partition("/")
            size = 0 if below else len(self.files[prefix + name].data)
            found[name] = Entry(name, "directory" if below else "file", size)
        return [found[name] for name in sorted(found)]

    def kind(self, path: str) -> Kind | None:
        name = posixpath.normpath(path)
        if name in self.files:
            return "file"
        inside = name == "." or any(other.startswith(f"{name}/") for other in self.files)
        return "directory" if inside else None


class FaultyFiles(DiskFiles):
    """The files on disk, behind a disk of which one look fails."""

    def __init__(self, root: Root, error: int, at: int) -> None:
        super().__init__(root)
        self.looks = 0
        self._error = error
        self._at = at

    def _look(self, path: str) -> None:
        self.looks += 1
        if self.looks == self._at:
            raise OSError(self._error, os.strerror(self._error), path)

    def real_path(self, path: str) -> str:
        self._look(path)
        return super().real_path(path)

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        self._look(path)
        return super().read(path, limit)

    def verified(self, path: str, expected: FileImage | None) -> FileImage | None:
        self._look(path)
        return super().verified(path, expected)

    def directory_modes(self, path: str) -> tuple[tuple[str, int], ...]:
        self._look(path)
        return super().directory_modes(path)


class MemoryDoor:
    """A door to `MemoryFiles` that remembers what it was asked, and knows this session's changes as History would."""

    def __init__(self, files: MemoryFiles, *, kind: OutcomeKind = OutcomeKind.APPLIED, unseen: str = "") -> None:
        self.origin = StepMeta(Operation.EDIT, "session")
        self.proposals: list[Proposal] = []
        self.refused: list[tuple[str, bool]] = []
        self._files = files
        self._kind = kind
        self._unseen = unseen
        self._changes: list[FileChange] = []

    def ruling_on_view(self, path: str) -> Ruling:
        return Ruling(Verdict.DENY if path == self._unseen else Verdict.ALLOW, "")

    def denies_view(self, path: str) -> bool:
        return path == self._unseen

    def ruling_on(self, proposal: Proposal) -> Ruling:
        return Ruling(Verdict.ALLOW, "")

    async def may_view(self, path: str, call: str = "", *, is_edit: bool = False) -> Viewing:
        return Viewing(path != self._unseen, f"{path} may not be read.")

    def refuse(self, call: str, path: str, reason: str, *, is_view: bool) -> None:
        self.refused.append((path, is_view))

    async def submit(self, proposal: Proposal, meta: StepMeta | None = None) -> Outcome:
        self.proposals.append(proposal)
        if self._kind is not OutcomeKind.APPLIED:
            return Outcome(self._kind, f"No change was made: {self._kind}.")
        for change in proposal.changes:
            self._apply(change, is_undo=meta is not None and meta.operation is Operation.UNDO)
        return Outcome(self._kind, proposal.summary)

    def last_change(self, path: str) -> Undoable | None:
        last = next((change for change in reversed(self._changes) if change.path == path), None)
        return Undoable(last) if last else None

    def _apply(self, change: FileChange, *, is_undo: bool) -> None:
        assert self._files.read(change.path) == change.before
        if change.after is None:
            del self._files.files[change.path]
        else:
            self._files.files[change.path] = change.after
        last = self.last_change(change.path)
        if is_undo and last:
            self._changes.remove(last.change)
        else:
            self._changes.append(change)
