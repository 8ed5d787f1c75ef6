"""Owns the changeset: what waits in an overlay, as one change a file against the disk at one moment.

Where others changed a file meanwhile, both are put together; where they contradict, it is a conflict, and no change of
that file is offered. It decides and writes nothing.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from copydesk.changes.overlay import OverlaidFile, Overlay
from copydesk.changes.rebasing import MERGE_LIMIT, merge_images, overrule_images
from copydesk.domain.errors import FileTooLarge, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.workspace.files import DiskFiles


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file in which what waits contradicts what others made of it."""

    path: str
    reason: str
    """A sentence for people and models."""
    proposals: tuple[str, ...]
    places: tuple[MergeConflict, ...] = ()
    """Where in the file; empty where there is no file (any more) that could be merged."""
    edit: FileChange | None = None
    """What waits, against what it was made of."""
    others: FileChange | None = None
    """What others made of the same; None where that cannot be told."""
    overruling: FileChange | None = None
    """What is on disk, with the proposed lines in the contradicting places; None where the whole file is one."""


@dataclass(frozen=True, slots=True)
class ReviewedFile:
    """A file of which a change is offered."""

    change: FileChange
    """From what is on disk to what would be there."""
    proposals: tuple[str, ...]
    """Ids of those that it comes from, in order."""
    is_rebased: bool = False
    """Somebody else changed the file meanwhile; `after` holds that too."""
    overruled: Conflict | None = None
    """What the person wanted to see put over what others wrote; `after` holds only the rest of theirs."""


@dataclass(frozen=True, slots=True)
class Changeset:
    """What a person reviews; a decision is bound to its digest."""

    files: tuple[ReviewedFile, ...]
    conflicts: tuple[Conflict, ...]
    unchanged: tuple[str, ...]
    """Files that are already as the overlay shows them: nothing is to be decided, they may leave it."""
    proposals: tuple[str, ...]
    """Ids of all that had been gathered; what came later is not in it."""
    emptied_directories: tuple[str, ...] = ()
    """Directories to remove if nothing is left in them once all is on disk, outermost first."""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of what is offered, what is in conflict, and what all of it comes from."""
        conflicts = (f"{conflict.path}\0{conflict.reason}" for conflict in self.conflicts)
        parts = "\n".join((self.as_proposal("").digest, *conflicts, *self.unchanged, *self.proposals))
        return hashlib.sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def paths(self) -> tuple[str, ...]:
        """All the files that it is about."""
        offered = (file.change.path for file in self.files)
        return (*offered, *self.paths_not_offered)

    @property
    def paths_not_offered(self) -> tuple[str, ...]:
        """The files of which there is nothing to take."""
        return (*(conflict.path for conflict in self.conflicts), *self.unchanged)

    def as_proposal(self, proposal: str) -> Proposal:
        """All that is offered, to land in one step, under this id."""
        return Proposal(proposal, "", tuple(file.change for file in self.files))


def compute(overlay: Overlay, disk: DiskFiles, overruled: Collection[str] = ()) -> Changeset:
    """Compare what waits with the disk as it is now (blocking).

    Of the files named in `overruled` a conflict is offered as a change that puts the proposed lines over others'.
    """
    overlaid = overlay.overlaid
    # What is gathered from here on is not in it.
    seen = {proposal for file in overlaid for proposal in file.proposals}
    gathered = [one for one in overlay.proposals if one.proposal in seen]
    compared = [_overruled(_compare(file, disk), overruled) for file in overlaid]
    return Changeset(
        tuple(found for found in compared if isinstance(found, ReviewedFile)),
        tuple(found for found in compared if isinstance(found, Conflict)),
        tuple(file.path for file, found in zip(overlaid, compared, strict=True) if found is None),
        tuple(one.proposal for one in gathered),
        tuple(sorted({folder for one in gathered for folder in one.emptied_directories})),
    )


def _compare(file: OverlaidFile, disk: DiskFiles) -> ReviewedFile | Conflict | None:
    """Say what there is to decide about one file; None where nothing is."""
    if _data(file.base) == _data(file.image):
        return None
    try:
        if disk.real_path(file.path) != file.path:
            return _conflict(file, "it is reached through a symbolic link now")
        current = disk.read(file.path, MERGE_LIMIT)
    except FileTooLarge:
        return _conflict(file, "it has grown too large on disk to be merged")
    except WorkspaceError as error:
        return _conflict(file, f"on disk, {str(error).rstrip('.')}")
    found = merge_images(file.base, file.image, current, file.encoding)
    if isinstance(found, tuple):
        others = FileChange(file.path, file.base, current, file.encoding)
        conflict = replace(_conflict(file, _contradiction(file, current), found), others=others)
        put_over = overrule_images(file.base, file.image, current)
        overruling = FileChange(file.path, current, put_over, file.encoding) if put_over else None
        return replace(conflict, overruling=overruling)
    change = FileChange(file.path, current, found, file.encoding)
    is_rebased = _data(current) != _data(file.base)
    return None if change.is_void else ReviewedFile(change, file.proposals, is_rebased)


def _overruled(found: ReviewedFile | Conflict | None, overruled: Collection[str]) -> ReviewedFile | Conflict | None:
    if isinstance(found, Conflict) and found.overruling and found.path in overruled:
        return ReviewedFile(found.overruling, found.proposals, overruled=found)
    return found


def _contradiction(file: OverlaidFile, current: FileImage | None) -> str:
    if current is None:
        return "it was deleted on disk meanwhile"
    if file.base is None:
        return "another file of this name appeared on disk meanwhile"
    if file.image is None:
        return "it is to be deleted, and was changed on disk meanwhile"
    return "the same lines were changed on disk meanwhile"


def _conflict(file: OverlaidFile, reason: str, places: tuple[MergeConflict, ...] = ()) -> Conflict:
    edit = FileChange(file.path, file.base, file.image, file.encoding)
    return Conflict(file.path, f"{file.path} is not changed: {reason}.", file.proposals, places, edit)


def _data(image: FileImage | None) -> bytes | None:
    return image.data if image else None
