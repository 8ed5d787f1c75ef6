"""Owns the process that the campaign of consent kills: it plays one random sequence after the other.

Called as `python -m tests.oracle.play_until_killed FOLDER SEED`; writes down before each step what may be true if
it is killed in it.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from itertools import count
from pathlib import Path

from tests.oracle.desk import ConsentDesk
from tests.oracle.oracle import Truth
from tests.oracle.play import Play

KEPT = "truths"
"""The file beside the workspace that says which sequence is played, and what may be true."""


async def play_on(folder: Path, first_seed: int) -> None:
    """Play until a law is broken."""
    desk = ConsentDesk(folder)
    for seed in count(first_seed):

        def keep(truths: list[Truth], seed: int = seed) -> None:
            fresh = folder / f"{KEPT}.new"
            fresh.write_bytes(pickle.dumps((seed, truths)))
            fresh.replace(folder / KEPT)

        play = Play(seed, desk, keep)
        report = await play.play()
        if report:
            sys.exit(report)
        desk = play.desk


def kept(folder: Path) -> tuple[int, list[Truth]]:
    """The sequence that was played, and what may be true."""
    found: tuple[int, list[Truth]] = pickle.loads((folder / KEPT).read_bytes())
    return found


if __name__ == "__main__":
    asyncio.run(play_on(Path(sys.argv[1]), int(sys.argv[2])))
