"""Owns which files there are: those that git tracks, or does not ignore, with the repositories in the workspace.

The user's repository is asked about its own files alone. Where git takes none for it (there is none, it is damaged or
somebody else's), and for repositories in it, the ignore rules are applied without the repository.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from copydesk.domain.errors import GitError
from copydesk.workspace.empty_repository import EmptyRepository, literal
from copydesk.workspace.files import Files
from copydesk.workspace.git import UserRepository
from copydesk.workspace.gitdirs import is_git_name

MOST_REPOSITORIES = 100
"""Repositories that are looked into for one listing."""

_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--")
_SUBMODULE = re.compile(rb"160000 [0-9a-f]+ 0\t([^\0]+)\0")


class Listing:
    """The files of a workspace, by git; GitError where git is missing, fails or takes too long."""

    def __init__(self, files: Files, root: Path, user: UserRepository, own: EmptyRepository, stop: Event) -> None:
        self.is_cut = False
        """True where there are more repositories in the workspace than were looked into."""
        self._files = files
        self._root = root
        self._user = user
        self._own = own
        self._stop = stop

    def paths(self, under: str) -> list[str]:
        """List the files at or below a real path, sorted; some may not exist (any more), or be links."""
        repository = self._repository_of(under)
        listed = self._listed(repository, _within(repository, under))
        listed |= self._unlisted(listed, repository, under)
        return sorted(path for path in listed if not _is_inside_git(path))

    def is_ignored(self, path: str) -> bool:
        """Tell whether the ignore rules leave a real path out."""
        return bool(self._ignored(self._repository_of(path), [path]))

    def _listed(self, repository: str, inside: str) -> set[str]:
        """List what is at or below a path of a repository, and all of the repositories in it."""
        found: set[str] = set()
        pending = [(repository, inside)]
        for _ in range(MOST_REPOSITORIES):
            if not pending:
                return found
            current, below = pending.pop()
            names = [_joined(current, name) for name in self._names(current, (*_LIST, literal(below)))]
            found.update(name for name in names if not name.endswith("/"))
            nested = [name.rstrip("/") for name in names if name.endswith("/")]
            pending += [(name, ".") for name in (*nested, *self._submodules(current, below))]
        self.is_cut = bool(pending)
        return found

    def _submodules(self, repository: str, below: str) -> list[str]:
        if repository != ".":
            return []
        output = self._ask(repository, ("ls-files", "-z", "--stage", "--", literal(below)))
        return [os.fsdecode(name) for name in _SUBMODULE.findall(output)]

    def _unlisted(self, listed: set[str], repository: str, under: str) -> set[str]:
        """What is there but not on disk, where git would find it, by the same ignore rules."""
        new = [path for path in self._files.overlaid() if path not in listed and _is_below(path, under)]
        there = {path for path in new if self._files.kind(path) == "file"}
        return there - self._ignored(repository, sorted(there))

    def _ignored(self, repository: str, paths: Sequence[str]) -> set[str]:
        if not paths:
            return set()
        # A leading `./` keeps a name that starts with a colon from being read as a pattern.
        names = "".join(f"./{_within(repository, path)}\0" for path in paths)
        found = self._names(repository, ("check-ignore", "-z", "--stdin"), os.fsencode(names))
        return {_joined(repository, name.removeprefix("./")) for name in found}

    def _names(self, repository: str, arguments: Sequence[str], stdin: bytes = b"") -> list[str]:
        output = self._ask(repository, arguments, stdin)
        return [name for name in os.fsdecode(output).split("\0") if name]

    def _ask(self, repository: str, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        output = self._ask_user(arguments, stdin) if repository == "." else None
        if output is not None:
            return output
        answer = self._own.run(str(self._root / repository), arguments, stdin=stdin)
        if answer.status not in (0, 1):
            raise GitError(f"git could not list the files: {answer.complaint or 'it gave no reason'}.")
        return answer.output

    def _ask_user(self, arguments: Sequence[str], stdin: bytes) -> bytes | None:
        try:
            answer = self._user.run(arguments, stdin, self._stop)
        except GitError:
            if self._stop.is_set():
                raise
            return None
        return answer.output if answer.status in (0, 1) else None

    def _repository_of(self, path: str) -> str:
        """The nearest directory at or above a path that holds a `.git` of its own, `.` for the root."""
        while path != "." and not os.path.lexists(self._root / path / ".git"):
            path = path.rpartition("/")[0] or "."
        return path


def _is_inside_git(path: str) -> bool:
    # Every spelling of `.git` has these letters, or characters that are not ASCII.
    if path.isascii() and "git" not in path.lower():
        return False
    return any(is_git_name(part) for part in path.split("/"))


def _is_below(path: str, under: str) -> bool:
    return under in (".", path) or path.startswith(f"{under}/")


def _within(repository: str, path: str) -> str:
    return "." if path == repository else path.removeprefix(f"{repository}/")


def _joined(repository: str, name: str) -> str:
    return name if repository == "." else f"{repository}/{name}"
