"""Owns what a program from outside leaves in the workspace, as far as git can tell: which files it changed.

It only compares what git says and how large and old the files are; no content is read, and files that git ignores do
not count.
"""

import os
from collections.abc import Mapping
from threading import Event

from copydesk.domain.errors import GitError
from copydesk.workspace.git import UserRepository, checked

_STATUS = (
    "status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignore-submodules=all", "--no-renames",
)  # fmt: skip
_MOST_MEASURED = 10_000
"""Files whose size and time are looked at; of any more only git's word counts."""

FileStates = Mapping[str, tuple[object, ...]]
"""What can be said of the files that differ from the commit, by path relative to the root."""


def file_states(repository: UserRepository, root: str, stop: Event) -> FileStates | None:
    """Look at the files that differ from the commit (blocking); None where git cannot say which."""
    try:
        listed = checked(repository.run(_STATUS, stop=stop), "status")
    except GitError:
        return None
    entries = [os.fsdecode(entry) for entry in listed.split(b"\0") if entry]
    measured = {entry[3:]: (entry[:2], *_measures(f"{root}/{entry[3:]}")) for entry in entries[:_MOST_MEASURED]}
    return measured | {entry[3:]: (entry[:2],) for entry in entries[_MOST_MEASURED:]}


def changed_paths(before: FileStates, after: FileStates) -> tuple[str, ...]:
    """The files, in order, that were changed between two looks."""
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def _measures(path: str) -> tuple[int, ...]:
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return found.st_mode, found.st_size, found.st_mtime_ns
