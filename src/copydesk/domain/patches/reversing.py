"""Owns the other direction of a patch: what takes it back out of files that hold it already."""

from dataclasses import replace

from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.errors import PatchError
from copydesk.domain.hunks import Hunk, HunkLine, LineKind
from copydesk.domain.patches.patch import PatchedFile

_OTHER = {LineKind.ADDED: LineKind.REMOVED, LineKind.REMOVED: LineKind.ADDED, LineKind.CONTEXT: LineKind.CONTEXT}
_BACK = {ChangeStatus.CREATED: ChangeStatus.DELETED, ChangeStatus.DELETED: ChangeStatus.CREATED}


def reverse(file: PatchedFile) -> PatchedFile:
    """The patch that undoes one; PatchError for one that does not have what was there before."""
    if file.is_binary or file.is_copy:
        raise PatchError("It cannot be taken back from the patch alone.")
    is_renamed = file.status is ChangeStatus.RENAMED
    return replace(
        file,
        path=file.source if is_renamed else file.path,
        old_path=file.path if is_renamed else "",
        status=_BACK.get(file.status, file.status),
        hunks=tuple(map(_reversed, file.hunks)),
        old_mode=file.new_mode,
        new_mode=file.old_mode,
        old_blob=file.new_blob,
        new_blob=file.old_blob,
    )


def _reversed(hunk: Hunk) -> Hunk:
    lines = tuple(HunkLine(_OTHER[line.kind], line.text) for line in hunk.lines)
    return Hunk(hunk.new_start, hunk.old_start, lines)
