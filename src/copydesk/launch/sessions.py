"""Owns the start of `sessions`: neither the model nor, but for resuming, a screen is loaded."""

import argparse
from collections.abc import Mapping

from copydesk.arguments import parser_for
from copydesk.assembly.place import Place, open_place
from copydesk.assembly.shelf import shelf_of
from copydesk.domain.errors import UsageError
from copydesk.engine.shelf import find_journal
from copydesk.frontends.session_files import ExportFormat
from copydesk.frontends.verbs import sessions
from copydesk.frontends.verbs.history import Output
from copydesk.launch.terminal import complain, local_time, write_text


def run_sessions(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`sessions`: list them, show, resume, export or delete one."""
    place = open_place(options.root, environment)
    shelf, output = shelf_of(place), Output(write_text, complain, options.json)
    match options.what, options.words:
        case None | "list", words:
            return sessions.list_sessions(shelf, " ".join(words), output, local_time)
        case "show", [prefix]:
            return sessions.show_session(shelf, prefix, output, local_time)
        case "export", [prefix]:
            wanted, secrets = ExportFormat(options.format), options.include_secrets
            return sessions.export_session(shelf, prefix, wanted, output, local_time, secrets=secrets)
        case "delete", [_, *_] as prefixes:
            return sessions.delete_sessions(shelf, prefixes, output)
        case "resume", [prefix]:
            return _resume(place, options, prefix, environment)
        case what, _:
            ids = "ID..." if what == "delete" else "ID"
            raise UsageError(f"It is copydesk sessions {what} {ids} (copydesk sessions --help tells more).")


def _resume(place: Place, options: argparse.Namespace, prefix: str, environment: Mapping[str, str]) -> int:
    """Open the screen on a session, as `copydesk --resume ID` does."""
    if options.json:
        raise UsageError("A session is resumed on the screen, which prints no JSON.")
    from copydesk.launch.screen import run_screen

    wanted = parser_for("").parse_args(["--resume", find_journal(place.state.sessions, prefix).stem])
    wanted.root, wanted.config, wanted.color, wanted.fork = options.root, options.config, options.color, options.fork
    return run_screen(wanted, environment)
