"""Owns writing: `Applier` is the only one that changes the workspace, a recorded step at a time.

A step is written ahead: verify what the disk holds, record the step with all bytes before and after, exchange the
files, say that it is finished. A step lands whole or not at all; where that turns out impossible because others write
too, a `settle` step says what stands. Never decides whether a change is wanted: that is the gate's.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from copydesk.changes.history import History
from copydesk.changes.steps import Step, StepFile, StepMeta, StoredImage, same_image
from copydesk.changes.waiting import waiting_paths
from copydesk.domain.diffs import FileDiff
from copydesk.domain.errors import StaleFile, WorkspaceError
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.exchange import exchange, remove_directories, sweep, temporary_name
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.paths import Root

_PERMISSIONS = 0o1777
"""The mode bits that survive a write: set-user-id and set-group-id do not."""

Written = Sequence[tuple[StepFile, FileChange]]
"""Files of a step with the bytes of each."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How the step ended that a killed process was making; paths in the step's order."""

    step: Step
    standing: tuple[str, ...]
    """Files that hold what the step wrote, or that somebody changed since."""
    taken_back: tuple[str, ...]
    """Files that are as they were before the step."""
    outside: tuple[str, ...]
    """Those standing whose bytes are somebody else's; they were left alone."""
    rescued: tuple[str, ...]
    """Temporary files whose bytes were somebody else's; each was kept under its name with `.rescued` added."""

    @property
    def is_applied(self) -> bool:
        """True where the whole step stands."""
        return not self.taken_back

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell a person, paths as they are on disk; nothing of a step that moves no file."""
        if not self.step.files:
            return ()
        ended = "is applied" if self.is_applied else "is not applied"
        told = [f"The change {self.step.id} ({', '.join(_paths(self.step.files))}) was interrupted and {ended}."]
        told += [f"{path} holds neither side of it and was left alone." for path in self.outside]
        told += [f"Bytes that somebody else wrote meanwhile are kept in {path}.rescued." for path in self.rescued]
        return tuple(told)


class _State(Enum):
    """What a file of an interrupted step holds."""

    BEFORE = auto()
    AFTER = auto()
    OUTSIDE = auto()


class Applier:
    """Writes changes to the workspace and records them; safe beside other processes that do the same."""

    def __init__(
        self, files: DiskFiles, history: History, token: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self.files = files
        self.history = history
        self._token = token
        """Gives 16 random hexadecimal digits."""
        self._clock = clock
        """Gives seconds since the epoch."""

    def apply(self, changes: Sequence[FileChange], meta: StepMeta, *, after: int | None = None) -> Step:
        """Write all changes or none; with `after` only while that is the number of the last step and none waits.

        StaleFile or another WorkspaceError where one cannot be written; HistoryError or GitError where the step
        cannot be recorded, and then nothing was written.
        """
        with self.history.locked():
            self._settle_interrupted()
            if after is not None:
                self._require_unmoved(changes, after)
            verified = [self._verified(change) for change in changes]
            # The bytes are the same, so is the difference; it is computed once.
            diffs = [change.diff for change in changes]
            files = [self._step_file(change, diff) for change, diff in zip(verified, diffs, strict=True)]
            step = self.history.begin(meta, self._clock(), files, verified)
            self._write(step, verified)
            self.history.finish()
            return step

    def recover(self) -> Recovered | None:
        """Settle what a killed process left unfinished; None where there is nothing, which costs one look."""
        if not self.history.may_be_interrupted():
            return None
        with self.history.locked():
            return self._settle_interrupted()

    def _require_unmoved(self, changes: Sequence[FileChange], after: int) -> None:
        """StaleFile where another step was made, or an edit of one of these files began to wait for a review."""
        waiting = waiting_paths(self.history.store)
        is_last = self.history.steps()[-1].number == after
        for change in changes:
            if not is_last or change.path in waiting:
                raise StaleFile(change.path)

    def _verified(self, change: FileChange) -> FileChange:
        """Compare a change with the disk now, and take its path and modes from there."""
        if self.files.real_path(change.path) != change.path:
            # Whatever the link leads to is not what was decided about.
            raise StaleFile(change.path)
        before = self.files.verified(change.path, change.before)
        return FileChange(change.path, before, _with_mode(change, before))

    def _step_file(self, change: FileChange, diff: FileDiff) -> StepFile:
        return StepFile(
            change.path,
            StoredImage.of(change.before) if change.before else None,
            StoredImage.of(change.after) if change.after else None,
            temporary_name(self._token()),
            _missing_directories(self.files.root, change.path) if change.after else (),
            diff.added,
            diff.removed,
        )

    def _write(self, step: Step, changes: Sequence[FileChange]) -> None:
        pairs = list(zip(step.files, changes, strict=True))
        for count, (file, change) in enumerate(pairs):
            try:
                exchange(self.files.root, file.path, change.before, change.after, file.temporary)
            except WorkspaceError:
                self.history.settle(step, self._clock(), self._take_back(step, pairs[:count]))
                self.history.finish()
                raise
        remove_directories(self.files.root, step.meta.emptied_directories)

    def _take_back(self, step: Step, written: Written) -> list[StepFile]:
        """Undo what a step wrote, the last file first; gives the files that somebody else changed in between."""
        standing = []
        for file, change in reversed(written):
            try:
                exchange(self.files.root, file.path, change.after, change.before, file.temporary)
            except WorkspaceError:
                standing.append(file)
        for file in reversed(step.files):
            remove_directories(self.files.root, file.created_directories)
        return standing

    def _settle_interrupted(self) -> Recovered | None:
        step = self.history.interrupted()
        if step is None:
            return None
        images = iter(self.history.images([image for file in step.files for image in (file.before, file.after)]))
        written = [(file, FileChange(file.path, next(images), next(images))) for file in step.files]
        recovered = self._recovered(step, written)
        self.history.finish()
        return recovered

    def _recovered(self, step: Step, written: Written) -> Recovered:
        """Take a step back unless it reached every file; what is somebody else's stays as it is."""
        rescued = [name for file, change in written for name in _sweep(self.files.root, file, change)]
        states = [self._state(file) for file in step.files]
        outside = [file for file, state in zip(step.files, states, strict=True) if state is _State.OUTSIDE]
        standing = list(step.files)
        if _State.BEFORE in states:
            landed = [pair for pair, state in zip(written, states, strict=True) if state is _State.AFTER]
            standing = outside + self._take_back(step, landed)
            self.history.settle(step, self._clock(), standing)
        else:
            remove_directories(self.files.root, step.meta.emptied_directories)
        taken_back = [file for file in step.files if file not in standing]
        return Recovered(step, _paths(standing), _paths(taken_back), _paths(outside), tuple(rescued))

    def _state(self, file: StepFile) -> _State:
        try:
            current = self.files.read(file.path)
        except WorkspaceError:
            return _State.OUTSIDE
        if same_image(file.after, current):
            return _State.AFTER
        return _State.BEFORE if same_image(file.before, current) else _State.OUTSIDE


def _paths(files: Sequence[StepFile]) -> tuple[str, ...]:
    return tuple(file.path for file in files)


def _sweep(root: Root, file: StepFile, change: FileChange) -> list[str]:
    """Remove the temporary files of an interrupted exchange; gives those whose bytes had to be kept.

    A beginning of the bytes before or after is a copy that was being written, and the store has both whole.
    """
    kept: list[str] = []
    folder = file.path.rpartition("/")[0]
    for name in (file.temporary, f"{file.temporary}.old"):
        path = f"{folder}/{name}" if folder else name

        def is_stored(data: bytes, path: str = path) -> bool:
            stored = any(image is not None and image.data.startswith(data) for image in (change.before, change.after))
            if not stored:
                kept.append(path)
            return stored

        with suppress(OSError, WorkspaceError):
            sweep(root, path, is_stored)
    return kept


def _with_mode(change: FileChange, current: FileImage | None) -> FileImage | None:
    """Give the image to write with the mode that it will have: the file's own unless the change sets another."""
    after = change.after
    if after is None or current is None:
        return after
    keeps_mode = after.mode is None or (change.before is not None and after.mode == change.before.mode)
    mode = current.mode if keeps_mode else after.mode
    return after.with_mode(None if mode is None else mode & _PERMISSIONS)


def _missing_directories(root: Root, path: str) -> tuple[str, ...]:
    parts = path.split("/")[:-1]
    parents = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return tuple(parent for parent in parents if not _is_directory(root, parent))


def _is_directory(root: Root, path: str) -> bool:
    try:
        os.close(root.open_directory(path))
    except FileNotFoundError:
        return False
    return True
