"""Owns how the comments of a review go back to the model: as the next prompt, in the session that made the proposal."""

import argparse
from collections.abc import Mapping

from copydesk.arguments import parser_for
from copydesk.assembly.place import Place
from copydesk.launch.terminal import complain, is_terminal
from copydesk.review.comments import ReviewReport, Verdict, as_message

NAMED = ("-c", "--continue", "-r", "--resume", "--no-session")
"""Options that say in which session the model hears it."""


def refuse_wrong(options: argparse.Namespace) -> None:
    """UsageError for options that could not be sent with, said before anything lands."""
    if options.send is not None:
        parser_for(_verb(options)).parse_args([*options.send, "--", "comments"])


def _verb(options: argparse.Namespace) -> str:
    return "" if is_terminal() and not options.decisions else "run"


def send(
    report: ReviewReport, session: str, options: argparse.Namespace, environment: Mapping[str, str], place: Place
) -> int:
    """Give the model a report that asks for changes; gives the exit code: 10, unless the run came to something worse.

    On a terminal the screen opens with it as the first prompt, else it is a run.
    """
    if report.verdict is not Verdict.CHANGES_REQUESTED or not report.has_words:
        complain("There is nothing to send: no changes were requested in words.")
        return int(report.verdict)
    given = list(options.send)
    if session and (place.state.sessions / f"{session}.jsonl").exists() and not set(given) & set(NAMED):
        given += ["--resume", session]
    verb = _verb(options)
    wanted = parser_for(verb).parse_args(["--root", place.root.path, *given, "--", as_message(report)])
    return _start(verb, wanted, environment) or int(report.verdict)


def _start(verb: str, wanted: argparse.Namespace, environment: Mapping[str, str]) -> int:
    if verb == "run":
        from copydesk.launch.run import run_headless

        return run_headless(wanted, environment)
    from copydesk.launch.screen import run_screen

    return run_screen(wanted, environment)
