"""Owns what stands in the way of one file's going back, and what could be done about it. It moves nothing.

A file goes back to what it was before the first of the steps that are taken back, not to what the step before them
left: whatever somebody else wrote in between is kept by that. What was written since, or between two of the steps,
would be lost, and so is a conflict; a merge takes only what the steps did out of the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from copydesk.changes.rebasing import MERGE_LIMIT, merge_images
from copydesk.changes.steps import Step, StepFile, same_image
from copydesk.changes.timeline import Standing, Trail, is_edit
from copydesk.domain.checkpoints import ConflictKind, FileConflict
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.errors import FileTooLarge, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles

Images = Sequence[tuple[FileImage | None, FileImage | None]]
"""What each step of a trail found and left, with the bytes."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a file cannot simply go back."""

    kind: ConflictKind
    reason: str


@dataclass(frozen=True, slots=True)
class Way:
    """What the steps since a point did to a file, and which of them are to be taken back."""

    path: str
    trail: Trail
    """All steps since the first that is taken back, those of other sessions too."""
    own: frozenset[int]
    """Numbers of those that are taken back."""

    @property
    def target(self) -> StepFile:
        """The first step: the file becomes what it found."""
        return self.trail[0][1]

    def strangers(self, stands: Standing) -> list[Step]:
        """Steps that made something of the file that stands, and are not taken back."""
        return [
            step
            for step, file in self.trail
            if step.number not in self.own and is_edit(step, file.path) and (step.number, file.path) in stands
        ]


def current_image(files: DiskFiles, path: str) -> FileImage | Blocked | None:
    """What is on disk; Blocked where that is nothing that could be moved."""
    try:
        if files.real_path(path) != path:
            return Blocked(ConflictKind.NOT_A_FILE, "it is reached through a symbolic link now")
        return files.read(path, MERGE_LIMIT)
    except FileTooLarge:
        return Blocked(ConflictKind.NOT_A_FILE, "it has grown too large to be compared")
    except WorkspaceError:
        return Blocked(ConflictKind.NOT_A_FILE, "it is not a regular file any more")


def blocked(way: Way, current: FileImage | None, stands: Standing) -> Blocked | None:
    """Say what would be lost if the file went back; None where nothing would."""
    return next(_losses(way, current, stands), None)


def _losses(way: Way, current: FileImage | None, stands: Standing) -> Iterator[Blocked]:
    for step in way.strangers(stands):
        reason = f"session {step.meta.session} changed it in step {step.id}, which would be lost"
        yield Blocked(ConflictKind.OTHER_SESSION, reason)
    last, file = way.trail[-1]
    if not same_image(file.after, current):
        yield Blocked(ConflictKind.CHANGED_SINCE, f"it was changed outside copydesk since {last.id}")
    for (earlier, left), (later, found) in pairwise(way.trail):
        if not same_image(left.after, found.before):
            reason = f"it was changed outside copydesk between {earlier.id} and {later.id}"
            yield Blocked(ConflictKind.CHANGED_BETWEEN, reason)


def unmade(way: Way, images: Images, current: FileImage | None) -> FileImage | tuple[MergeConflict, ...] | None:
    """Take what the steps did out of a file, the last one first, and leave the rest; else where that contradicts."""
    content = current
    for (step, _), (before, after) in reversed(list(zip(way.trail, images, strict=True))):
        if step.number in way.own:
            found = merge_images(after, before, content, "utf-8")
            if isinstance(found, tuple):
                return found
            content = found
    return content


def conflict(change: FileChange, why: Blocked, left: FileImage | None, without: object) -> FileConflict:
    """Put a conflict together, for people: `left` is what the last step left, `without` what `unmade` gives."""
    path, current = change.path, change.before
    merged = _diff(path, current, without) if isinstance(without, FileImage | None) else None
    places = without if isinstance(without, tuple) else ()
    return FileConflict(
        path, why.kind, why.reason, _diff(path, left, current), _diff(path, current, change.after), merged, places
    )


def _diff(path: str, before: FileImage | None, after: FileImage | None) -> FileDiff:
    sides = [(image.data, image.mode) if image else (None, None) for image in (before, after)]
    if before is None and after is None:
        return diff_images(path, b"", b"")
    return diff_images(path, sides[0][0], sides[1][0], modes=(sides[0][1], sides[1][1]))
