"""Owns what the History costs: to record an edit, to preview and take back, and in space.

Held against the ways in which git itself could keep a state: `git stash create`, and `git add -A` with `git write-tree`
into a temporary index, which begins as a copy of the user's. Both see only what git would commit.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from bench.measure import Cost, Pair, run_process
from bench.recording import NAME, apply, open_place, texts, versions

FEW, MANY = 100, 50_000
IN_A_DIRECTORY = 100
GOAL = 40.0
"""Milliseconds of processor and fsync above the write itself; wall time, which is shown, holds waiting too."""
EDITS = int(os.environ.get("COPYDESK_BENCH_EDITS", "10000"))
"""Of one file, for its size in the end."""


def pairs() -> Iterator[Pair]:
    """Recording by the size of the repository, then going back by the number of files."""
    for files in (FEW, MANY):
        measured = partial(recorded, "edit", files)
        name = f"edit, {files:,} files"
        yield Pair(name, "write itself", measured, partial(recorded, "write", files))
        yield Pair(name, "git stash create", measured, partial(stashed, files, 1))
        yield Pair(name, "git add, write-tree", measured, partial(added, files, 1))
    yield Pair(
        f"edit, {MANY:,} files", f"edit, {FEW} files", partial(recorded, "edit", MANY), partial(recorded, "edit", FEW)
    )
    for operation in ("preview", "rollback"):
        for count in (1, 100):
            measured = partial(recorded, operation, FEW, count)
            name = f"{operation} of {count}"
            yield Pair(name, "git stash create", measured, partial(stashed, FEW, count))
            yield Pair(name, "git add, write-tree", measured, partial(added, FEW, count))
    yield Pair(
        "rollback of 100, 50,000 f.",
        "git stash create",
        partial(recorded, "rollback", MANY, 100),
        partial(stashed, MANY, 100),
    )


def notes(runs: int) -> Iterator[str]:
    """Say where the time of an edit goes, and what the History of many takes on disk."""
    yield ""
    for files in (FEW, MANY):
        yield _where(files, runs)
    yield f"after {EDITS:,} edits of one file of 100 KB, in MiB:"
    for name, size in (("copydesk", _own_size), ("git stash create", _stash_size), ("git add, write-tree", _tree_size)):
        yield f"  {name:<22} {size()}"


def _where(files: int, runs: int) -> str:
    took = [measure("edit", files) for _ in range(runs)]
    floors = [measure("write", files) for _ in range(runs)]

    def middle(found: Sequence[dict[str, float]], name: str) -> float:
        return statistics.median(one[name] for one in found) * 1000

    wall, git, children, fsync, processor = (
        middle(took, name) for name in ("wall", "git", "children", "fsync", "processor")
    )
    return (
        f"edit, {files:,} files: {wall:.1f} ms: git {git:.1f} ({children:.1f} processor, else fsync), our fsync "
        f"{fsync:.1f}, the rest {wall - git - fsync:.1f}; above the write itself {wall - middle(floors, 'wall'):.1f} "
        f"(goal {GOAL:g}), {processor - middle(floors, 'processor'):.1f} of it processor"
    )


def measure(name: str, files: int, *more: int) -> dict[str, float]:
    """Measure one thing in a fresh process, in the repository of so many files; seconds, and MiB."""
    command = [sys.executable, "-m", "bench.recording", name, str(workspace(files)), *map(str, more)]
    took = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return took | took.pop("parts")


def recorded(name: str, files: int, *more: int) -> Cost:
    """What it costs, on average."""
    took = measure(name, files, *more)
    return Cost(took["wall"], took["processor"], took["peak"])


def stashed(files: int, changed: int) -> Cost:
    """Keep the state of a repository in which so many files are changed, as a stash without a name."""
    folder = change(files, changed)
    return run_process(["git", "-C", str(folder), "stash", "create"])


def added(files: int, changed: int) -> Cost:
    """Keep it as a tree."""
    folder = change(files, changed)
    return run_process(
        ["sh", "-c", TREE], {**os.environ, "GIT_INDEX_FILE": str(folder / ".git/bench.index")}, str(folder)
    )


TREE = 'cp .git/index "$GIT_INDEX_FILE" && git add -A && git write-tree'


def change(files: int, changed: int) -> Path:
    """Change files of a repository: the one of 100 KB, or so many small ones."""
    folder = workspace(files)
    for path, text in {NAME: next(versions(1))}.items() if changed == 1 else texts(changed).items():
        (folder / path).write_bytes(text)
    return folder


@cache
def workspace(files: int) -> Path:
    """Make a repository with so many small files and one of 100 KB, all committed."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-")) / "w"
    for directory in range(0, files, IN_A_DIRECTORY):
        (folder / f"d{directory // IN_A_DIRECTORY}").mkdir(parents=True)
        for number in range(IN_A_DIRECTORY):
            (folder / f"d{directory // IN_A_DIRECTORY}/file{number}.py").write_text(f"x = {directory + number}\n")
    (folder / NAME).write_bytes(next(versions(1)))
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "bench")
    git(folder, "config", "user.email", "bench@localhost")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "all")
    return folder


def git(folder: Path, *arguments: str, stdin: str = "", index: str = "index") -> str:
    """Run git as the user does; gives what it prints."""
    environment = {**os.environ, "GIT_INDEX_FILE": str(folder / ".git" / index)}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, input=stdin, env=environment
    ).stdout.strip()


def fresh() -> Path:
    """A repository of few files that nothing was measured in."""
    return Path(shutil.copytree(workspace(FEW), Path(tempfile.mkdtemp(prefix="copydesk-bench-")) / "w"))


def _own_size() -> str:
    place = open_place(fresh())
    for text in versions(EDITS):
        apply(place, {NAME: text})
    store = place.applier.history.store
    loose = store.disk_size()
    started = time.perf_counter()
    with place.applier.history.locked():
        store.pack()
    return (
        f"{_mebibytes(loose)} loose, {_mebibytes(store.disk_size())} packed, in {time.perf_counter() - started:.1f} s"
    )


def _stash_size() -> str:
    return _kept_by(lambda folder: git(folder, "stash", "create"))


def _tree_size() -> str:
    def tree(folder: Path) -> str:
        git(folder, "add", "-A", index="bench.index")
        return git(folder, "write-tree", index="bench.index")

    return _kept_by(tree)


def _kept_by(keep: Callable[[Path], str]) -> str:
    """Keep each version in git's way; the size of what was added, and of a pack of it."""
    folder = fresh()
    shutil.copy(folder / ".git/index", folder / ".git/bench.index")
    before, names = _size(folder / ".git/objects"), []
    for text in versions(EDITS):
        (folder / NAME).write_bytes(text)
        names.append(keep(folder))
    loose = _size(folder / ".git/objects") - before
    pack = folder.with_name("pack")
    git(folder, "pack-objects", "--quiet", "--revs", "--delta-base-offset", str(pack), stdin="\n".join(names))
    packed = sum(file.stat().st_size for file in folder.parent.glob("pack-*"))
    return f"{_mebibytes(loose)} loose, {_mebibytes(packed)} packed"


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.1f}"
