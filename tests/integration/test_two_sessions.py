"""Owns the proof that two processes on one workspace lose no record and no bytes.

Each edits, goes back and redoes as it likes, in the same files, and says what it wrote. COPYDESK_CAMPAIGN=N lets each
do N operations.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from copydesk.changes.history import History
from copydesk.changes.steps import Operation, Step
from copydesk.domain.errors import RollbackConflict, StaleFile
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk
from tests.integration.test_crash import check_sound

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
ROOT = Path(__file__).parents[2]
PATHS = ("a", "b", "d/c")


def work(folder: Path, session: str, operations: int) -> None:
    """Do so many operations, with a line for each that was applied: its step and the digests of what it wrote."""
    desk, random, mine = Desk(folder), Random(session), list[Step]()
    for number in range(operations):
        try:
            step = operate(desk, session, mine, random, f"{session} {number}\n".encode())
        except (StaleFile, RollbackConflict):
            continue
        if step:
            mine += [step] if step.meta.operation is Operation.EDIT else []
            written = [file.after.blob for file in step.files if file.after]
            sys.stdout.write(json.dumps([step.number, written]) + "\n")


def operate(desk: Desk, session: str, mine: list[Step], random: Random, data: bytes) -> Step | None:
    if mine and random.random() < 0.3:
        return desk.go_back(random.choice(mine[-3:]))
    paths = random.sample(PATHS, random.randint(1, 2))
    changes = [desk.change(path, data if random.random() < 0.8 else None) for path in paths]
    changes = [change for change in changes if change.before or change.after]
    return desk.apply(changes, session) if changes else None


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@pytest.mark.timeout(3600 if CAMPAIGN else 120)
def test_invariant_8_no_record_and_no_bytes_are_lost_when_two_sessions_work_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for path in PATHS:
        desk.edit(path, b"first\n", "s0")
    command = [sys.executable, "-m", "tests.integration.test_two_sessions", str(tmp_path)]
    sessions = [
        subprocess.Popen([*command, name, str(CAMPAIGN or 40)], cwd=ROOT, stdout=subprocess.PIPE)
        for name in ("s1", "s2")
    ]
    told = [json.loads(line) for session in sessions for line in session.communicate(timeout=3000)[0].splitlines()]
    assert [session.returncode for session in sessions] == [0, 0]
    steps = History(PrivateStore(tmp_path / "store.git")).steps()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert {number for number, _ in told} <= {step.number for step in steps}
    assert Counter(number for number, _ in told).most_common(1)[0][1] == 1
    on_disk = {blob(data) for data in desk.contents().values()}
    names = {name for _, written in told for name in written}
    stored = dict(zip(names, desk.history.store.cat(list(names)), strict=True))
    assert {name for name, data in stored.items() if data is None} <= on_disk
    assert len({step.meta.session for step in steps}) == 3
    check_sound(desk.store)


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
