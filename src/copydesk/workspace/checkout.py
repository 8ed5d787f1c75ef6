"""Owns looking at the user's repository for the commit that they ask for: where it is, what it and its index hold.

It looks once, and everything is computed from that. It writes into a private directory of its own, never to the
repository; of the programs that the repository names only the filters of line ends and content run.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from copydesk.domain.errors import GitError
from copydesk.workspace.git import Answer, UserGit, checked
from copydesk.workspace.private import make_private

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "reference-transaction", "post-commit")
"""What runs for a commit, in this order."""
_SUBMODULE = 0o160000
"""The mode of its entry."""
_PROGRESS = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "sequencer": "cherry-pick or revert",
    "BISECT_LOG": "bisect",
}
"""What lies in the git directory while something is in progress."""
_PLACES = ("index", "objects", "COMMIT_EDITMSG", *_PROGRESS, *(f"hooks/{hook}" for hook in HOOKS))
_PREFIX = "commit-"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit or an index holds under a path."""

    mode: int
    """As git writes it, such as 0o100755."""
    blob: str
    """Id of the content."""
    tag: str = "H"
    """How `git ls-files -v` marks it: `S` as skipped, `M` as in conflict, in lower case as assumed unchanged."""

    @property
    def is_file(self) -> bool:
        """True for a regular file; links and submodules are none."""
        return stat.S_ISREG(self.mode)


@dataclass(frozen=True, slots=True)
class Checkout:
    """The user's repository as it was when it was looked at."""

    git: UserGit
    """Runs at its top."""
    scratch: Path
    """A directory of our own: the index as it was found lies in it as `index`, and filtered content in `objects`."""
    prefix: str
    """Where the workspace lies in it; empty at its top, else with `/` at the end."""
    algorithm: str
    """Of its object ids: `sha1` or `sha256`."""
    places: dict[str, Path]
    """Paths in its git directory by name."""
    head: str | None
    """The last commit; None before the first."""

    @classmethod
    @contextmanager
    def opened(cls, git: UserGit, scratch: Path) -> Iterator["Checkout"]:
        """Look at the repository around a directory; GitError where there is none, or git refuses to use it."""
        make_private(scratch)
        _sweep(scratch)
        asked = (*(word for place in _PLACES for word in ("--git-path", place)), "--show-object-format")
        names = ("rev-parse", "--path-format=absolute", "--show-toplevel", "--show-prefix", *asked)
        answer = git.run(names, overrides=())
        if answer.status:
            said = answer.complaint.partition("\n")[0]
            raise GitError(f"There is no git repository here that a commit could be made in ({said}).")
        top, prefix, *paths, algorithm = os.fsdecode(answer.output).split("\n")[:-1]
        places = {name: Path(path) for name, path in zip(_PLACES, paths, strict=True)}
        with TemporaryDirectory(prefix=_PREFIX, dir=scratch, ignore_cleanup_errors=True) as directory:
            own = Path(directory)
            _take_index(places["index"], own)
            found = cls(replace(git, directory=top), own, prefix, algorithm, places, None)
            yield replace(found, head=found.current_head())

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that are there and may run."""
        return tuple(hook for hook in HOOKS if _is_program(self.places[f"hooks/{hook}"]))

    @property
    def progress(self) -> str:
        """What is going on in it that a commit would come in the middle of, as git names it; empty for nothing."""
        return next((name for place, name in _PROGRESS.items() if self.places[place].exists()), "")

    def current_head(self) -> str | None:
        """The last commit as of now."""
        answer = self.git.run(("rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
        return answer.output.decode("ascii").strip() if answer.status == 0 else None

    def ask(self, arguments: Sequence[str], stdin: bytes = b"", index: str = "index") -> Answer:
        """Run git with one of our own indexes; paths are from its top, and no pattern is read into them."""
        variables = {"GIT_INDEX_FILE": str(self.scratch / index), "GIT_LITERAL_PATHSPECS": "1"}
        return self.git.run(arguments, stdin, variables)

    def committed(self, paths: Sequence[str]) -> dict[str, Entry]:
        """What the last commit holds under these paths, and where one lies in a submodule, that submodule."""
        if not self.head:
            return {}
        wanted = dict.fromkeys([*paths, *(parent for path in paths for parent in _parents(path))])
        listed = checked(self.ask(("ls-tree", "-z", "--full-tree", self.head, "--", *wanted)), "ls-tree")
        entries = {}
        for line in listed.split(b"\0")[:-1]:
            facts, _, name = line.partition(b"\t")
            mode, kind, blob = facts.decode("ascii").split()
            if kind == "commit" or (kind == "blob" and os.fsdecode(name) in paths):
                entries[os.fsdecode(name)] = Entry(int(mode, 8), blob)
        return entries

    def staged(self, paths: Sequence[str]) -> dict[str, Entry]:
        """What the index held under these paths."""
        listed = checked(self.ask(("ls-files", "-z", "-v", "--stage", "--", *paths)), "ls-files")
        entries = {}
        for line in listed.split(b"\0")[:-1]:
            facts, _, name = line.partition(b"\t")
            tag, mode, blob, stage = facts.decode("ascii").split()
            entries[os.fsdecode(name)] = Entry(int(mode, 8), blob, tag if stage == "0" else "M")
        return entries

    def content(self, blob: str) -> bytes:
        """Read a blob of the repository, or of what was filtered."""
        return checked(self.git.run(("cat-file", "blob", blob), variables=self._aside()), "cat-file")

    def cleaned(self, path: str, contents: Sequence[bytes]) -> list[bytes]:
        """Give what git would keep of each of a file's contents: filters and line ends applied as the user has them."""
        files = [self.scratch / f"content-{number}" for number in range(len(contents))]
        for file, data in zip(files, contents, strict=True):
            file.write_bytes(data)
        command = ("hash-object", "-w", f"--path={path}", "--", *map(str, files))
        blobs = checked(self.git.run(command, variables=self._aside()), "hash-object").decode("ascii").split()
        pairs = zip(contents, blobs, strict=True)
        return [data if blob == self.blob_of(data) else self.content(blob) for data, blob in pairs]

    def ignored(self, paths: Sequence[str]) -> frozenset[str]:
        """Those that git ignores and does not hold."""
        # This command knows no literal paths; a leading `./` keeps a colon from being read as the start of a pattern.
        names = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
        found = {"GIT_INDEX_FILE": str(self.scratch / "index")}
        answer = self.git.run(("check-ignore", "-z", "--stdin"), names, found)
        if answer.status not in (0, 1):
            checked(answer, "check-ignore")
        return frozenset(os.fsdecode(name[2:]) for name in answer.output.split(b"\0") if name)

    def repository_within(self, path: str, committed: Mapping[str, Entry]) -> str | None:
        """The directory on the way to a path that is a repository of its own, on disk or by the last commit."""
        return next(
            (
                p
                for p in _parents(path)
                if (p in committed and committed[p].mode == _SUBMODULE)
                or os.path.lexists(f"{self.git.directory}/{p}/.git")
            ),
            None,
        )

    def blob_of(self, data: bytes) -> str:
        """Git's name of some content."""
        return hashlib.new(self.algorithm, b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()

    def _aside(self) -> dict[str, str]:
        """Have new objects put into our directory, not into the repository."""
        objects = self.scratch / "objects"
        objects.mkdir(exist_ok=True)
        quoted = str(self.places["objects"]).replace("\\", "\\\\").replace('"', '\\"')
        return {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}


def copy_index(source: Path, target: Path) -> None:
    """Copy an index with its time, by which git knows which files it must compare again."""
    target.write_bytes(source.read_bytes())
    status = source.stat()
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _take_index(index: Path, scratch: Path) -> None:
    try:
        with suppress(FileNotFoundError):
            copy_index(index, scratch / "index")
    except OSError as error:
        raise GitError(f"The index of the repository, {index}, cannot be read: {error.strerror}.") from error


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _sweep(scratch: Path) -> None:
    """Remove what killed processes left: no commit takes a day."""
    scratch.touch()
    now = scratch.stat().st_mtime
    for directory in scratch.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if now - directory.stat().st_mtime > _DAY:
                rmtree(directory)
