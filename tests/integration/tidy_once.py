"""Owns the process that a test of retention kills: it tidies up a prepared History, or purges a part of it.

Called as `python -m tests.integration.tidy_once FOLDER OPERATION`; looks at two files that do not exist, so that a
trace shows where the operation begins and ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from copydesk.changes.retention import purge, tidy, to_purge
from copydesk.domain.retention import DAY, Retention
from tests.desk import STARTED
from tests.integration.apply_once import BEGIN, END
from tests.overlay_desk import OverlayDesk

LATER = STARTED + 40 * DAY
RETENTION = Retention(days=30, sessions=2)
SHARED = b"held by an old and by a new session\n" * 200
GOING = {"tidy": {"s1", "s2"}, "purge": {"s2", "s3"}}
"""Operation → the sessions that leave."""


def prepare(folder: Path) -> OverlayDesk:
    """Four sessions, the oldest first; in `s1` an edit waits, since long ago."""
    desk = OverlayDesk(folder)
    desk.write("waiting", b"old\n")
    for number in range(1, 5):
        for turn in "ab":
            desk.edit(f"file{number}", f"{number}{turn}\n".encode() * 500, f"s{number}", turn)
    desk.propose({"waiting": b"new\n"})
    os.utime(desk.store / "refs/overlays/s1", (STARTED, STARTED))
    desk.history.store.pack()
    desk.edit("shared", SHARED, "s2")
    desk.edit("shared", None, "s3")
    desk.edit("file4", SHARED, "s4")
    return desk


def carry_out(desk: OverlayDesk, operation: str) -> None:
    """Tidy up as 40 days later, or purge what touched a file."""
    if operation == "tidy":
        tidy(desk.history, RETENTION, LATER)
    else:
        purge(desk.history, [one.session for one in to_purge(desk.history, "shared")])


if __name__ == "__main__":
    desk = OverlayDesk(Path(sys.argv[1]))
    desk.history.steps()
    os.access(BEGIN, os.F_OK)
    carry_out(desk, sys.argv[2])
    os.access(END, os.F_OK)
