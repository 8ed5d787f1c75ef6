"""Owns which paths belong to git and not to the workspace: by the name `.git`, by what a `.git` leads to, by layout."""

import os
import stat
from pathlib import Path

from copydesk.domain.errors import PathRefused
from copydesk.domain.foreign_paths import is_git_name as is_git_name

_LONGEST = 4_096
"""Bytes of a `.git` file that are looked at; git writes one line."""
_OF_A_REPOSITORY = (
    *("head", "config", "config.worktree", "hooks", "info", "objects", "refs", "packed-refs", "index", "logs"),
    *("commondir", "shallow", "modules", "worktrees"),
)
"""What git reads, writes or runs in a repository, in folded case (gitrepository-layout)."""


def refuse_git(path: str) -> str:
    """Give the path back unless one of its components is a `.git`, in whatever spelling."""
    for part in path.split("/"):
        if is_git_name(part):
            raise PathRefused(f"{path} is inside a .git directory, which copydesk neither reads nor writes.")
    return path


def git_directories(root: str) -> tuple[str, ...]:
    """Give what git owns in a root beside `.git`, in folded case: it configures git and is run by it.

    It is what a `.git` leads to that is a link or a file that names a directory, whatever that is called, or what makes
    a bare repository of the root itself. Paths are relative to the root.
    """
    designated = _designated(f"{root}/.git", root)
    if not designated:
        return _OF_A_REPOSITORY if _is_bare(Path(root)) else ()
    found = [designated, _designated(f"{designated}/commondir", designated)]
    inside = f"{root.rstrip('/')}/"
    return tuple(place[len(inside) :].casefold() for place in found if place.startswith(inside))


def refuse_git_root(root: str) -> None:
    """Raise `PathRefused` for a root that git owns: in a `.git`, or in a directory of a bare repository's own."""
    refuse_git(root)
    folder = Path(root)
    for inner, outer in zip((folder, *folder.parents), folder.parents, strict=False):
        if inner.name.casefold() in _OF_A_REPOSITORY and _is_bare(outer):
            raise PathRefused(f"{root} is inside the git directory {outer}, which copydesk neither reads nor writes.")


def _is_bare(folder: Path) -> bool:
    """Whether git takes a directory for a repository without a work tree."""
    if os.path.lexists(folder / ".git") or not os.path.lexists(folder / "HEAD"):
        return False
    return (folder / "objects").is_dir() and (folder / "refs").is_dir()


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
