"""Owns the process that a crash test kills: it carries out one named operation in a prepared workspace, or cycles.

Called as `python -m tests.integration.apply_once FOLDER OPERATION`; looks at two files that do not exist, so that a
trace shows where the operation begins and ends, and what it told: an error's sentence, or nothing.
With `cycle` for the operation it edits, goes back and redoes until it is killed.
"""

from __future__ import annotations

import os
import sys
import tempfile  # noqa: F401 - loaded before the operation begins, which loads it
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from copydesk.changes.rollback import refuse
from copydesk.domain.errors import CopydeskError
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
RETURNS = ("rollback", "redo")
"""Of the step `several`."""


def files(contents: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Those that there are."""
    return {path: data for path, data in contents.items() if data is not None}


def sides(operation: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files before and after an operation."""
    before, after = files(BEFORE), files({**BEFORE, **OPERATIONS.get(operation, OPERATIONS["several"])})
    return (after, before) if operation == "rollback" else (before, after)


def prepare(folder: Path, operation: str = "") -> Desk:
    """Make the workspace as it is before an operation, with a first step so that the store is there."""
    desk = Desk(folder)
    for path, data in files(BEFORE).items():
        desk.write(path, data)
    desk.edit("deep/other", b"changed by a first step\n")
    desk.edit("deep/other", BEFORE["deep/other"])
    if operation in RETURNS:
        apply(desk, "several")
    if operation == "redo":
        apply(desk, "rollback")
    return desk


def apply(desk: Desk, operation: str) -> None:
    """Carry out an operation as one step, in this thread, which is the one that is traced."""
    if operation in ("rollback", "redo"):
        agreed = desk.plan(desk.history.steps()[-1]) if operation == "rollback" else desk.plan_redo()
        assert agreed is not None
        refuse(agreed.conflicts)
        desk.applier.apply(agreed.proposal.changes, agreed.meta(), after=agreed.plan.latest)
    else:
        desk.apply([desk.change(path, after) for path, after in OPERATIONS[operation].items()])


def step_to(number: int) -> Contents:
    """What the cycle's edit of this number, from 1, does: it changes, makes and deletes."""
    gone = b"%d\n" % number if number % 2 else None
    return {"a": b"%d\n" % number * 50, f"made/{number}/file": b"made\n" * 400, "gone": gone, "b": b"%d\n" % -number}


def version(number: int) -> dict[str, bytes]:
    """The files after so many of the cycle's edits."""
    contents: Contents = {}
    for done in range(1, number + 1):
        contents |= step_to(done)
    return files(contents)


def cycle(desk: Desk) -> None:
    """Edit, go back, redo, and so on from wherever the one killed before had got to, with a line after each."""
    desk.applier.recover()
    started = int(desk.contents().get("a", b"0").split()[0])
    for number in count(started + 1):
        step = desk.apply([desk.change(path, after) for path, after in step_to(number).items()])
        sys.stdout.write("edited\n")
        sys.stdout.flush()
        desk.go_back(step)
        sys.stdout.write("went back\n")
        sys.stdout.flush()
        desk.redo()
        sys.stdout.write("redid\n")
        sys.stdout.flush()


if __name__ == "__main__":
    desk = Desk(Path(sys.argv[1]))
    desk.history.steps()
    if sys.argv[2] == "cycle":
        cycle(desk)
    os.access(BEGIN, os.F_OK)
    told = ""
    try:
        apply(desk, sys.argv[2])
    except (CopydeskError, OSError) as error:
        told = f": {error}"
    os.access(f"{END}{told}", os.F_OK)
