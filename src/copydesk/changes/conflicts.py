"""Owns what stands in the way of one file's going back, and what could be done about it. It moves nothing.

A file goes back to what it was before the first of the steps that are taken back, not to what the step before them
left: whatever somebody else wrote in between is kept by that. What was written since, or between two of the steps,
would be lost, and so is a conflict; a merge takes only what the steps did out of the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copydesk.changes.rebasing import MERGE_LIMIT, merge_images
from copydesk.changes.steps import Image, Step, StepFile, same_image
from copydesk.changes.timeline import Trail
from copydesk.domain.checkpoints import ConflictKind, FileConflict
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.errors import FileTooLarge, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles

Images = Sequence[tuple[FileImage | None, FileImage | None]]
"""What each step since the first that is taken back found and left, with the bytes."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a file cannot simply go back."""

    kind: ConflictKind
    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """A step on the walk back through what a file was made of."""

    step: Step
    found: Image
    """What the steps before it on the walk left; what a return led back to, where it did."""
    left: Image
    counts: bool
    """Its work is in the file, or what it took away is not; False where a return undid it, and for that return."""


@dataclass(frozen=True, slots=True)
class Way:
    """What the steps did to a file, and which of them are to be taken back."""

    path: str
    trail: Trail
    """All steps that reached it, those of other sessions too."""
    start: int
    """Place in the trail of the first that is taken back."""
    own: frozenset[int]
    """Numbers of those that are taken back."""

    @property
    def target(self) -> StepFile:
        """The first step that is taken back: the file becomes what it found."""
        return self.since[0][1]

    @property
    def since(self) -> Trail:
        """All steps from the first that is taken back."""
        return self.trail[self.start :]

    def made(self) -> Iterator[Made]:
        """Walk back to the start, past what a return undid: whatever happened in between is not in the file."""
        out: set[int] = set()
        place = len(self.trail) - 1
        while place >= self.start:
            step, file = self.trail[place]
            undone = () if step.number in out else step.meta.undone_in(self.path)
            first = next((at for at, (other, _) in enumerate(self.trail) if other.number in undone), place)
            is_within = bool(undone) and first >= self.start
            is_back = is_within and same_image(file.after, self.trail[first][1].before)
            counts = step.number not in out and not is_within
            yield Made(step, file.after if is_back else file.before, file.after, counts)
            place = (first if is_back else place) - 1
            out.update(undone if is_within and not is_back else ())

    def work(self, *, own: bool) -> list[Step]:
        """The steps that the file is made of, the last first: those that are taken back, or the others."""
        return [made.step for made in self.made() if made.counts and (made.step.number in self.own) == own]


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


def blocked(way: Way, current: FileImage | None) -> Blocked | None:
    """Say what would be lost if the file went back; None where nothing would."""
    return next(_losses(way, current), None)


def _losses(way: Way, current: FileImage | None) -> Iterator[Blocked]:
    for step in reversed(way.work(own=False)):
        reason = f"session {step.meta.session} changed it in step {step.id}, which would be lost"
        yield Blocked(ConflictKind.OTHER_SESSION, reason)
    later: Step | None = None
    found: Image = current
    for made in way.made():
        if not same_image(made.left, found):
            if later is None:
                yield Blocked(ConflictKind.CHANGED_SINCE, f"it was changed outside copydesk since {made.step.id}")
            else:
                reason = f"it was changed outside copydesk between {made.step.id} and {later.id}"
                yield Blocked(ConflictKind.CHANGED_BETWEEN, reason)
        later, found = made.step, made.found


def unmade(way: Way, images: Images, current: FileImage | None) -> FileImage | tuple[MergeConflict, ...] | None:
    """Take what the steps did out of a file, the last one first, and leave the rest; else where that contradicts."""
    content = current
    sides = {step.number: pair for (step, _), pair in zip(way.since, images, strict=True)}
    for step in way.work(own=True):
        before, after = sides[step.number]
        found = merge_images(after, before, content, "utf-8")
        if isinstance(found, tuple):
            return found
        is_theirs = content and after and content.mode != after.mode
        content = found.with_mode(content.mode) if found and content and is_theirs else found
    return content


def conflict(change: FileChange, why: Blocked, left: FileImage | None, without: object) -> FileConflict:
    """Put a conflict together, for people: `left` is what the steps left, `without` what `unmade` gives.

    What others made of the file is what it is without these steps, against what it was; where that cannot be told, what
    is there against what the last of these steps left.
    """
    path, current = change.path, change.before
    restored = _diff(path, current, change.after)
    if isinstance(without, FileImage | None):
        theirs, merged = _diff(path, change.after, without), _diff(path, current, without)
        return FileConflict(path, why.kind, why.reason, theirs, restored, merged)
    places = without if isinstance(without, tuple) else ()
    return FileConflict(path, why.kind, why.reason, _diff(path, left, current), restored, None, places)


def _diff(path: str, before: FileImage | None, after: FileImage | None) -> FileDiff:
    sides = [(image.data, image.mode) if image else (None, None) for image in (before, after)]
    if before is None and after is None:
        return diff_images(path, b"", b"")
    return diff_images(path, sides[0][0], sides[1][0], modes=(sides[0][1], sides[1][1]))
