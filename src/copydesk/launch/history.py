"""Owns the start of `history`, `rollback` and `redo`: neither the agent nor a screen is loaded."""

import argparse
from collections.abc import Mapping

from copydesk.assembly.place import open_place
from copydesk.frontends.verbs import history
from copydesk.launch.terminal import complain, has_colour, local_time, write_text


def run_history_verb(verb: str, options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`history`, `rollback` and `redo`."""
    place = open_place(options.root, environment)
    output = history.Output(write_text, complain, options.json, has_colour(options.color))
    match verb:
        case "history":
            return history.run_history(place.applier.history, output, local_time)
        case "rollback":
            request = history.RollbackRequest(options.id or "", options.turn, options.preview)
            return history.run_rollback(place.applier, request, output)
        case _:
            return history.run_redo(place.applier, output)
