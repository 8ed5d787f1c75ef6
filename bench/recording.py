"""Owns one thing that the History does, timed from inside a fresh process.

`python -m bench.recording NAME WORKSPACE [COUNT]` prints what one takes on average as JSON: wall and processor seconds,
git's processes included, by how many MiB it raised the peak of the resident size, and where the wall time went.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.operation import content, write_durably
from copydesk.workspace.git import STORE_DEADLINE, Answer, GitRunner

SIZE = 100_000
"""Bytes of the file that is edited."""
EDITS = 20
"""Edits in one measurement."""
NAME = "edited.py"


@dataclass
class Clock:
    """What was measured, in seconds but for `peak`, which is in MiB."""

    wall: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    parts: dict[str, float] = field(default_factory=lambda: {"git": 0.0, "fsync": 0.0, "children": 0.0})
    """Wall time in git's processes, and in our own calls of fsync; processor time of git's processes."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens meanwhile."""
        before, children, processor, peak = time.perf_counter(), _children(), time.process_time(), _peak()
        yield
        self.wall += time.perf_counter() - before
        self.parts["children"] += _children() - children
        self.processor += time.process_time() - processor + _children() - children
        self.peak = max(self.peak, _peak() - peak)

    def over(self, times: int) -> "Clock":
        """The same for one of so many."""
        parts = {name: seconds / times for name, seconds in self.parts.items()}
        return Clock(self.wall / times, self.processor / times, self.peak, parts)


@dataclass(frozen=True)
class TimedGit(GitRunner):
    """A git of which it is known how long each of its processes took."""

    spent: list[float] = field(default_factory=list)
    """Wall seconds of each."""

    def run(self, *given: Any, **named: Any) -> Answer:
        before = time.perf_counter()
        try:
            return super().run(*given, **named)
        finally:
            self.spent.append(time.perf_counter() - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    clock = MEASURED[name](folder, int(sys.argv[3]) if len(sys.argv) > 3 else EDITS)
    print(json.dumps(asdict(clock)))


def write(folder: Path, times: int) -> Clock:
    """Write the file durably, and do no more."""
    clock = Clock()
    for text in versions(times):
        with clock.running():
            write_durably(folder / NAME, text)
            _sync(folder)
    return clock.over(times)


def edit(folder: Path, times: int) -> Clock:
    """Apply and record edits, one after the other."""
    place, clock = open_place(folder), Clock()
    git = timed(place)
    apply(place, {NAME: next(versions(1))})
    git.spent.clear()
    with fsync_timed(clock.parts):
        for text in versions(times):
            change = changes(place, {NAME: text})
            with clock.running():
                apply_changes(place, change)
    clock.parts["git"] = sum(git.spent)
    return clock.over(times)


def preview(folder: Path, files: int) -> Clock:
    """Work out how an edit of so many files is taken back."""
    place, clock = open_place(folder), Clock()
    step = apply(place, texts(files))
    with clock.running():
        planned_return(place, step)
    return clock


def rollback(folder: Path, files: int) -> Clock:
    """Take an edit of so many files back, the plan included."""
    place, clock = open_place(folder), Clock()
    step = apply(place, texts(files))
    with clock.running():
        take_back(place, planned_return(place, step))
    return clock


def planned_return(place: Any, step: Any) -> Any:
    """Plan to go back before a step, with its diffs as people see them."""
    from copydesk.changes.rollback import agree, plan_rollback
    from copydesk.domain.checkpoints import Aim, Answers

    plan = plan_rollback(place.applier.history, place.files, Aim(step.commit))
    assert plan
    agreed = agree(plan, Answers(), "bench")
    assert "".join(diff.to_unified() for diff in agreed.preview.diffs)
    return agreed


def take_back(place: Any, agreed: Any) -> None:
    """Go back as agreed."""
    from copydesk.assembly.door import personal_gate
    from copydesk.changes.rollback import perform

    assert asyncio.run(perform(personal_gate(place), place.applier.history, agreed)).checkpoint


MEASURED: dict[str, Callable[[Path, int], Clock]] = {
    "write": write,
    "edit": edit,
    "preview": preview,
    "rollback": rollback,
}


def versions(times: int) -> Iterator[bytes]:
    """Texts of the file, each with another line changed from the one before."""
    lines = content(SIZE).splitlines(keepends=True)
    start = time.time_ns()
    for number in range(times):
        lines[(number * 7) % len(lines)] = b"changed_%d = %d\n" % (number, start)
        yield b"".join(lines)


def texts(files: int) -> dict[str, bytes]:
    """New texts of so many of the small files of the workspace."""
    return {f"d0/file{number}.py": b"changed = %d\n" % time.time_ns() for number in range(files)}


def open_place(folder: Path) -> Any:
    """Open a workspace whose state lies beside it; what is loaded and made once is loaded and made."""
    from copydesk.assembly.place import open_place

    place = open_place(str(folder), {**os.environ, "COPYDESK_STATE_DIR": f"{folder}.state"})
    apply(place, {"first.txt": b"%d\n" % time.time_ns()})
    return place


def changes(place: Any, after: dict[str, bytes]) -> Sequence[Any]:
    """The changes from what is on disk."""
    from copydesk.domain.proposals import FileChange, FileImage

    found = []
    for path, data in after.items():
        before = place.files.read(path)
        found.append(FileChange(path, before, FileImage(data, before.mode if before else None)))
    return found


def apply(place: Any, after: dict[str, bytes]) -> Any:
    """Write texts as one step."""
    return apply_changes(place, changes(place, after))


def apply_changes(place: Any, after: Sequence[Any]) -> Any:
    """Write changes as one step."""
    from copydesk.changes.steps import Operation, StepMeta

    return place.applier.apply(after, StepMeta(Operation.EDIT, "bench"))


def timed(place: Any) -> TimedGit:
    """Have the History of a place run a git that is timed; gives that."""
    from copydesk.changes.history import History
    from copydesk.workspace.store import PrivateStore

    git = TimedGit(place.git.executable, STORE_DEADLINE)
    place.applier.history = History(PrivateStore(place.state.store, git))
    return git


_sync_file = os.fsync


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def fsync_timed(parts: dict[str, float]) -> Iterator[None]:
    """Add up what our own calls of fsync take."""

    def sync(descriptor: int) -> None:
        before = time.perf_counter()
        _sync_file(descriptor)
        parts["fsync"] += time.perf_counter() - before

    os.fsync = sync
    try:
        yield
    finally:
        os.fsync = _sync_file


if __name__ == "__main__":
    main()
