"""Owns whether the files hold a patch already, and what they were before it. It reads only."""

from collections.abc import Iterator

from copydesk.domain.errors import FileTooLarge, PatchError, WorkspaceError
from copydesk.domain.patches.patch import Patch, PatchedFile
from copydesk.domain.patches.reversing import reverse
from copydesk.domain.proposals import FileImage
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.revisions import LARGEST

Sides = tuple[str, str, FileImage | None, FileImage | None]
"""Path, what it was called, before and after."""


def already_made(patch: Patch, disk: DiskFiles) -> tuple[Sides, ...]:
    """What the patch changed, where all of it is in the files (blocking); empty where any of it is not."""
    try:
        return tuple(_unmade(patch, disk))
    except (PatchError, FileTooLarge, WorkspaceError):
        return ()


def _unmade(patch: Patch, disk: DiskFiles) -> Iterator[Sides]:
    now: dict[str, FileImage | None] = {}
    was: dict[str, FileImage | None] = {}
    for file in reversed(patch.files):
        if file.path not in was:
            was[file.path] = now[file.path] = disk.read(file.path, LARGEST)
        _take_back(reverse(file), was)
    origins = {file.path: file.old_path for file in patch.files if file.source != file.path}
    for path in dict.fromkeys(file.path for file in patch.files):
        old_path = origins.get(path, "")
        yield path, old_path, was.get(old_path or path), now[path]


def _take_back(back: PatchedFile, was: dict[str, FileImage | None]) -> None:
    image = was[back.source]
    data = back.apply(image.data if image else None).data
    if back.source != back.path:
        was[back.source] = None
    was[back.path] = None if data is None else FileImage(data, back.new_mode and back.new_mode & 0o777)
