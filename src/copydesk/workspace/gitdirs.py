"""Owns which paths belong to git and not to the workspace: by the name `.git`, and by what a `.git` leads to."""

import os
import stat
from pathlib import Path

from copydesk.domain.errors import PathRefused
from copydesk.domain.foreign_paths import is_git_name as is_git_name

_LONGEST = 4_096
"""Bytes of a `.git` file that are looked at; git writes one line."""


def refuse_git(path: str) -> str:
    """Give the path back unless one of its components is a `.git`, in whatever spelling."""
    for part in path.split("/"):
        if is_git_name(part):
            raise PathRefused(f"{path} is inside a .git directory, which copydesk neither reads nor writes.")
    return path


def git_directories(root: str) -> tuple[str, ...]:
    """Give the directories in a root that its `.git` leads to, a link or a file that names one, in folded case.

    What is in them configures git and is run by it, whatever they are called. Paths are relative to the root.
    """
    designated = _designated(f"{root}/.git", root)
    if not designated:
        return ()
    found = [designated, _designated(f"{designated}/commondir", designated)]
    inside = f"{root.rstrip('/')}/"
    return tuple(place[len(inside) :].casefold() for place in found if place.startswith(inside))


def _designated(entry: str, base: str) -> str:
    """The real directory that a link, or the line in a file, leads to; empty where it is neither."""
    if Path(entry).is_symlink():
        return os.path.realpath(entry)
    try:
        descriptor = os.open(entry, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        line = os.fsdecode(os.read(descriptor, _LONGEST).partition(b"\n")[0]) if is_file else ""
    finally:
        os.close(descriptor)
    place = line.removeprefix("gitdir:").strip()
    return os.path.realpath(Path(base, place)) if place and "\0" not in place else ""
