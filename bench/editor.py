"""Owns what the editor tool's operations cost at each size, against reading or rewriting the same bytes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Cost, Pair
from bench.operation import lines

SIZES = {"1 KB": 1_000, "100 KB": 100_000, "10 MB": 10_000_000, "60 MB": 60_000_000, "100 MB": 100_000_000}
LARGEST_EDIT = 64 * 1024 * 1024
OPERATIONS = {
    "view": "floor read",
    "view range": "floor read",
    "no match": "floor read",
    "str_replace": "floor rewrite",
    "insert": "floor rewrite",
    "create": "floor write",
    "undo": "floor rewrite",
}
"""Each operation and the floor that it is held against."""
ENTRIES = 10_000


def pairs() -> Iterator[Pair]:
    """A pair for each operation and size; edits twice, with the History and without it."""
    for label, size in SIZES.items():
        for name, floor in OPERATIONS.items():
            is_view = name.startswith("view")
            if size > LARGEST_EDIT and not is_view:
                continue
            at_least = partial(run_operation, floor, size)
            yield Pair(f"{name} {label}", floor, partial(run_operation, name, size), at_least)
            if floor != "floor read" and name != "undo":
                measured = partial(run_operation, name, size, records=False)
                yield Pair("  without the History", floor, measured, at_least)
    yield Pair(
        "1,000 edits of 1 KB, pure",
        "floor rewrite",
        partial(run_operation, "pure", 1_000),
        partial(run_operation, "floor rewrite", 1_000),
    )
    yield Pair(
        f"directory of {ENTRIES:,}",
        "floor scan",
        partial(run_operation, "directory", 0),
        partial(run_operation, "floor scan", 0),
    )


def run_operation(name: str, size: int, *, records: bool = True) -> Cost:
    """Run one operation on a fresh file of a size, or on a fresh directory for no size."""
    outside = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
    folder = outside / "w"
    folder.mkdir()
    path = folder / "a.py" if size else folder
    if size:
        with path.open("wb") as file:
            file.writelines(lines(size))
    else:
        for number in range(ENTRIES):
            (folder / f"file{number:05d}.txt").touch()
    command = [sys.executable, "-m", "bench.operation", name, str(path), *([] if records else ["unrecorded"])]
    try:
        answer = subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
    finally:
        shutil.rmtree(outside)
    took = json.loads(answer.stdout)
    return Cost(took["wall"], took["processor"], took["peak"])
