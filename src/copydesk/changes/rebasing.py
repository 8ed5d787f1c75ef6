"""Owns bringing proposals together with what others made of the files meanwhile; it decides and writes nothing."""

from copydesk.domain.errors import WorkspaceError
from copydesk.domain.merging import MergeConflict, merge, overrule
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.domain.unified import quoted_path
from copydesk.workspace.files import DiskFiles

MERGE_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest file on disk that is compared and merged; no edit is made in a larger one."""


def rebase(files: DiskFiles, proposal: Proposal) -> Proposal | None:
    """Merge each change into its file as it is now; None where one cannot be merged cleanly, or does nothing then."""
    changes = [_rebased(files, change) for change in proposal.changes]
    found = tuple(change for change in changes if change and not change.is_void)
    return Proposal(proposal.id, proposal.call, found, _summary(proposal)) if len(found) == len(changes) else None


def _summary(proposal: Proposal) -> str:
    """What the tool said was computed from the file as it was, and shows lines that have moved."""
    names = ", ".join(map(quoted_path, proposal.paths))
    return f"Edited {names}, merged with what changed on disk meanwhile. View {names} before you edit there again."


def _rebased(files: DiskFiles, change: FileChange) -> FileChange | None:
    try:
        if files.real_path(change.path) != change.path:
            return None
        current = files.read(change.path, MERGE_LIMIT)
    except WorkspaceError:
        return None
    found = merge_images(change.before, change.after, current, change.encoding)
    return None if isinstance(found, tuple) else FileChange(change.path, current, found, change.encoding)


def merge_images(
    base: FileImage | None, proposed: FileImage | None, current: FileImage | None, encoding: str
) -> FileImage | tuple[MergeConflict, ...] | None:
    """What a file is to be that was proposed on `base` while the disk came to hold `current`; else the conflicts.

    Permission bits are those of the disk, unless the proposal sets others.
    """
    merged = merge(_data(base), _data(proposed), _data(current), encoding)
    if merged.conflicts:
        return merged.conflicts
    return None if merged.data is None else FileImage(merged.data, _mode(base, proposed, current))


def overrule_images(base: FileImage | None, proposed: FileImage | None, current: FileImage | None) -> FileImage | None:
    """The same with the proposed lines wherever the two contradict; None where not all are texts that are there."""
    if base is None or proposed is None or current is None:
        return None
    data = overrule(base.data, proposed.data, current.data)
    return None if data is None else FileImage(data, _mode(base, proposed, current))


def _mode(base: FileImage | None, proposed: FileImage | None, current: FileImage | None) -> int | None:
    mode = proposed.mode if proposed else None
    keeps_mode = current is not None and mode in (None, base.mode if base else None)
    return current.mode if current and keeps_mode else mode


def _data(image: FileImage | None) -> bytes | None:
    return image.data if image else None
