"""Owns the proof that a kill at any moment loses no proposal that was gathered, and that a full disk spoils none.

A process gathers one proposal after the other and says so after each; it is killed, and the next one goes on where it
was. COPYDESK_CAMPAIGN=N kills N processes instead of a few.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest

from copydesk.domain.errors import GitError, HistoryError
from tests.overlay_desk import OverlayDesk

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
ROOT = Path(__file__).parents[2]
LONGEST_WAIT = 0.04
"""Seconds after a proposal was gathered: two more take about as long."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator may do this")


def edit(number: int) -> dict[str, bytes | None]:
    """What proposal `number`, from 1, does: to one of three files, now and then to two of them."""
    paths = {f"file{number % 3}", f"file{number * number % 3}"}
    return dict.fromkeys(sorted(paths), b"%d\n" % number * 1000)


def expected(number: int) -> dict[str, bytes | None]:
    """What the overlay shows after so many."""
    shown: dict[str, bytes | None] = {}
    for done in range(1, number + 1):
        shown |= edit(done)
    return shown


def gather_until_killed(folder: Path) -> None:
    desk = OverlayDesk(folder)
    for number in count(len(desk.overlay.proposals) + 1):
        desk.propose(edit(number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def killed_after(folder: Path, gathered: int, seconds: float) -> int:
    """Let a process gather so many, and kill it so much later; gives the number of the last that it told of."""
    command = [sys.executable, "-m", "tests.integration.test_overlay_crash", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(gathered)]
        time.sleep(seconds)
        process.kill()
        told += process.stdout.readlines()
    return int([line for line in told if line.endswith("\n")][-1])


@pytest.mark.timeout(3600 if CAMPAIGN else 60)
def test_gathered_proposals_are_there_when_the_process_was_killed(tmp_path: Path) -> None:
    random = Random(1)
    for _ in range(CAMPAIGN or 6):
        told = killed_after(tmp_path, random.randint(1, 4), random.uniform(0, LONGEST_WAIT))
        desk = OverlayDesk(tmp_path)
        kept = [one.proposal for one in desk.overlay.proposals]
        assert len(kept) in (told, told + 1)
        assert kept == [f"p{number}" for number in range(1, len(kept) + 1)]
        assert desk.shown() == expected(len(kept))
        assert desk.contents() == {}
    git = ["git", f"--git-dir={desk.store}", "fsck", "--strict", "--no-dangling", "--no-progress"]
    assert subprocess.run(git, check=True, capture_output=True, timeout=60).stdout == b""


@as_root
def test_former_state_holds_when_the_disk_is_full(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(tmp_path)], check=True)
    try:
        desk = OverlayDesk(tmp_path)
        while (kept := len(desk.overlay.proposals)) < 100:
            with suppress(GitError, HistoryError):
                desk.propose({"file": os.urandom(4000), f"file{kept}": b"x"})
            if len(desk.overlay.proposals) == kept:
                break
        assert 2 < kept < 100
        assert desk.shown(desk.load()) == desk.shown()
        assert desk.load().proposals == desk.overlay.proposals
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


if __name__ == "__main__":
    gather_until_killed(Path(sys.argv[1]))
