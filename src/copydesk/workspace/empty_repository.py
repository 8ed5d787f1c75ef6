"""Owns an empty repository in a private directory, through which git looks at other directories.

No setting, hook, ignore rule or index of the user's repository has a say in what it answers. It lasts for one search.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Event

from copydesk.domain.errors import GitError
from copydesk.workspace.git import Answer, GitRunner
from copydesk.workspace.private import make_private

_EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
"""An index names contents; ours are never looked at."""
_PREFIX = "search-"
_HOUR = 3_600.0


class EmptyRepository:
    """Runs git on any directory, and keeps what git is to look at besides."""

    def __init__(self, directory: Path, git: GitRunner, stop: Event) -> None:
        """Fill an empty directory; git is killed soon after `stop` is set."""
        self._directory = directory
        self._git = git
        self._stop = stop
        self._copied = 0
        for part in ("copies", "repository/info", "repository/objects", "repository/refs"):
            (directory / part).mkdir(parents=True)
        # Attributes of the workspace would say which files are not text; what is in them says it better.
        (directory / "repository/info/attributes").write_text("* !diff\n", "ascii")
        (directory / "repository/HEAD").write_text("ref: refs/heads/none\n", "ascii")

    @classmethod
    @contextmanager
    def made_in(cls, scratch: Path, git: GitRunner, stop: Event) -> Iterator["EmptyRepository"]:
        """Make one in a directory that nobody else may enter, and remove it at the end."""
        make_private(scratch)
        _sweep(scratch)
        with TemporaryDirectory(prefix=_PREFIX, dir=scratch) as directory:
            yield cls(Path(directory), git, stop)

    @property
    def copies(self) -> str:
        """The directory of the copies."""
        return str(self._directory / "copies")

    def copy(self, data: bytes) -> str:
        """Put a file among the copies, and give the name that it gets there."""
        self._copied += 1
        name = str(self._copied)
        (self._directory / "copies" / name).write_bytes(data)
        return name

    def fill_index(self, index: str, names: Iterable[str]) -> None:
        """Make an index of files that hold these names, relative to whatever directory it is used with."""
        self._index(index).unlink(missing_ok=True)
        entries = "".join(f"100644 {_EMPTY_BLOB}\t{name}\0" for name in names)
        answer = self.run("/", ("update-index", "-z", "--index-info"), index, os.fsencode(entries))
        if answer.status:
            raise GitError(f"git could not take the files together: {answer.complaint or 'it gave no reason'}.")

    def run(self, tree: str, arguments: Sequence[str], index: str = "none", stdin: bytes = b"") -> Answer:
        """Run git with a directory as its work tree; patterns speak of characters."""
        environment = {
            "GIT_DIR": str(self._directory / "repository"),
            "GIT_INDEX_FILE": str(self._index(index)),
            "GIT_WORK_TREE": tree,
            # Without UTF-8 a dot is a byte, and only ASCII has upper and lower case.
            "LC_ALL": "C.UTF-8",
        }
        return self._git.run(arguments, environment, (), stdin, self._stop)

    def _index(self, name: str) -> Path:
        return self._directory / f"{name}.index"


def _sweep(scratch: Path) -> None:
    """Remove what killed processes left: a search takes seconds, so an hour tells which nobody uses any more."""
    scratch.touch()
    now = scratch.stat().st_mtime
    for directory in scratch.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if now - directory.stat().st_mtime > _HOUR:
                rmtree(directory)


def literal(path: str) -> str:
    """Write a path so that git does not read it as a pattern."""
    return f":(literal){path}"
