"""Owns the grammar of the command line: which word is the verb, and which options each verb takes."""

import argparse
from collections.abc import Sequence
from functools import cache
from typing import NoReturn

from copydesk import __version__
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import SELECTABLE, SERVED, Mode
from copydesk.domain.rules import ActionKind
from copydesk.help_texts import EPILOG, EPILOGUES
from copydesk.option_values import a_name, whole_number, words
from copydesk.session_options import add_accessible, add_headless, add_output, add_rules, add_session, add_tool

VERBS = {
    "run": "carry out a task without a screen",
    "batch": "carry out many tasks, each in a copy of its own",
    "review": "review the working tree, a commit, a range, a bundle or a patch, hunk by hunk",
    "apply": "apply a bundle or a patch, all of it or nothing",
    "history": "list the applied changes of this workspace",
    "rollback": "go back to before a change (default: the last)",
    "redo": "take the last rollback back",
    "rules": "list, add and revoke what may be done to which files",
    "sessions": "list, show, resume, export and delete the sessions of this workspace",
    "tool": "serve the text editor tool: a request in JSON a line in, an answer a line out",
    "mcp": "serve the text editor tool over the Model Context Protocol",
    "models": "print what is known of every model",
    "demo": "play the main job offline, on a copy of a small project",
}
SCENARIOS = ("debug", "refactor", "docs", "tests")
"""What the demo can play."""
LATER_VERBS = ("acp", "doctor")
"""Named in the contract, not part of this version yet."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are `UsageError`s."""

    def error(self, message: str) -> NoReturn:
        """Complain in one sentence that names where help is."""
        raise UsageError(f"{self.prog}: {message} ({self.prog} --help tells more).")

    def awaits_value(self, argument: str) -> bool:
        """True for an option, or letters of several, to which the next argument belongs."""
        if argument.startswith("--"):
            return self._takes_value(argument)
        for position, letter in enumerate(argument[1:], 2):
            if self._takes_value(f"-{letter}"):
                return position == len(argument)
        return False

    def _takes_value(self, option: str) -> bool:
        action = self._option_string_actions.get(option)
        return action is not None and action.nargs != 0


def split_verb(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Take the verb out of the arguments: the first word that is one, unless `--` or another word comes before it."""
    is_value = False
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if is_value or argument.startswith("-"):
            is_value = not is_value and _awaits_value(argument)
            continue
        if argument in VERBS:
            return argument, [*arguments[:index], *arguments[index + 1 :]]
        if argument in LATER_VERBS:
            raise UsageError(f"copydesk {argument} is not part of version {__version__} yet.")
        break
    return "", list(arguments)


def read_arguments(verb: str, given: Sequence[str]) -> argparse.Namespace:
    """Read what stands beside a verb; the options of a run that `batch` takes as one value begin with a dash."""
    joined: list[str] = []
    for argument in given:
        if verb == "batch" and joined[-1:] == ["--options"]:
            joined[-1] = f"--options={argument}"
        else:
            joined.append(argument)
    return parser_for(verb).parse_args(joined)


def _awaits_value(argument: str) -> bool:
    """True for an option of any verb that takes the next argument; parsers are built only where one stands first."""
    return any(parser_for(verb).awaits_value(argument) for verb in ("", *VERBS))


def _empty_parser(verb: str) -> Parser:
    return Parser(
        prog=f"copydesk {verb}".strip(),
        description=VERBS.get(verb, "A coding assistant for the terminal whose every edit crosses your desk."),
        epilog=EPILOGUES.get(verb) if verb else f"verbs: {_list_verbs()}. {EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter if verb in EPILOGUES else argparse.HelpFormatter,
        allow_abbrev=False,
    )


@cache
def parser_for(verb: str) -> Parser:
    """The parser of one verb; made once, since making one takes longer than parsing."""
    parser = _empty_parser(verb)
    _add_common(parser)
    _add_own(parser, verb)
    return parser


def _add_own(parser: Parser, verb: str) -> None:
    """What one verb takes beside what all do."""
    match verb:
        case "":
            add_session(parser, "the first task", "the same as `copydesk run`", SELECTABLE)
            add_headless(parser)
        case "run":
            # `-p` stands for this verb, so the arguments that hold it come here as they are.
            task = "the task; standard input is added where it delivers"
            add_session(parser, task, argparse.SUPPRESS, [mode.value for mode in Mode])
            add_headless(parser)
        case "review":
            _add_review(parser)
        case "apply":
            _add_apply(parser)
        case "batch":
            _add_batch(parser)
        case "history":
            _add_history(parser)
        case "models":
            _add_json(parser)
        case "rollback" | "redo":
            _add_going_back(parser, verb)
        case "rules":
            _add_rules_verb(parser)
        case "sessions":
            _add_sessions(parser)
        case "tool":
            _add_server(parser, [str(Mode.PLAN), str(Mode.ACCEPT)], Mode.ACCEPT)
        case "mcp":
            _add_server(parser, SERVED, Mode.ASK)
        case "demo":
            _add_demo(parser)
        case _:
            raise AssertionError(verb)


def _list_verbs() -> str:
    return ", ".join(f"{name} ({text})" for name, text in VERBS.items())


def _add_common(parser: Parser) -> None:
    parser.add_argument("-C", "--root", metavar="DIR", help="the workspace (default: the repository around here)")
    parser.add_argument(
        "--config", type=a_name, metavar="FILE", help="read this configuration instead of the person's own"
    )
    parser.add_argument(
        "--color", choices=["auto", "always", "never"], default="auto", help="of diffs; NO_COLOR works too"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say what each request used and how long was thought"
    )
    parser.add_argument(
        "--debug-file",
        type=a_name,
        metavar="F",
        help="add what the program does to this file, without secrets or file contents",
    )
    parser.add_argument("--version", action="version", version=f"copydesk {__version__}")


def _add_server(parser: Parser, modes: Sequence[str], default: Mode) -> None:
    parser.add_argument("--model", metavar="M", help="take the tool version of this model")
    add_tool(parser)
    parser.add_argument("--mode", choices=modes, help=f"what becomes of edits (default: {default})")
    add_rules(parser)


def _add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def _add_batch(parser: Parser) -> None:
    parser.add_argument("tasks", metavar="TASKS", help="a JSON object a line, with id and prompt; - for standard input")
    parser.add_argument(
        "--output", type=a_name, required=True, metavar="DIR", help="a folder a task; what has ended is left"
    )
    parser.add_argument("--options", type=words, default=[], metavar="TEXT", help="of each run, such as '--max-cost 2'")
    parser.add_argument("--jobs", type=whole_number(1), default=1, metavar="N", help="so many at a time")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only this share of the tasks")
    parser.add_argument(
        "--repositories", type=a_name, metavar="DIR", help="where the clones are that tasks name by repo"
    )
    _add_json(parser)


def _add_review(parser: Parser) -> None:
    parser.add_argument(
        "source",
        nargs="?",
        default="",
        metavar="SOURCE",
        help="a commit, a range, a bundle or patch file, - for a patch on standard input (default: the working tree)",
    )
    parser.add_argument(
        "--comments", type=a_name, metavar="FILE", help="write what was said there (default: standard output)"
    )
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="of the comments (default: text)"
    )
    parser.add_argument(
        "--send",
        type=words,
        nargs="?",
        const=[],
        metavar="OPTIONS",
        help="give the comments to the model, in the session that proposed it if it is kept here; with options of run",
    )
    parser.add_argument(
        "--decisions", type=a_name, metavar="FILE", help="decide by this JSON, without a screen (docs/consent.md)"
    )
    add_rules(parser)
    _add_json(parser)


def _add_apply(parser: Parser) -> None:
    parser.add_argument("source", metavar="BUNDLE", help="a bundle or a patch; - for standard input")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATH[:N,N]", help="only this file, or hunks of it; repeatable"
    )
    parser.add_argument("--preview", action="store_true", help="print the diff, change nothing")
    add_rules(parser)
    _add_json(parser)


def _add_history(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--purge",
        nargs="?",
        const="",
        metavar="PATH",
        help="drop for good what no session uses; with PATH only sessions that changed it (not their records)",
    )
    what.add_argument("--export", action="store_true", help="copy the history into refs/copydesk/ of your repository")
    parser.add_argument("--preview", action="store_true", help="with --purge: say what would go, drop nothing")
    _add_json(parser)


def _add_going_back(parser: Parser, verb: str) -> None:
    parser.set_defaults(id="", turn=False)
    if verb == "rollback":
        parser.add_argument("id", nargs="?", help="a step of `copydesk history` (default: the last applied change)")
        parser.add_argument("--turn", action="store_true", help="go back to before the turn that it belongs to")
    parser.add_argument("--path", action="append", default=[], metavar="P", help="only this file (repeatable)")
    parser.add_argument(
        "--hunk", type=int, action="append", default=[], metavar="N", help="only this hunk, as --preview numbers them"
    )
    parser.add_argument("--preview", action="store_true", help="print the diff, change nothing")
    parser.add_argument(
        "--on-conflict",
        choices=["refuse", "merge", "keep", "restore"],
        default="refuse",
        help="where others changed a file since: move nothing (default), take out only what is rolled back, "
        "leave the file, or overwrite it (which redo takes back)",
    )
    _add_json(parser)


def _add_rules_verb(parser: Parser) -> None:
    parser.add_argument("what", nargs="?", choices=["add", "revoke"], help="what to do; without it they are listed")
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="allow, ask or deny and a pattern; or the id of a rule"
    )
    parser.add_argument(
        "--action",
        action="append",
        default=[],
        choices=list(ActionKind),
        help="of what a new rule speaks; repeatable",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why a new rule is there, for the list")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def _add_sessions(parser: Parser) -> None:
    kinds = ["list", "show", "resume", "export", "delete"]
    parser.add_argument("what", nargs="?", choices=kinds, help="what to do; without it they are listed")
    parser.add_argument("words", nargs="*", metavar="WORD", help="words to look for, or the beginning of an id")
    parser.add_argument("--format", choices=["markdown", "json"], default="markdown", help="what export writes")
    parser.add_argument("--include-secrets", action="store_true", help="export what looks like a key, too")
    parser.add_argument("--fork", action="store_true", help="resume a copy, and leave the session as it is")
    _add_json(parser)


def _add_demo(parser: Parser) -> None:
    parser.add_argument("--run", action="store_true", help="without a screen, also on a terminal")
    parser.add_argument("--review", action="store_true", help="review a proposed change instead, with no model at all")
    parser.add_argument("--model", metavar="M", help="play it with the tool version of this model")
    parser.add_argument("--scenario", choices=SCENARIOS, default="debug", help="what is played")
    add_accessible(parser)
    add_output(parser)
    parser.add_argument("--keep", metavar="DIR", help="play in this new directory and leave it there")
