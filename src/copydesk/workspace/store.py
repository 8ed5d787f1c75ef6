"""Owns the private store of copydesk: a bare git repository in the state directory, where the History lies.

Of what refs reach nothing is ever removed, and git removes nothing at all: a git process may live on for a moment when
this one is killed, and must not be able to decide anything then.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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

_LEFTOVERS = (
    *("*.lock", "fast_import_crash_*", "config.new", "copydesk.ref", "refs/**/*.lock"),
    *("objects/**/tmp_*", "objects/**/.tmp-*", "objects/**/*.lock"),
)
"""What killed processes leave; who holds the lock knows that they are nobody's any more."""
_PACKED = "export-"
LOCK = "copydesk.lock"
"""The History's; never removed, or two could hold it."""
_PACK = ("pack-objects", "--quiet", "--revs", "--delta-base-offset")
_PACKING = (
    # Larger ones are kept whole: to look for what two of them share takes longer than anybody waits at an exit.
    ("core.bigFileThreshold", "16m"),
    ("pack.windowMemory", "256m"),
)

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

    def drop(self, name: str) -> None:
        """Remove a ref, durably, if it is there; what it alone reached goes with the next `pack`. Needs the lock."""
        reference = self.directory / _valid_ref(name)
        with self._sentences():
            if reference.exists():
                reference.unlink()
                make_durable(reference.parent)

    def refs(self, folder: str) -> dict[str, str]:
        """Give the refs right in a folder, such as `refs/sessions`: name without the folder → object id.

        HistoryError where one is damaged, so that nothing is ever taken for unreachable because of it.
        """
        with self._sentences():
            place = self.directory / _valid_ref(folder)
            files = sorted(place.iterdir()) if place.is_dir() else ()
            return {file.name: self._read_ref(file) for file in files if _STORE_REF.fullmatch(f"{folder}/{file.name}")}

    def has_ref(self, name: str) -> bool:
        """Tell whether there is a ref of this name; False too where there is no store yet."""
        return (self.directory / _valid_ref(name)).exists()

    def changed_at(self, name: str) -> float:
        """Say when a ref was moved last, in seconds since the epoch."""
        with self._sentences():
            return (self.directory / _valid_ref(name)).stat().st_mtime

    def pack(self) -> None:
        """Put all that refs reach into one pack, durably, and remove everything else. Needs the lock.

        HistoryError or GitError where that fails; at every moment until then the store holds all of it.
        """
        packs = self.directory / "objects" / "pack"
        tips = [tip for folder in sorted((self.directory / "refs").iterdir()) for tip in self._tips(folder)]
        arguments = (*_PACK, "--all", "--non-empty", f"{packs}/pack")
        answer = self._ask(arguments, "".join(f"{tip}\n" for tip in tips).encode("ascii"), _PACKING)
        name = checked(answer, "pack-objects").decode("ascii").strip()
        if tips and not (packs / f"pack-{name}.idx").exists():
            raise HistoryError(f"The history in {self.directory} could not be packed; nothing was removed.")
        with self._sentences():
            make_durable(packs)
            for file in (*_other_packs(packs, name), *self._loose()):
                file.unlink(missing_ok=True)

    @contextmanager
    def packed(self, tips: Iterable[str], known: Iterable[str]) -> Iterator[Path]:
        """Write a pack for another repository: all that is reached from `tips` and not from `known`. Needs the lock."""
        from tempfile import TemporaryDirectory

        with self._sentences():
            folder = TemporaryDirectory(prefix=_PACKED, dir=self.directory)
        with folder as name:
            wanted = "".join([*(f"{tip}\n" for tip in tips), *(f"^{tip}\n" for tip in known)])
            self.run((*_PACK, f"{name}/pack"), wanted.encode("ascii"))
            [pack] = Path(name).glob("*.pack")
            yield pack

    def clear_leftovers(self) -> None:
        """Remove what killed processes left in the store, as far as possible. Needs the lock."""
        from shutil import rmtree

        for folder in self.directory.glob(f"{_PACKED}*"):
            rmtree(folder, ignore_errors=True)
        for file in (file for pattern in _LEFTOVERS for file in self.directory.glob(pattern)):
            if file != self.directory / LOCK:
                with suppress(OSError):
                    file.unlink()

    def disk_sizes(self, names: Iterable[str]) -> list[int]:
        """Give the bytes that objects take on disk, compressed as they are, in one process; 0 for a missing one."""
        lines = "".join(f"{name}\n" for name in names).encode("ascii")
        output = self.run(("cat-file", "--batch-check=%(objectsize:disk)", "--buffer"), lines)
        return [int(line) if line.isdigit() else 0 for line in output.splitlines()]

    def disk_size(self) -> int:
        """Give the bytes that all objects take on disk."""
        with self._sentences():
            return sum(entry.stat().st_size for entry in self._object_files())

    def parts(self) -> tuple[int, int]:
        """Count the loose objects and the packs."""
        with self._sentences():
            return sum(1 for _ in self._loose()), sum(1 for _ in (self.directory / "objects/pack").glob("*.pack"))

    def free_space(self) -> int:
        """Give the bytes that this user may still write to the store's file system."""
        with self._sentences():
            system = os.statvfs(self.directory)
        return system.f_bavail * system.f_frsize

    def is_locked(self) -> bool:
        """Tell whether a process is at work on it at this moment."""
        with self._sentences(), (self.directory / LOCK).open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def tidied_at(self) -> float:
        """Say when `mark_tidied` was called last, in seconds since the epoch; when the store was made, if never."""
        with self._sentences():
            mark = self.directory / "copydesk.tidied"
            return (mark if mark.exists() else self.directory / "config").stat().st_mtime

    def mark_tidied(self) -> None:
        """Remember that now is the last time at which the store was looked after. Needs the lock."""
        with self._sentences():
            (self.directory / "copydesk.tidied").touch(mode=0o600)

    def _tips(self, folder: Path) -> Iterator[str]:
        return (self._read_ref(file) for file in sorted(folder.rglob("*")) if folder.is_dir() and file.is_file())

    def _read_ref(self, file: Path) -> str:
        content = file.read_text("ascii", "replace").strip()
        if not _OBJECT_ID.fullmatch(content):
            name = file.relative_to(self.directory)
            raise HistoryError(f"The history in {self.directory} is damaged: {name} does not name an object.")
        return content

    def _loose(self) -> Iterator[Path]:
        return (self.directory / "objects").glob("[0-9a-f][0-9a-f]/*")

    def _object_files(self) -> Iterator[Path]:
        return (file for file in (self.directory / "objects").rglob("*") if file.is_file())

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
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


def _other_packs(packs: Path, name: str) -> list[Path]:
    """Give the files of all packs but one, each index before its pack: without it nobody looks for the pack."""
    return sorted(file for file in packs.iterdir() if file.name.partition(".")[0] != f"pack-{name}")


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
