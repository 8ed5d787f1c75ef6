"""Owns the options of a session: its model, what becomes of its edits, its limits, and what it writes."""

import argparse
from collections.abc import Sequence

from copydesk.option_values import a_glob, a_name, positive, prices, seconds, share, whole_number


def add_session(parser: argparse.ArgumentParser, prompt: str, print_help: str, modes: Sequence[str]) -> None:
    """Everything that the screen and `run` take; `modes` are those that can be chosen there."""
    parser.add_argument("prompt", nargs="*", help=prompt)
    add_accessible(parser)
    parser.add_argument("-p", "--print", action="store_true", help=print_help)
    _add_model(parser)
    _add_edits(parser, modes)
    _add_run(parser)


def add_accessible(parser: argparse.ArgumentParser) -> None:
    """Plain text in place of the screen."""
    text = "plain text that is only appended to, and typed words; no colours, timers or cursor moves (ACCESSIBLE too)"
    parser.add_argument("--accessible", action="store_true", help=text)


def _add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument("--model", metavar="M", help="a model id (COPYDESK_MODEL, ANTHROPIC_MODEL)")
    group.add_argument(
        "--provider",
        choices=["anthropic", "bedrock", "vertex", "aws", "foundry", "google-cloud"],
        default="anthropic",
        help="whose service is asked; of this version anthropic and foundry",
    )
    group.add_argument("--effort", metavar="LEVEL", help="low, medium, high, xhigh or max, as the model takes")
    group.add_argument("--thinking", choices=["on", "off", "auto"], help="auto: as the model is best used")
    group.add_argument("--max-tokens", type=whole_number(1), metavar="N", help="the most that one reply may take")
    add_tool(group)
    group.add_argument("--beta", action="append", default=[], metavar="NAME", help="a beta of the API; repeatable")
    group.add_argument("--timeout", type=seconds, default=600.0, metavar="S", help="seconds without a sign of life")
    group.add_argument(
        "--max-retries", type=whole_number(0), default=4, metavar="N", help="how often a failed request is sent again"
    )
    for name, read in (("--temperature", share), ("--top-p", share), ("--top-k", whole_number(0))):
        group.add_argument(name, type=read, metavar="N", help="of sampling, for models that still take it")
    group.add_argument("--env-file", type=a_name, metavar="F", help="read credentials from this file")
    group.add_argument("--system-prompt-file", type=a_name, metavar="F", help="take the system prompt from this file")
    group.add_argument("--append-system-prompt", default="", metavar="TEXT", help="add this to the system prompt")


def add_tool(group: argparse._ActionsContainer) -> None:
    """What of the editor tool is offered."""
    group.add_argument("--tool-version", default="auto", metavar="TYPE", help="a version of the text editor tool")
    group.add_argument("--max-characters", type=whole_number(1), metavar="N", help="how much of a file `view` shows")
    group.add_argument(
        "--no-explore", action="store_true", help="offer the editor only, not find_files and search_text"
    )


def _add_edits(parser: argparse.ArgumentParser, modes: Sequence[str]) -> None:
    group = parser.add_argument_group("edits")
    group.add_argument("--mode", choices=modes, help="what becomes of edits: plan makes none, accept all")
    add_rules(group)
    group.add_argument(
        "--trust", action="store_true", help="take in this workspace's AGENTS.md, CLAUDE.md, checks and allow rules"
    )


def add_headless(parser: argparse.ArgumentParser) -> None:
    """What only a run without a screen takes: decisions made beforehand, checks, and what is handed over."""
    group = parser.add_argument_group("result, with run or -p")
    group.add_argument(
        "--decisions",
        type=a_name,
        metavar="FILE",
        help="JSON that decides about edits in the modes ask and review (docs/consent.md)",
    )
    group.add_argument(
        "--check", action="append", default=[], metavar="NAME", help="exit 5 unless this check passes; repeatable"
    )
    group.add_argument(
        "--check-command", action="append", default=[], metavar="CMD", help="the same of a command line; repeatable"
    )
    group.add_argument(
        "--fix-rounds", type=whole_number(0), default=0, metavar="N", help="how often the model may mend what fails"
    )
    group.add_argument("--expect-changes", action="store_true", help="exit 6 if nothing was changed")
    group.add_argument(
        "--propose",
        type=a_name,
        metavar="BUNDLE",
        help="leave the workspace as it is, and write what was edited as a bundle",
    )
    group.add_argument(
        "--include-secrets", action="store_true", help="write the bundle although it holds what looks like a key"
    )
    group.add_argument(
        "--patch",
        type=a_name,
        metavar="FILE",
        help="write what was edited as a patch, - to standard output; with --mode review only so",
    )
    group.add_argument(
        "--predictions", type=a_name, metavar="FILE", help="add the patch to this file of SWE-bench predictions"
    )
    group.add_argument("--instance-id", type=a_name, metavar="ID", help="what the prediction answers")


def add_rules(group: argparse._ActionsContainer) -> None:
    """Rules of this run alone."""
    for name, text in (("--allow", "turn ask into allow"), ("--deny", "never touch; wins over every other rule")):
        group.add_argument(name, type=a_glob, action="append", default=[], metavar="GLOB", help=text)


def _add_run(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument("--prompt-file", type=a_name, metavar="F", help="take the task from this file")
    group.add_argument(
        "--attach",
        action="append",
        default=[],
        metavar="FILE",
        help="show the model this image or PDF document with the first prompt; repeatable, in order",
    )
    group.add_argument("--max-steps", "--max-turns", type=whole_number(1), metavar="N", help="model calls")
    group.add_argument("--max-cost", "--max-budget-usd", type=positive, metavar="USD", help="stop at this price")
    group.add_argument(
        "--price", type=prices, metavar="IN/OUT", help="USD per million tokens, for a model whose price is unknown"
    )
    group.add_argument("--max-time", type=seconds, metavar="SECONDS", help="stop after so long")
    group.add_argument(
        "--commit", nargs="?", const="", metavar="MESSAGE", help="commit what was edited, if all is done (runs hooks)"
    )
    group.add_argument("--commit-anyway", action="store_true", help="commit during a merge, rebase or the like, too")
    session = group.add_mutually_exclusive_group()
    session.add_argument("-c", "--continue", dest="continues", action="store_true", help="go on with the last session")
    session.add_argument("-r", "--resume", type=a_name, metavar="ID", help="go on with this session")
    group.add_argument("--fork", action="store_true", help="with --resume or --continue: go on with a copy of it")
    session.add_argument("--no-session", action="store_true", help="leave no record (the History stays)")
    group.add_argument("--record", type=a_name, metavar="FILE", help="record the traffic with the API")
    group.add_argument(
        "--replay", type=a_name, metavar="FILE", help="replay recorded traffic instead of calling the API"
    )
    add_output(group)
    group.add_argument(
        "--include-partial-messages", action="store_true", help="with stream-json: replies as they come, too"
    )


def add_output(group: argparse._ActionsContainer) -> None:
    """The form of standard output."""
    group.add_argument(
        "--output-format",
        choices=["text", "json", "stream-json"],
        default="text",
        help="what standard output gets: the answer, one JSON object, or one for each event",
    )
