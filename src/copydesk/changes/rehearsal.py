"""Owns trying a change from elsewhere on the files as they are: what each would become, and why one cannot.

It reads each file once, and writes none.
"""

from collections.abc import Collection, Iterable

from copydesk.changes.arrivals import Arrival
from copydesk.changes.changeset import Changeset, Conflict, ReviewedFile
from copydesk.changes.rebasing import MERGE_LIMIT
from copydesk.changes.steps import same_image
from copydesk.domain.errors import FileTooLarge, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles

Image = FileImage | None


class Contradiction(Exception):
    """A file of the change does not go together with the disk; the reason is the end of a sentence."""

    def __init__(self, reason: str, places: tuple[MergeConflict, ...] = ()) -> None:
        super().__init__(reason)
        self.places = places


class Rehearsal:
    """The files as they would be once the change is made, over the disk as it is."""

    def __init__(self, disk: DiskFiles, leaving: Collection[str] = ()) -> None:
        self.leaving = leaving
        """What is renamed, so that its name is free for another file."""
        self.rebased: set[str] = set()
        """Files that were not as the change has them."""
        self.notes: list[str] = []
        self.conflicts: dict[str, Conflict] = {}
        self._disk = disk
        self._found: dict[str, Image] = {}
        self._made: dict[str, Image] = {}
        self._renamed: dict[str, str] = {}

    def image(self, path: str) -> Image:
        """A file as it would be by now."""
        return self._made[path] if path in self._made else self.on_disk(path)

    def on_disk(self, path: str) -> Image:
        """A file as it is; Contradiction where it cannot be changed."""
        if path not in self._found:
            self._found[path] = _read(self._disk, path)
        return self._found[path]

    def put(self, path: str, image: Image, old_path: str = "") -> None:
        """Say what becomes of a file, which may come from another name."""
        if old_path:
            self.on_disk(old_path)
            # Where names are swapped, the other file may have come there already.
            if old_path not in self._renamed:
                self._made[old_path] = None
            self._renamed[path] = old_path
        self.on_disk(path)
        self._made[path] = image

    def require_free(self, path: str) -> None:
        """Contradiction where a file stands that does not leave its name."""
        if self.image(path) is not None and path not in self.leaving:
            raise Contradiction("another file of this name is there")

    def refuse(self, paths: Iterable[str], error: Contradiction) -> None:
        """Say why files are not changed."""
        for path in paths:
            self.conflicts[path] = Conflict(path, f"{path} is not changed: {error}.", (), error.places)

    def _refuse_halves(self) -> None:
        """Where one name of a rename is in conflict, so is the other."""
        pairs = [pair for new, old in self._renamed.items() for pair in ((new, old), (old, new))]
        while halves := [(one, other) for one, other in pairs if one in self.conflicts and other not in self.conflicts]:
            for one, other in halves:
                self.refuse([other], Contradiction(f"it is renamed together with {one}"))

    def arrival(self) -> Arrival:
        """What came of it."""
        self._refuse_halves()
        made = {path: image for path, image in self._made.items() if path not in self.conflicts}
        changes = [FileChange(path, self.on_disk(path), image) for path, image in made.items()]
        differing = [change for change in changes if not same_image(change.before, change.after)]
        files = tuple(ReviewedFile(change, (), change.path in self.rebased) for change in differing)
        paths = {change.path for change in differing}
        unchanged = tuple(path for path in made if path not in paths)
        renamed = {new: old for new, old in self._renamed.items() if {new, old} <= paths}
        changeset = Changeset(files, tuple(self.conflicts.values()), unchanged, ())
        return Arrival(changeset, renamed, tuple(self.notes))


def _read(disk: DiskFiles, path: str) -> Image:
    try:
        if disk.real_path(path) != path:
            raise Contradiction("it is reached through a symbolic link")
        return disk.read(path, MERGE_LIMIT)
    except FileTooLarge as error:
        raise Contradiction("it is too large on disk to be merged") from error
    except WorkspaceError as error:
        raise Contradiction(f"on disk, {str(error).rstrip('.')}") from error
