"""Owns which paths belong to the workspace: names become places beneath the descriptor of the root.

Never opens a path through a symbolic link: links that stay inside are read one by one and the path without links is
opened strictly. Never lets a `.git` component through, however it is spelled.
"""

import errno
import os
import posixpath
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from copydesk.domain.errors import NotRegularFile, PathRefused, WorkspaceError
from copydesk.workspace.gitdirs import git_directories, refuse_git, refuse_git_root
from copydesk.workspace.syscalls import open_beneath

LINK_LIMIT = 40
"""Links followed for one path, as in the kernel."""
DEEPEST = 250
"""Components of a path; other programs that walk a tree give up not far below."""
LONGEST_TAIL = 20
"""Components of an outside path that are tried for "did you mean"."""
Opener = Callable[[int, str, int], int]
"""Opens (directory descriptor, relative path, flags) without following any link; gives a descriptor or `OSError`."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_UNSUPPORTED = (errno.ENOSYS, errno.EPERM, errno.EINVAL)


class Place(NamedTuple):
    """A name in an open directory beneath the root; closes the directory when left."""

    parent: int
    """Descriptor of the directory."""
    name: str
    path: str
    """Relative to the root, without links."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self.parent)


class Root:
    """The directory that everything happens in; holds a descriptor until it is closed."""

    def __init__(self, given: str, path: str, descriptor: int, opener: Opener) -> None:
        self.given = given
        self.path = path
        """The real path, for people and for watching; files are opened beneath the descriptor."""
        self.descriptor = descriptor
        status = os.fstat(descriptor)
        self.identity = (status.st_dev, status.st_ino)
        """Device and inode: tells two directories apart that had the same name in turn."""
        self._open_strictly = opener
        self._git_directories = git_directories(path)

    @classmethod
    def open(cls, path: str | Path, opener: Opener | None = None) -> Self:
        """Open an existing directory as the root; `WorkspaceError` where that fails."""
        given = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps `..`
        real = os.path.realpath(given)
        refuse_git_root(real)
        descriptor = _open_root(real)
        return cls(given, real, descriptor, opener or choose_opener(descriptor))

    def _outside_git(self, path: str) -> str:
        """Give a relative path back; `PathRefused` where git owns it: by its name, or by what leads to it."""
        refuse_git(path)
        folded = f"{path.casefold()}/"
        if any(folded.startswith(f"{directory}/") for directory in self._git_directories):
            raise PathRefused(f"{path} is inside the git directory of this workspace, which copydesk does not touch.")
        return path

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def relative(self, name: str) -> str:
        """Give a name as a path relative to the root, `.` for the root itself, without looking at the disk.

        Takes relative names, and absolute ones under the root as it was given or as it really is. `PathRefused`
        for whatever leaves the root, holds NUL, or has a component that some system takes for `.git`.
        """
        _check_characters(name)
        parts = self._parts_below(name) if name.startswith("/") else _normal_parts(name)
        if parts and parts[0] == "..":
            raise PathRefused(f"{name} is outside the workspace {self.path}; use a path relative to it.")
        if len(parts) > DEEPEST:
            raise PathRefused(f"The path is {len(parts):,} levels deep; at most {DEEPEST} are taken.")
        return self._outside_git("/".join(parts) or ".")

    def real_path(self, name: str) -> str:
        """Give the relative path without links that a name leads to, whether something is there or not.

        Links that stay inside are followed, up to 40; `PathRefused` where one leaves, is absolute or leads to `.git`.
        The answer is advice: only `place` and `open_directory` decide what is opened.
        """
        path = self.relative(name)
        # Opening the folder strictly tells that no link is on the way there, or fails.
        with suppress(WorkspaceError):
            if self._read_link(path) is None:
                return path
        return self._follow(path)

    def place(self, path: str) -> Place:
        """Open the directory that holds a relative path without links.

        `FileNotFoundError` where that directory is missing, `WorkspaceError` where it cannot be opened.
        """
        parent, _, name = path.rpartition("/")
        if path == ".":
            raise NotRegularFile(f"{self.path} is the workspace itself, a directory.")
        return Place(self.open_directory(parent or "."), name, path)

    def open_directory(self, path: str) -> int:
        """Open a directory by its relative path without links; the caller closes the descriptor."""
        try:
            return self._open_strictly(self.descriptor, self._outside_git(path), _DIRECTORY)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise refusal(path, error) from error

    def _parts_below(self, name: str) -> list[str]:
        parts = _normal_parts(name)
        for prefix in (_normal_parts(self.given), _normal_parts(self.path)):
            if parts[: len(prefix)] == prefix:
                return parts[len(prefix) :]
        hint = self._similar(parts)
        raise PathRefused(
            f"{name} is outside the workspace {self.path}; "
            + (f"did you mean {hint}?" if hint else "use a path relative to it.")
        )

    def _similar(self, parts: list[str]) -> str:
        """Find the longest tail of an outside path that exists in the workspace."""
        for start in range(max(len(parts) - LONGEST_TAIL, 0), len(parts)):
            tail = "/".join(parts[start:])
            try:
                with self.place(tail) as place:
                    os.stat(place.name, dir_fd=place.parent, follow_symlinks=False)
                    return tail
            except (OSError, WorkspaceError):
                continue
        return ""

    def _follow(self, path: str) -> str:
        """Resolve the links of a path one by one, opening only directories without links."""
        pending, done, hops = deque(path.split("/")), list[str](), 0
        while pending:
            part = pending.popleft()
            if part == "..":
                if not done:
                    raise PathRefused(f"{path} leads outside the workspace through a symbolic link.")
                done.pop()
            elif part not in ("", "."):
                here = self._outside_git("/".join([*done, part]))
                target = self._read_link(here)
                if target is None:
                    done.append(part)
                    continue
                hops += 1
                _check_link(path, here, target, hops)
                pending.extendleft(reversed(target.split("/")))
        return "/".join(done) or "."

    def _read_link(self, path: str) -> str | None:
        try:
            with self.place(path) as place:
                return os.readlink(place.name, dir_fd=place.parent)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise refusal(path, error) from error


def open_by_openat2(descriptor: int, path: str, flags: int) -> int:
    """Open beneath a directory in one call to the kernel (Linux 5.6 and later)."""
    return open_beneath(descriptor, path, flags | os.O_NOFOLLOW)


def open_by_walk(descriptor: int, path: str, flags: int) -> int:
    """Open beneath a directory component by component, following no link."""
    current = os.dup(descriptor)
    *parents, last = path.split("/")
    try:
        for part in parents:
            current = _step(current, part, _DIRECTORY)
        return _step(current, last, flags)
    except BaseException:
        os.close(current)
        raise


def choose_opener(descriptor: int) -> Opener:
    """Take the kernel's way where it works here, the walk elsewhere."""
    try:
        os.close(open_by_openat2(descriptor, ".", _DIRECTORY))
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return open_by_walk
        raise
    return open_by_openat2


def refusal(path: str, error: OSError) -> WorkspaceError:
    """Turn what the kernel said about a path into a sentence."""
    match error.errno:
        case errno.ELOOP:
            return PathRefused(f"{path} leads through a symbolic link that cannot be followed safely.")
        case errno.ENOTDIR:
            return NotRegularFile(f"{path} is not a directory.")
        case errno.ENAMETOOLONG:
            return PathRefused(f"{path[:80]}… is too long for a path.")
        case errno.EXDEV:
            return PathRefused(f"{path} is outside the workspace.")
        case _:
            return WorkspaceError(f"{path} cannot be used: {error.strerror}.")


def find_root(start: str | Path, home: str | Path) -> Path:
    """Find the nearest directory with a `.git` entry, from `start` upwards; `start` itself where there is none.

    The entry is looked at, git is not asked. The search ends at `home`, at a mount point, and below a directory of
    another owner than that of `start`.
    """
    first = Path(start).resolve()
    last, owner = Path(home).resolve(), first.lstat().st_uid
    for folder in (first, *first.parents):
        status = folder.lstat()
        if status.st_uid != owner:
            break
        if os.path.lexists(folder / ".git"):
            return folder
        if folder == last or folder.parent.lstat().st_dev != status.st_dev:
            break
    return first


def _open_root(path: str) -> int:
    try:
        return os.open(path, _DIRECTORY)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be opened as a workspace: {error.strerror}.") from error


def _step(current: int, part: str, flags: int) -> int:
    if part == ".." or "/" in part:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), part)
    inner = os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=current)
    os.close(current)
    return inner


def _check_characters(name: str) -> None:
    if not name:
        raise PathRefused("An empty path names no file; give a path relative to the workspace.")
    if "\0" in name:
        raise PathRefused("A path cannot hold a NUL character.")
    try:
        os.fsencode(name)
    except UnicodeEncodeError as error:
        raise PathRefused("A path cannot hold half of a surrogate pair.") from error


def _normal_parts(name: str) -> list[str]:
    normal = posixpath.normpath(name)
    return [part for part in normal.split("/") if part not in ("", ".")]


def _check_link(path: str, link: str, target: str, hops: int) -> None:
    if target.startswith("/"):
        raise PathRefused(f"{link} is a symbolic link to {target}, an absolute path; only relative links are followed.")
    if hops > LINK_LIMIT:
        raise PathRefused(f"{path} goes through more than {LINK_LIMIT} symbolic links.")
