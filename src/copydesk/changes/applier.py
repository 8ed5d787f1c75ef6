"""Owns writing: `Applier` is the only one that changes the workspace, a recorded step at a time.

A step is written ahead: verify what the disk holds, record the step with all bytes before and after, exchange the
files, say that it is finished. A step lands whole or not at all; where that turns out impossible because others write
too, a `settle` step says what stands. Never decides whether a change is wanted: that is the gate's.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto

from copydesk.changes.history import History
from copydesk.changes.steps import Operation, Step, StepFile, StepMeta, StoredImage, same_image
from copydesk.changes.waiting import waiting_paths
from copydesk.domain.diffs import FileDiff
from copydesk.domain.errors import (
    GitError,
    HistoryError,
    NotRegularFile,
    PartlyWritten,
    PathRefused,
    StaleFile,
    WorkspaceError,
)
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

    step: Step | None
    """None where only the files were cleared away that an earlier step had left."""
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
        told = []
        if self.step and self.step.files:
            ended = "is applied" if self.is_applied else "is not applied"
            told.append(
                f"The change {self.step.id} ({', '.join(_paths(self.step.files))}) was interrupted and {ended}."
            )
        stuck = [path for path in self.standing if self.taken_back and path not in self.outside]
        told += [f"{path} could not be put back as it was, and was left as it is." for path in stuck]
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
        cannot be recorded, and then nothing was written. PartlyWritten where the disk took some of the changes, and
        then neither the rest nor what was there before.
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
            is_cleared = self._write(step, verified)
            # The files are written: whatever cannot be noted now is settled under the next lock.
            with suppress(GitError, HistoryError):
                self._note_left(step, is_cleared=is_cleared)
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
        steps = self.history.steps()
        is_last = not steps or steps[-1].number == after
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
            () if change.after else self.files.directory_modes(change.path),
        )

    def _write(self, step: Step, changes: Sequence[FileChange]) -> bool:
        """Write the files of a recorded step, all or none; tells whether every temporary file is gone."""
        pairs, is_cleared = list(zip(step.files, changes, strict=True)), True
        modes = self._modes_of_removed(step)
        for count, (file, change) in enumerate(pairs):
            try:
                done = exchange(self.files.root, file.path, change.before, change.after, file.temporary, modes)
                is_cleared = is_cleared and done.is_cleared
            except WorkspaceError as error:
                # A disk that fails may do so once the names are exchanged.
                is_written, is_cleared = self._state(file) is _State.AFTER, False
                if not is_written or count + 1 < len(pairs):
                    self._abandon(step, pairs, pairs[: count + is_written], file, error)
                    raise
        return remove_directories(self.files.root, _folders(step)) and is_cleared

    def _abandon(self, step: Step, pairs: Written, written: Written, failed: StepFile, error: WorkspaceError) -> None:
        """Put back what a step wrote before it failed; what cannot be noted of that is settled under the next lock."""
        self._sweep_all(pairs)
        standing, stuck = self._take_back(written)
        if stuck:
            raise PartlyWritten(failed.path, _paths(stuck)) from error
        with suppress(GitError, HistoryError):
            self._note_left(step, is_cleared=self._clear(step, pairs).is_cleared)
            self.history.settle(step, self._clock(), standing)
            self.history.finish()

    def _note_left(self, step: Step, *, is_cleared: bool) -> None:
        """Remember a step that left something behind; before it is settled, which nobody looks at again."""
        if not is_cleared:
            self.history.keep_uncleared([*self.history.uncleared(), step])

    def _modes_of_removed(self, step: Step) -> dict[str, int]:
        """The permission bits that folders had when they were removed, of those that going back makes again."""
        made = {folder for file in step.files for folder in file.created_directories}
        if not made or step.meta.operation not in (Operation.ROLLBACK, Operation.REDO):
            return {}
        known = (entry for other in self.history.steps() for file in other.files for entry in file.directory_modes)
        return {folder: mode for folder, mode in known if folder in made}

    def _take_back(self, written: Written) -> tuple[list[StepFile], list[StepFile]]:
        """Undo what a step wrote, the last file first; gives what somebody else changed since, and what was refused."""
        changed, stuck = list[StepFile](), list[StepFile]()
        for file, change in reversed(written):
            try:
                modes = dict(file.directory_modes)
                exchange(self.files.root, file.path, change.after, change.before, file.temporary, modes)
            except (StaleFile, NotRegularFile, PathRefused):
                changed.append(file)
            except WorkspaceError:
                stuck.append(file)
        return changed, stuck

    def _settle_interrupted(self) -> Recovered | None:
        rescued = self._clear_earlier()
        step = self.history.interrupted()
        if step is None:
            return Recovered(None, (), (), (), rescued) if rescued else None
        written = self._contents(step)
        # The names have to be free for what is put back.
        rescued = (*rescued, *self._sweep_all(written).rescued)
        recovered = self._recovered(step, written)
        self.history.finish()
        return replace(recovered, rescued=(*rescued, *recovered.rescued))

    def _clear_earlier(self) -> tuple[str, ...]:
        """Remove what earlier steps could not remove; gives the temporary files whose bytes had to be kept."""
        left, rescued = [], list[str]()
        steps = self.history.uncleared()
        for step in steps:
            cleared = self._clear(step, self._contents(step))
            rescued += cleared.rescued
            left += [] if cleared.is_cleared else [step]
        if len(left) < len(steps):
            self.history.keep_uncleared(left)
        return tuple(rescued)

    def _contents(self, step: Step) -> Written:
        images = iter(self.history.images([image for file in step.files for image in (file.before, file.after)]))
        return [(file, FileChange(file.path, next(images), next(images))) for file in step.files]

    def _clear(self, step: Step, written: Written) -> "_Cleared":
        """Remove the temporary files of a step, and the folders that it made or empties and in which nothing is."""
        swept = self._sweep_all(written)
        is_cleared = remove_directories(self.files.root, _folders(step)) and swept.is_cleared
        return replace(swept, is_cleared=is_cleared)

    def _sweep_all(self, written: Written) -> "_Cleared":
        found = [_sweep(self.files.root, file, change) for file, change in written]
        return _Cleared(all(one.is_cleared for one in found), tuple(name for one in found for name in one.rescued))

    def _recovered(self, step: Step, written: Written) -> Recovered:
        """Take a step back unless it reached every file; what is somebody else's stays as it is."""
        states = [self._state(file) for file in step.files]
        outside = [file for file, state in zip(step.files, states, strict=True) if state is _State.OUTSIDE]
        standing = list(step.files)
        is_whole = _State.BEFORE not in states
        if not is_whole:
            landed = [pair for pair, state in zip(written, states, strict=True) if state is _State.AFTER]
            changed, stuck = self._take_back(landed)
            standing = outside + changed + stuck
        cleared = self._clear(step, written)
        self._note_left(step, is_cleared=cleared.is_cleared)
        if not is_whole:
            self.history.settle(step, self._clock(), standing)
        taken_back = [file for file in step.files if file not in standing]
        return Recovered(step, _paths(standing), _paths(taken_back), _paths(outside), cleared.rescued)

    def _state(self, file: StepFile) -> _State:
        try:
            current = self.files.read(file.path)
        except (OSError, WorkspaceError):
            return _State.OUTSIDE
        if same_image(file.after, current):
            return _State.AFTER
        return _State.BEFORE if same_image(file.before, current) else _State.OUTSIDE


def _paths(files: Sequence[StepFile]) -> tuple[str, ...]:
    return tuple(file.path for file in files)


def _folders(step: Step) -> tuple[str, ...]:
    """The folders that a step makes or is to empty, outermost first; one in which it deletes nothing is not its own."""
    deleted = [file.path for file in step.files if file.before and not file.after]
    made = {folder for file in step.files for folder in file.created_directories}
    emptied = {
        folder for folder in step.meta.emptied_directories if any(path.startswith(f"{folder}/") for path in deleted)
    }
    return tuple(sorted(made | emptied))


@dataclass(frozen=True, slots=True)
class _Cleared:
    """What became of temporary files, and of folders that were to go."""

    is_cleared: bool
    """False where something is left that cannot be removed now."""
    rescued: tuple[str, ...]
    """Those whose bytes were somebody else's, without the `.rescued` that they end in now."""


def _sweep(root: Root, file: StepFile, change: FileChange) -> _Cleared:
    """Remove the temporary files of an exchange that was interrupted or could not remove them.

    A beginning of the bytes before or after is a copy that was being written, and the store has both whole.
    """
    images = [image.data for image in (change.before, change.after) if image]
    rescued, is_cleared = list[str](), True
    folder = file.path.rpartition("/")[0]
    for name in (file.temporary, f"{file.temporary}.old"):
        path = f"{folder}/{name}" if folder else name
        try:
            if sweep(root, path, lambda data: any(known.startswith(data) for known in images)):
                rescued.append(path)
        except (NotRegularFile, PathRefused):
            # Nothing that an exchange makes.
            continue
        except (OSError, WorkspaceError):
            is_cleared = False
    return _Cleared(is_cleared, tuple(rescued))


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
