"""Owns the verb `history`: what it prints, and where the words of a verb go."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from copydesk.changes import timeline
from copydesk.changes.history import History
from copydesk.domain.checkpoints import HistoryRow
from copydesk.domain.display import show
from copydesk.frontends import present

DONE, CONFLICT = 0, 4


@dataclass(frozen=True, slots=True)
class Output:
    """Where a verb's words go."""

    write: Callable[[str], None]
    """Takes what belongs to standard output, line ends included."""
    tell: Callable[[str], None]
    """Takes what belongs to standard error, a line without its end."""
    as_json: bool = False
    """Standard output is one JSON document."""
    has_colour: bool = False


def run_history(history: History, output: Output, local_time: Callable[[float], str]) -> int:
    """List the steps, newest first; `local_time` writes seconds since the epoch for people. Returns the exit code."""
    rows = timeline.rows(history.steps())
    if output.as_json:
        output.write(json.dumps({"steps": [_document(row) for row in rows]}, indent=2) + "\n")
    elif rows:
        output.write("".join(f"{_line(row, local_time)}\n" for row in rows))
    else:
        output.tell("Nothing was applied in this workspace yet.")
    return DONE


def _document(row: HistoryRow) -> dict[str, Any]:
    counted = {"paths": row.paths, "added": row.added, "removed": row.removed, "state": row.state}
    return {**asdict(row), **counted}


def _line(row: HistoryRow, local_time: Callable[[float], str]) -> str:
    extent = f"+{row.added} {present.MINUS}{row.removed}"
    session = f"{row.session} {row.turn}".rstrip()
    head = f"{row.id}  {local_time(row.at)}  {row.operation:<8}  {row.state:<13}  {extent:>9}"
    return show(f"{head}  {', '.join(row.paths)}  ({session})")
