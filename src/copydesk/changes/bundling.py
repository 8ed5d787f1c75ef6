"""Owns how a bundle or a patch becomes a change of the files as they are now.

Exact where a file is what the change was made from, else a three-way merge where both sides are known, else a
conflict. It decides and writes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from copydesk.changes.arrivals import Arrival
from copydesk.changes.changeset import Changeset, Conflict, ReviewedFile
from copydesk.changes.rebasing import MERGE_LIMIT, merge_images
from copydesk.changes.steps import same_image
from copydesk.domain.bundles import Bundle, BundledFile
from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.display import show
from copydesk.domain.errors import FileTooLarge, PatchError, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.patches.patch import Patch, PatchedFile
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles

Preimages = Callable[[str], bytes | None]
"""Gives the bytes that git calls by a name, which may be abbreviated, where they are known."""
Image = FileImage | None


class _Contradiction(Exception):
    """A file of the change does not go together with the disk."""

    def __init__(self, reason: str, places: tuple[MergeConflict, ...] = ()) -> None:
        super().__init__(reason)
        self.places = places


@dataclass(slots=True)
class _Rehearsal:
    """The files as they would be once the change is made, over the disk as it is."""

    disk: DiskFiles
    leaving: set[str] = field(default_factory=set)
    """What is renamed, so that its name is free for another file."""
    found: dict[str, Image] = field(default_factory=dict)
    """On disk, as first read."""
    made: dict[str, Image] = field(default_factory=dict)
    rebased: set[str] = field(default_factory=set)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def image(self, path: str) -> Image:
        """A file as it would be by now."""
        return self.made[path] if path in self.made else self.on_disk(path)

    def on_disk(self, path: str) -> Image:
        """A file as it is."""
        if path not in self.found:
            self.found[path] = _read(self.disk, path)
        return self.found[path]

    def refuse(self, paths: Iterable[str], error: _Contradiction) -> None:
        """Say why a file is not changed."""
        for path in paths:
            self.conflicts[path] = Conflict(path, f"{path} is not changed: {error}.", (), error.places)

    def arrival(self) -> Arrival:
        """What came of it."""
        made = {path: image for path, image in self.made.items() if path not in self.conflicts}
        changes = [FileChange(path, self.on_disk(path), image) for path, image in made.items()]
        differing = [change for change in changes if not same_image(change.before, change.after)]
        files = tuple(ReviewedFile(change, (), change.path in self.rebased) for change in differing)
        paths = {change.path for change in differing}
        unchanged = tuple(path for path in made if path not in paths)
        renamed = {new: old for new, old in self.renamed.items() if {new, old} <= paths}
        changeset = Changeset(files, tuple(self.conflicts.values()), unchanged, ())
        return Arrival(changeset, renamed, tuple(self.notes))


def plan_bundle(bundle: Bundle, disk: DiskFiles) -> Arrival:
    """Say what a bundle would change in these files (blocking)."""
    rehearsal = _Rehearsal(disk, {file.old_path for file in bundle.files if file.old_path})
    for file in bundle.files:
        paths = [path for path in (file.old_path, file.path) if path]
        try:
            _take_bundled(rehearsal, file)
        except _Contradiction as error:
            rehearsal.refuse(paths, error)
    return rehearsal.arrival()


def _take_bundled(rehearsal: _Rehearsal, file: BundledFile) -> None:
    current = rehearsal.on_disk(file.old_path or file.path)
    if file.old_path:
        there = rehearsal.on_disk(file.path)
        if current is None and _data(there) == _data(file.after):
            rehearsal.made.update({file.old_path: None, file.path: there})
            return
        _require_free(rehearsal, file.path, there)
    merged = _merged(_bare(file.before), _wanted(file.before, file.after, current), current)
    _put(rehearsal, file.old_path, file.path, merged)
    if file.before is not None and _data(current) != _data(file.before):
        rehearsal.rebased.add(file.path)


def plan_patch(patch: Patch, disk: DiskFiles, preimages: Preimages = lambda _: None) -> Arrival:
    """Say what a patch would change in these files (blocking); a later part goes on what the earlier ones make."""
    rehearsal = _Rehearsal(disk)
    for _, part in groupby(patch.files, key=attrgetter("part")):
        files = list(part)
        rehearsal.leaving = {file.old_path for file in files if file.status is ChangeStatus.RENAMED}
        # Within a part every file is made of what was there before it, whatever comes first.
        sources = [_source(rehearsal, file) for file in files]
        for file, source in zip(files, sources, strict=True):
            moved = [file.old_path] if file.status is ChangeStatus.RENAMED else []
            try:
                if isinstance(source, _Contradiction):
                    raise source
                _take_patched(rehearsal, file, source, preimages)
            except _Contradiction as error:
                rehearsal.refuse([*moved, file.path], error)
    return rehearsal.arrival()


def _source(rehearsal: _Rehearsal, file: PatchedFile) -> Image | _Contradiction:
    try:
        if file.source in rehearsal.conflicts:
            return _Contradiction(f"{file.source} is in conflict already")
        return rehearsal.image(file.source)
    except _Contradiction as error:
        return error


def _take_patched(rehearsal: _Rehearsal, file: PatchedFile, source: Image, preimages: Preimages) -> None:
    there = rehearsal.image(file.path)
    if _is_there_already(file, there):
        rehearsal.made[file.path] = there
        return
    if file.is_copy or file.status is ChangeStatus.RENAMED:
        _require_free(rehearsal, file.path, there)
    data, is_rebased = _patched(rehearsal, file, source, preimages)
    image = None if data is None else FileImage(data, _mode(file.new_mode, file.old_mode, source))
    _put(rehearsal, file.old_path if file.status is ChangeStatus.RENAMED else "", file.path, image)
    if is_rebased:
        rehearsal.rebased.add(file.path)


def _is_there_already(file: PatchedFile, there: Image) -> bool:
    """True where the file is as the patch makes it, without a doubt."""
    if file.status is ChangeStatus.DELETED:
        return there is None
    if there is None or file.status is not ChangeStatus.CREATED or file.is_copy:
        return False
    try:
        return file.apply(None).data == there.data
    except PatchError:
        return False


def _patched(
    rehearsal: _Rehearsal, file: PatchedFile, source: Image, preimages: Preimages
) -> tuple[bytes | None, bool]:
    """The bytes that a patch makes of a file, and whether it took a merge."""
    try:
        applied = file.apply(_data(source))
    except PatchError as error:
        base = preimages(file.old_blob) if file.old_blob else None
        if base is None or not file.was_made_from(base):
            raise _Contradiction(_told(file, error)) from error
        made = file.apply(base).data
        merged = _merged(FileImage(base), None if made is None else FileImage(made), source)
        return _data(merged), True
    rehearsal.notes += [f"{file.path}: {moved.words}." for moved in applied.moved]
    return applied.data, bool(applied.moved)


def _told(file: PatchedFile, error: PatchError) -> str:
    """What a file says of a patch, without its name."""
    told = str(error).removeprefix(f"{show(file.path)}: ").rstrip(".")
    return told[:1].lower() + told[1:]


def _put(rehearsal: _Rehearsal, old_path: str, path: str, image: Image) -> None:
    if old_path:
        # In a swap of names the other file may have come there already.
        if old_path not in rehearsal.renamed:
            rehearsal.made[old_path] = None
        rehearsal.renamed[path] = old_path
        rehearsal.on_disk(old_path)
    rehearsal.on_disk(path)
    rehearsal.made[path] = image


def _require_free(rehearsal: _Rehearsal, path: str, there: Image) -> None:
    if there is not None and path not in rehearsal.leaving:
        raise _Contradiction("another file of this name is there")


def _read(disk: DiskFiles, path: str) -> Image:
    try:
        if disk.real_path(path) != path:
            raise _Contradiction("it is reached through a symbolic link")
        return disk.read(path, MERGE_LIMIT)
    except FileTooLarge as error:
        raise _Contradiction("it is too large on disk to be merged") from error
    except WorkspaceError as error:
        raise _Contradiction(f"on disk, {str(error).rstrip('.')}") from error


def _merged(base: Image, proposed: Image, current: Image) -> Image:
    found = merge_images(base, proposed, current, "utf-8")
    if isinstance(found, tuple):
        raise _Contradiction(_why(base, proposed, current), found)
    return found


def _why(base: Image, proposed: Image, current: Image) -> str:
    if current is None:
        return "it is not there any more"
    if base is None:
        return "another file of this name is there"
    if proposed is None:
        return "it is to be deleted, and is not as it was when that was proposed"
    return "the same lines are not as they were when this was proposed"


def _wanted(before: Image, after: Image, current: Image) -> Image:
    """The proposed file with the permission bits that it is to have here; None for those of the disk."""
    if after is None:
        return None
    return FileImage(after.data, _mode(after.mode, before.mode if before else None, current, is_new=before is None))


def _mode(new: int | None, old: int | None, current: Image, *, is_new: bool = False) -> int | None:
    """Permission bits of which only whether the file can be run is told elsewhere; None for those of a new file."""
    kept = current.mode if current else None
    if new is None or (old is not None and bool(new & 0o100) is bool(old & 0o100)):
        return kept
    if kept is None or is_new:
        return 0o755 if new & 0o100 else kept
    return kept | (kept & 0o444) >> 2 if new & 0o100 else kept & ~0o111


def _bare(image: Image) -> Image:
    return None if image is None else FileImage(image.data)


def _data(image: Image) -> bytes | None:
    return image.data if image else None
