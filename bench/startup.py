"""Owns the start-up of every verb that talks to no model, against the interpreter that does nothing."""

import os
import sys
import tempfile
from collections.abc import Iterator

from bench.measure import Cost, Pair, run_process

VERBS = (
    ("--version",),
    ("--help",),
    ("models",),
    ("history",),
    ("rollback",),
)


def pairs() -> Iterator[Pair]:
    """One pair for each verb."""
    folder = tempfile.mkdtemp(prefix="copydesk-bench-")
    environment = {**os.environ, "COPYDESK_STATE_DIR": f"{folder}/state"}
    for verb in VERBS:

        def measured(verb: tuple[str, ...] = verb) -> Cost:
            return run_process([sys.executable, "-m", "copydesk", *verb], environment, folder)

        def at_least() -> Cost:
            return run_process([sys.executable, "-c", "pass"], environment, folder)

        yield Pair(f"copydesk {' '.join(verb)}", "python -c pass", measured, at_least)
