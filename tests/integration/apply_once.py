"""Owns the process that a crash test kills: it applies one named operation to a prepared workspace.

Called as `python -m tests.integration.apply_once FOLDER OPERATION`; looks at two files that do not exist, so that a
trace shows where the operation begins and ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.desk import Desk

BEGIN, END = "/begin of the operation", "/end of the operation"

Contents = dict[str, bytes | None]

BEFORE: Contents = {"changed": b"old\n" * 50, "gone": b"gone\n", "deep/other": b"other\n"}
OPERATIONS: dict[str, Contents] = {
    "modify": {"changed": b"new\n" * 60},
    "create": {"made/here/file": b"made\n"},
    "delete": {"gone": None},
    "several": {"changed": b"new\n", "made/file": b"made\n", "gone": None, "deep/other": b"another\n"},
}


def prepare(folder: Path) -> Desk:
    """Make the workspace as it is before, with a first step so that the store is there."""
    desk = Desk(folder)
    for path, data in BEFORE.items():
        desk.write(path, data or b"")
    desk.edit("deep/other", b"changed by a first step\n")
    desk.edit("deep/other", BEFORE["deep/other"])
    return desk


def apply(desk: Desk, operation: str) -> None:
    """Apply an operation as one step."""
    desk.apply([desk.change(path, after) for path, after in OPERATIONS[operation].items()])


if __name__ == "__main__":
    desk = Desk(Path(sys.argv[1]))
    desk.history.steps()
    os.access(BEGIN, os.F_OK)
    apply(desk, sys.argv[2])
    os.access(END, os.F_OK)
