"""Owns `history --purge` and `history --export`: what they print and their exit codes.

Decides nothing about what goes or stays: that is `changes.retention`, and `changes.export` for the copy.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from copydesk.changes.export import WARNING, export
from copydesk.changes.history import History
from copydesk.changes.retention import mebibytes, purge, to_purge
from copydesk.domain.display import show
from copydesk.domain.retention import KeptSession
from copydesk.frontends.verbs.history import DONE, Output
from copydesk.workspace.git import UserRepository


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """What the person wants gone."""

    path: str | None = None
    """A file or folder, relative to the root: only sessions that touched it go. None for all."""
    is_preview: bool = False
    """Say what would go, and do nothing."""


def run_purge(history: History, request: PurgeRequest, output: Output, local_time: Callable[[float], str]) -> int:
    """Say which sessions go, and drop them unless that was all that was asked. Returns the exit code.

    `local_time` writes seconds since the epoch for people. HistoryError or GitError where it fails.
    """
    found = to_purge(history, request.path)
    going = [one for one in found if not one.is_live]
    if not output.as_json:
        output.write("".join(f"{_line(one, local_time)}\n" for one in found))
    dropped = purge(history, [one.session for one in going]) if going and not request.is_preview else ()
    outcome = ("preview" if request.is_preview else "done") if going else "nothing"
    if output.as_json:
        rows = [{**asdict(one), "is_gone": one in dropped} for one in found]
        output.write(json.dumps({"outcome": outcome, "sessions": rows}, indent=2) + "\n")
    output.tell(_summary(outcome, going, dropped))
    return DONE


def _line(one: KeptSession, local_time: Callable[[float], str]) -> str:
    waiting = "  edits wait for a review" if one.is_waiting else ""
    live = "  in use: stays" if one.is_live else ""
    return show(f"{one.session}  {local_time(one.used_at)}  {mebibytes(one.size):>12}{waiting}{live}")


def _summary(outcome: str, going: Sequence[KeptSession], dropped: Sequence[KeptSession]) -> str:
    match outcome:
        case "nothing":
            return "There is nothing to drop."
        case "preview":
            return f"Nothing was dropped; {mebibytes(sum(one.size for one in going))} would be free."
        case _:
            kept = len(going) - len(dropped)
            others = f" {kept} came into use meanwhile and stayed." if kept else ""
            return f"Dropped for good: {len(dropped)}, with {mebibytes(sum(one.size for one in dropped))}.{others}"


def run_export(history: History, repository: UserRepository, output: Output) -> int:
    """Copy all sessions into the user's repository. Returns the exit code.

    UsageError where there is none that can take them, HistoryError or GitError where it fails.
    """
    exported = export(history, repository)
    if output.as_json:
        output.write(json.dumps({"moved": exported.moved, "kept": exported.kept}, indent=2) + "\n")
    else:
        output.write("".join(f"{name}\n" for name in exported.moved))
    if exported.moved:
        output.tell(WARNING)
    else:
        output.tell("There is nothing new to export.")
    return DONE
