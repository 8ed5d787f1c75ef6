"""Owns how a bundle or a patch becomes a change of the files as they are now.

Exact where a file is what the change was made from, else a three-way merge where both sides are known, else a
conflict. It decides and writes nothing.
"""

from collections.abc import Callable
from itertools import groupby
from operator import attrgetter

from copydesk.changes.arrivals import Arrival
from copydesk.changes.rebasing import merge_images
from copydesk.changes.rehearsal import Contradiction, Image, Rehearsal
from copydesk.domain.bundles import Bundle, BundledFile
from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.display import show
from copydesk.domain.errors import PatchError
from copydesk.domain.patches.patch import Patch, PatchedFile
from copydesk.domain.proposals import FileImage
from copydesk.workspace.files import DiskFiles

Preimages = Callable[[str], bytes | None]
"""Gives the bytes that git calls by a name, which may be abbreviated, where they are known."""


def plan_bundle(bundle: Bundle, disk: DiskFiles) -> Arrival:
    """Say what a bundle would change in these files (blocking)."""
    rehearsal = Rehearsal(disk, {file.old_path for file in bundle.files if file.old_path})
    for file in bundle.files:
        paths = [path for path in (file.old_path, file.path) if path]
        try:
            _take_bundled(rehearsal, file)
        except Contradiction as error:
            rehearsal.refuse(paths, error)
    return rehearsal.arrival()


def _take_bundled(rehearsal: Rehearsal, file: BundledFile) -> None:
    current = rehearsal.on_disk(file.old_path or file.path)
    if file.old_path:
        there = rehearsal.on_disk(file.path)
        if current is None and _data(there) == _data(file.after):
            rehearsal.put(file.path, there, file.old_path)
            return
        rehearsal.require_free(file.path)
    merged = _merged(_bare(file.before), _wanted(file.before, file.after, current), current)
    rehearsal.put(file.path, merged, file.old_path)
    if file.before is not None and _data(current) != _data(file.before):
        rehearsal.rebased.add(file.path)


def plan_patch(patch: Patch, disk: DiskFiles, preimages: Preimages = lambda _: None) -> Arrival:
    """Say what a patch would change in these files (blocking); a later part goes on what the earlier ones make."""
    rehearsal = Rehearsal(disk)
    for _, part in groupby(patch.files, key=attrgetter("part")):
        files = list(part)
        rehearsal.leaving = {file.old_path for file in files if file.status is ChangeStatus.RENAMED}
        # Within a part every file is made of what was there before it, whatever comes first.
        sources = [_source(rehearsal, file) for file in files]
        for file, source in zip(files, sources, strict=True):
            moved = [file.old_path] if file.status is ChangeStatus.RENAMED else []
            try:
                if isinstance(source, Contradiction):
                    raise source
                _take_patched(rehearsal, file, source, preimages)
            except Contradiction as error:
                rehearsal.refuse([*moved, file.path], error)
    return rehearsal.arrival()


def _source(rehearsal: Rehearsal, file: PatchedFile) -> Image | Contradiction:
    try:
        if file.source in rehearsal.conflicts:
            return Contradiction(f"{file.source} is in conflict already")
        return rehearsal.image(file.source)
    except Contradiction as error:
        return error


def _take_patched(rehearsal: Rehearsal, file: PatchedFile, source: Image, preimages: Preimages) -> None:
    there = rehearsal.image(file.path)
    if there is not None and _is_there_already(file, there, source):
        rehearsal.put(file.path, FileImage(there.data, _mode(file.new_mode, file.old_mode, there)))
        return
    if file.status is ChangeStatus.DELETED and source is None:
        rehearsal.put(file.path, None)
        return
    if file.is_copy or file.status is ChangeStatus.RENAMED:
        rehearsal.require_free(file.path)
    data, is_rebased = _patched(rehearsal, file, source, preimages)
    image = None if data is None else FileImage(data, _mode(file.new_mode, file.old_mode, source))
    rehearsal.put(file.path, image, file.old_path if file.status is ChangeStatus.RENAMED else "")
    if is_rebased:
        rehearsal.rebased.add(file.path)


def _is_there_already(file: PatchedFile, there: FileImage, source: Image) -> bool:
    """True where the file is as the patch makes it, without a doubt."""
    if file.makes(there.data):
        return source is None or file.status is not ChangeStatus.RENAMED
    if file.status is not ChangeStatus.CREATED or file.is_copy:
        return False
    try:
        return file.apply(None).data == there.data
    except PatchError:
        return False


def _patched(rehearsal: Rehearsal, file: PatchedFile, source: Image, preimages: Preimages) -> tuple[bytes | None, bool]:
    """The bytes that a patch makes of a file, and whether it took a merge."""
    try:
        applied = file.apply(_data(source))
    except PatchError as error:
        base = preimages(file.old_blob) if file.old_blob else None
        if base is None or not file.was_made_from(base):
            raise Contradiction(_told(file, error)) from error
        try:
            made = file.apply(base).data
        except PatchError as fault:
            raise Contradiction(_told(file, fault)) from fault
        merged = _merged(FileImage(base), None if made is None else FileImage(made), source)
        return _data(merged), True
    rehearsal.notes += [f"{file.path}: {moved.words}." for moved in applied.moved]
    return applied.data, bool(applied.moved)


def _told(file: PatchedFile, error: PatchError) -> str:
    """What a file says of a patch, without its name."""
    told = str(error).removeprefix(f"{show(file.path)}: ").rstrip(".")
    return told[:1].lower() + told[1:]


def _merged(base: Image, proposed: Image, current: Image) -> Image:
    found = merge_images(base, proposed, current, "utf-8")
    if isinstance(found, tuple):
        raise Contradiction(_why(base, proposed, current), found)
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
