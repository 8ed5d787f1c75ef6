"""Owns the start of `history`, `rollback` and `redo`: neither the agent nor a screen is loaded."""

import argparse
from collections.abc import Mapping

from copydesk.assembly.place import Place, open_place
from copydesk.domain.checkpoints import Remedy
from copydesk.frontends.verbs import history
from copydesk.launch.terminal import complain, has_colour, local_time, write_text


def run_history_verb(verb: str, options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`history`, `rollback` and `redo`."""
    place = open_place(options.root, environment)
    output = history.Output(write_text, complain, options.json, has_colour(options.color))
    if verb != "history":
        return _go_back(place, options, output, is_redo=verb == "redo")
    if options.purge is not None or options.export:
        return _look_after(place, options, output)
    return history.run_history(place.applier.history, output, local_time)


def _look_after(place: Place, options: argparse.Namespace, output: history.Output) -> int:
    from copydesk.assembly.upkeep import exporting_repository, history_to_purge
    from copydesk.frontends.verbs.upkeep import PurgeRequest, run_export, run_purge

    if options.export:
        return run_export(place.applier.history, exporting_repository(place), output)
    return run_purge(history_to_purge(place), PurgeRequest(options.purge or None, options.preview), output, local_time)


def _go_back(place: Place, options: argparse.Namespace, output: history.Output, *, is_redo: bool) -> int:
    # A list of the steps is shown without what moves files.
    from copydesk.assembly.door import personal_gate
    from copydesk.frontends.verbs.rollback import RollbackRequest, run_rollback

    request = RollbackRequest(
        options.id or "",
        is_redo,
        options.turn,
        tuple(options.path),
        tuple(options.hunk),
        options.preview,
        Remedy(options.on_conflict),
    )
    return run_rollback(place.applier, personal_gate(place), request, output)
