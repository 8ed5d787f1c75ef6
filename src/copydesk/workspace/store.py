"""Owns the private store of copydesk: a bare git repository in the state directory, where the History lies."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from copydesk.domain.errors import GitError, HistoryError
from copydesk.workspace.git import STORE_DEADLINE, Answer, GitRunner, checked, find_git
from copydesk.workspace.private import make_private

_LARGE_STREAM = 4_000_000
"""Bytes."""
_STORE_OPTIONS = ("--shared=0600", "--initial-branch=none")
_STORE_CONFIGURATION = """\
[core]
\trepositoryformatversion = 0
\tbare = true
\tfilemode = false
\tfsync = loose-object,pack,pack-metadata,reference
\tfsyncMethod = fsync
\tfsmonitor = false
\thooksPath = /dev/null
\tlogAllRefUpdates = false
\tlooseCompression = 1
\tsharedRepository = 0600
[gc]
\tauto = 0
"""

_OBJECT_ID = re.compile(r"[0-9a-f]{40,64}")
_STORE_REF = re.compile(r"refs(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")


class PrivateStore:
    """A bare repository of copydesk's own, without index, work tree, hooks or alternates."""

    def __init__(self, directory: str | Path, runner: GitRunner | None = None) -> None:
        self.directory = Path(directory)
        self._runner = runner or GitRunner(find_git(), STORE_DEADLINE)

    def initialise(self) -> None:
        """Create the store unless it is there, readable by its owner alone; `HistoryError` where that fails."""
        configuration = self.directory / "config"
        try:
            if configuration.is_file() and configuration.read_text("utf-8") == _STORE_CONFIGURATION:
                return
            make_private(self.directory)
            self.run(("init", "--quiet", "--bare", "--template=", "--object-format=sha1", *_STORE_OPTIONS))
            fresh = self.directory / "config.new"
            fresh.touch(mode=0o600)
            fresh.write_text(_STORE_CONFIGURATION, "utf-8")
            fresh.replace(configuration)
        except OSError as error:
            raise self._unkept(error) from error

    def _unkept(self, error: OSError) -> HistoryError:
        return HistoryError(f"The history cannot be kept in {self.directory}: {error.strerror}.")

    def run(self, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        """Run a fixed plumbing command on the store and give its output; `GitError` where it fails."""
        return checked(self._ask(arguments, stdin), arguments[0])

    def fast_import(self, stream: Iterable[bytes]) -> bytes:
        """Import objects and refs in the format of `git fast-import`; gives what its `get-mark` lines asked for.

        Small ones become loose objects. Large ones stay in the pack that they come in: taking them out of it again
        takes twice as long as all the rest. The stream is written to a file first, so it is never whole in memory.
        """
        # What only reads does not load it.
        from tempfile import TemporaryFile

        try:
            with TemporaryFile(dir=self.directory) as spool:
                spool.writelines(stream)
                overrides = (("fastimport.unpackLimit", "1"),) if spool.tell() > _LARGE_STREAM else ()
                spool.seek(0)
                return checked(self._ask(("fast-import", "--quiet"), spool, overrides), "fast-import")
        except OSError as error:
            raise self._unkept(error) from error
        except GitError:
            for report in self.directory.glob("fast_import_crash_*"):
                report.unlink(missing_ok=True)
            raise

    def cat(self, names: Sequence[str]) -> list[bytes | None]:
        """Read objects, named by id or as `commit:path`, in one process; None for each that is not there."""
        if any("\n" in name for name in names):
            raise ValueError("an object name holds a newline")
        lines = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        return list(_batch_contents(self.run(("cat-file", "--batch"), lines), len(names)))

    def ref(self, name: str) -> str | None:
        """Give the object id that a ref holds, None where there is no such ref."""
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", _valid_ref(name))
        answer = self._ask(arguments)
        return answer.output.decode("ascii").strip() if answer.status == 0 else None

    def point(self, name: str, commit: str) -> None:
        """Move a ref to an object, durably and whatever it held; `HistoryError` where that fails.

        No git process does: one may live on for a moment when this one is killed, and decide something then.
        """
        reference, fresh = self.directory / _valid_ref(name), self.directory / "copydesk.ref"
        try:
            with fresh.open("wb") as file:
                file.write(_valid_id(commit).encode("ascii") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            reference.parent.mkdir(parents=True, exist_ok=True)
            fresh.replace(reference)
            make_durable(reference.parent)
        except OSError as error:
            raise self._unkept(error) from error

    def _ask(
        self, arguments: Sequence[str], stdin: bytes | IO[bytes] = b"", overrides: Sequence[tuple[str, str]] = ()
    ) -> Answer:
        return self._runner.run(arguments, {"GIT_DIR": os.fspath(self.directory)}, overrides, stdin)


def make_durable(directory: Path) -> None:
    """Sync the entries of a directory; OSError where that fails."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _batch_contents(output: bytes, count: int) -> Iterator[bytes | None]:
    """Split what `cat-file --batch` prints: a header line for each object, its bytes, a newline."""
    position = 0
    for _ in range(count):
        end = output.index(b"\n", position)
        header, position = output[position:end].split(b" "), end + 1
        if len(header) == 3 and header[2].isdigit():
            size = int(header[2])
            yield output[position : position + size]
            position += size + 1
        else:
            yield None


def _valid_ref(name: str) -> str:
    if not _STORE_REF.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a ref in the store")
    return name


def _valid_id(name: str) -> str:
    if not _OBJECT_ID.fullmatch(name):
        raise ValueError(f"{name!r} is no object id")
    return name
