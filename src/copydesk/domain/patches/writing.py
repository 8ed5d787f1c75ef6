"""Owns writing changes as one patch that `git apply` takes to the byte: text, binary, modes, renames, deletions."""

from collections.abc import Iterable, Mapping

from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.hunks import diff_bytes
from copydesk.domain.patches.binary import write_binary
from copydesk.domain.patches.patch import blob_name
from copydesk.domain.proposals import FileChange
from copydesk.domain.unified import git_mode

_NO_BLOB = "0" * 40


def write_patch(changes: Iterable[FileChange], renamed: Mapping[str, str] | None = None) -> bytes:
    """Write changes as git does, in their order; `renamed` maps a new path to the old one, which `before` is of.

    The bytes of the files stand in it as they are; what holds NUL is a binary patch with both contents.
    """
    parts = (_written(change, (renamed or {}).get(change.path, "")) for change in changes)
    return "".join(parts).encode("utf-8", "surrogateescape")


def _written(change: FileChange, old_path: str) -> str:
    before, after = change.before, change.after
    old, new = before.data if before else None, after.data if after else None
    modes = git_mode(before.mode if before else None), git_mode(after.mode if after else None)
    status = ChangeStatus.RENAMED if old_path else ChangeStatus.MODIFIED
    if before is None:
        status = ChangeStatus.CREATED
    elif after is None:
        status = ChangeStatus.DELETED
    is_binary = any(b"\0" in data for data in (old or b"", new or b"")) and old != new
    hunks = () if is_binary else diff_bytes(old or b"", new or b"")
    diff = FileDiff(change.path, status, hunks, is_binary, old_path, *modes)
    binary = write_binary(old or b"", new or b"") if is_binary else ""
    return diff.to_unified("" if old == new else _index_line(old, new), binary)


def _index_line(old: bytes | None, new: bytes | None) -> str:
    names = (_NO_BLOB if data is None else blob_name(data) for data in (old, new))
    return f"index {'..'.join(names)}\n"
