"""Owns the proof that consent holds whatever happens: random sequences of edits, decisions, outside edits and crashes.

Three laws are held against an oracle after each step. Nothing is on disk that nobody let through; nothing is gone that
nobody took away; what the model was told last of a file is what it reads. COPYDESK_CAMPAIGN=N tries N sequences
instead of a few, and kills a process in every hundredth.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from copydesk.changes.applier import Applier
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Step, StepMeta
from copydesk.domain.decisions import Decision
from copydesk.domain.proposals import FileChange
from tests.integration.test_crash import strace_works
from tests.oracle.desk import ConsentDesk, Fault
from tests.oracle.oracle import Truth
from tests.oracle.play import Play
from tests.oracle.play_until_killed import kept

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
SHORT = 50
SEQUENCES = max(CAMPAIGN, SHORT)
SHARD = 50
"""Sequences that share a workspace and its History, which grows with each of them."""
MOST_FOR_A_FAULT = 30
"""Sequences in which a planted fault has to be found."""
KILLS = max(CAMPAIGN // 100, 2)
MOVES = "?renameat2"
"""How a file of the workspace is exchanged."""
RECORDS = "fsync,?rename,?renameat,?symlink,?symlinkat,?unlink,?unlinkat"
RECORDED = ("copydesk.step", "copydesk.ref", "copydesk.overlay", "refs/sessions", "refs/overlays")
"""What makes a step, or the overlay, durable: these calls on these files of the store; what git does is not killed."""
LATEST = 5
"""The process is killed on entry to one of the first so many."""
ROOT = Path(__file__).parents[2]
HAPPENS = (
    *("applied", "partly_applied", "rejected", "stale", "merged", "contradicted", "refused call", "crash", "rollback"),
    *("review applied", "review partly_applied", "review rejected", "stale review", "rebased", "conflict"),
)
"""What every shard of the short form has to come across."""

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(7_200 if CAMPAIGN else 120)]


class LandsEverything(Fault):
    """Whoever says anything but no has said yes to all."""

    shows = "law 1"

    def heard(self, decision: Decision) -> Decision:
        return replace(decision, accepted=True, files=()) if decision.files else decision


class TakesOurs(Applier):
    """Writes over what changed since the edit was computed."""

    def apply(self, changes: Sequence[FileChange], meta: StepMeta, *, after: int | None = None) -> Step:
        found = [FileChange(change.path, self.files.read(change.path), change.after) for change in changes]
        return super().apply([change for change in found if not change.is_void] or changes, meta, after=after)


class RebaseTakesOurs(Fault):
    shows = "law 2"
    applier = TakesOurs


class Forgetful(Overlay):
    """Keeps a file that it ought to let go of."""

    def discard(self, paths: Collection[str], proposals: Collection[str] | None = None) -> None:
        super().discard(list(paths)[1:], proposals)


class DiscardForgetsAPath(Fault):
    shows = "law 3"
    overlay = Forgetful


FAULTS = (LandsEverything(), RebaseTakesOurs(), DiscardForgetsAPath())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: every edit is synced, and the disk's speed is not what is tested."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.mark.parametrize("first_seed", range(0, SEQUENCES, SHARD))
async def test_invariant_1_consent_holds_when_sequences_are_random(first_seed: int, folder: Path) -> None:
    desk, seen = ConsentDesk(folder), Counter[str]()
    for seed in range(first_seed, first_seed + SHARD):
        play = Play(seed, desk)
        report = await play.play()
        assert report is None, report
        desk = play.desk
        seen += play.seen
    assert first_seed >= SHORT or set(HAPPENS) <= set(seen)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_fault_is_found_when_it_is_planted(fault: Fault, folder: Path) -> None:
    desk = ConsentDesk(folder, fault)
    for seed in range(MOST_FOR_A_FAULT):
        report = await Play(seed, desk).play()
        if report and fault.shows in report:
            return
    raise AssertionError(f"{MOST_FOR_A_FAULT} sequences show nothing")


@pytest.mark.skipif(
    not strace_works(),
    reason="the kill on entry to a system call is strace's, which is not installed or may not trace here",
)
async def test_invariant_8_consent_holds_when_the_process_is_killed(folder: Path) -> None:
    random, sides = Random(1), Counter[int]()
    for number in range(KILLS):
        place = folder / str(number)
        place.mkdir()
        play_until_killed(place, number * SHARD, random.choice((MOVES, RECORDS)), random.randint(1, LATEST))
        seed, truths = kept(place)
        desk = ConsentDesk(place)
        holding = [index for index, truth in enumerate(truths) if holds(truth, desk, seed)]
        assert holding, f"seed {seed}: none of {truths}"
        sides[holding[-1]] += 1
        truth = truths[holding[-1]]
        truth.resumes()
        report = await Play(seed, desk, resumed=truth).go_on()
        assert report is None, report
    assert CAMPAIGN == 0 or len(sides) > 1


def play_until_killed(folder: Path, seed: int, calls: str, number: int) -> None:
    kill = ["-e", f"trace={calls}", "-e", f"inject={calls}:signal=SIGKILL:when={number}"]
    if calls == RECORDS:
        kill += [option for name in RECORDED for option in ("-P", str(folder / "store.git" / name))]
    program = [sys.executable, "-m", "tests.oracle.play_until_killed", str(folder), str(seed)]
    command = ["strace", "-f", "-qq", "-o", os.devnull, *kill, *program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr


def holds(truth: Truth, desk: ConsentDesk, seed: int) -> bool:
    """Whether the disk and the overlay are as this has it."""
    overlay = Overlay.load(desk.history.store, desk.files, f"s{seed}")
    shown = {path: image.data.decode() if image else None for path, image in overlay.images().items()}
    waiting = {path: None if w.image is None else "".join(w.image) for path, w in truth.waiting.items()}
    contents = {path: data.decode() for path, data in desk.contents().items() if path.startswith(f"s{seed}/")}
    return shown == waiting and contents == {path: "".join(lines) for path, lines in truth.disk.items()}


def test_oracle_knows_nothing_of_the_program() -> None:
    for name in ("oracle", "told", "author"):
        tree = ast.parse((ROOT / f"tests/oracle/{name}.py").read_text("utf-8"))
        origins = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        origins |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        allowed = {*sys.stdlib_module_names, "tests.oracle.oracle"}
        assert {str(origin) for origin in origins} - allowed - {"collections.abc"} == set(), name
