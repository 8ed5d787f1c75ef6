"""Owns the grammar of the command line: which word is the verb, and which options each verb takes."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from copydesk import __version__
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import SELECTABLE, SERVED, Mode
from copydesk.domain.rules import ActionKind
from copydesk.option_values import a_glob, positive, prices, seconds, share, whole_number

VERBS = {
    "run": "carry out a task without a screen",
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
LATER_VERBS = ("review", "apply", "acp", "doctor")
"""Named in the contract, not part of this version yet."""

EPILOGUES = {
    "rules": """\
  copydesk rules                        every rule, in the order in which they are read
  copydesk rules add deny 'secrets/**'  remember one for this workspace
  copydesk rules add ask '*.sql' --action edit --reason 'show me migrations'
  copydesk rules revoke 3f9a1c          forget it again

The last rule that speaks of an action on a path decides. Your configuration
comes first, then the workspace's own, then what is remembered, then --allow and
--deny. An allow without --action is of edits; a deny or ask is of everything.
A secret is opened only by its own path, never by a pattern, and what is
protected is remembered only so.
""",
    "sessions": """\
  copydesk sessions                     every session, the last used one first
  copydesk sessions list average        those with this word in their line
  copydesk sessions show 20261122-07    what was said and done in one
  copydesk sessions resume 20261122-07  go on with it on the screen
  copydesk sessions export 20261122-07 --format json > session.json
  copydesk sessions delete 20261122-07  remove its record for good

The beginning of an id is enough. A session that another copydesk has open can be
shown, and gone on with in a copy (--fork). Deleting one leaves what it edited in
the history: copydesk history --purge drops that.
""",
    "tool": """\
a line in, and the line that answers it:
  {"id": 1, "input": {"command": "view", "path": "a.py"}}
  {"id": 1, "content": "a.py, lines 1-1 of 1: ...", "is_error": false, "change": null}
"name" beside "input" calls find_files or search_text instead of the editor;
{"describe": true} answers with what the tools are called and what they take.

Mode accept applies edits, plan refuses them. Nobody can be asked, so what is
protected, such as a secret, is refused unless --allow names it. What was
applied, copydesk rollback takes back.
""",
    "mcp": """\
Each command of the editor is a tool, with find_files and search_text beside
them. The messages go over standard input and output, so a client starts it:
  {"command": "copydesk", "args": ["mcp", "--root", "/path/of/the/workspace"]}
It needs the extra: pip install 'copydesk[mcp]', in a clone pip install '.[mcp]'.

Mode ask shows each edit in a form of the client's, and refuses it where the
client has no forms; accept applies edits, plan refuses them. What is protected,
such as a secret, is asked about in mode accept too, unless --allow names it.
What was applied, copydesk rollback takes back.
""",
}
"""What the help of a verb ends with, as it is laid out."""

EPILOG = "Without a verb the screen opens; a first word that is no verb is the prompt (`--` forces that)."


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


def _awaits_value(argument: str) -> bool:
    """True for an option of any verb that takes the next argument; parsers are built only where one stands first."""
    return any(parser_for(verb).awaits_value(argument) for verb in ("", *VERBS))


def parser_for(verb: str) -> Parser:
    """The parser of one verb."""
    parser = Parser(
        prog=f"copydesk {verb}".strip(),
        description=VERBS.get(verb, "A coding assistant for the terminal whose every edit crosses your desk."),
        epilog=EPILOGUES.get(verb) if verb else f"verbs: {_list_verbs()}. {EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter if verb in EPILOGUES else argparse.HelpFormatter,
        allow_abbrev=False,
    )
    _add_common(parser)
    match verb:
        case "":
            _add_session(parser, "the first task", "the same as `copydesk run`", SELECTABLE)
        case "run":
            # `-p` stands for this verb, so the arguments that hold it come here as they are.
            task = "the task; standard input is added where it delivers"
            _add_session(parser, task, argparse.SUPPRESS, [mode.value for mode in Mode])
            _add_decisions(parser)
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
    return parser


def _add_session(parser: Parser, prompt: str, print_help: str, modes: Sequence[str]) -> None:
    parser.add_argument("prompt", nargs="*", help=prompt)
    _add_accessible(parser)
    parser.add_argument("-p", "--print", action="store_true", help=print_help)
    _add_model(parser)
    _add_edits(parser, modes)
    _add_run(parser)


def _add_accessible(parser: Parser) -> None:
    text = "plain text that is only appended to, and typed words; no colours, timers or cursor moves (ACCESSIBLE too)"
    parser.add_argument("--accessible", action="store_true", help=text)


def _list_verbs() -> str:
    return ", ".join(f"{name} ({text})" for name, text in VERBS.items())


def _add_common(parser: Parser) -> None:
    parser.add_argument("-C", "--root", metavar="DIR", help="the workspace (default: the repository around here)")
    parser.add_argument("--config", metavar="FILE", help="read this configuration instead of the person's own")
    parser.add_argument(
        "--color", choices=["auto", "always", "never"], default="auto", help="of diffs; NO_COLOR works too"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say what each request used and how long was thought"
    )
    parser.add_argument("--version", action="version", version=f"copydesk {__version__}")


def _add_model(parser: Parser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument("--model", metavar="M", help="a model id (COPYDESK_MODEL, ANTHROPIC_MODEL)")
    group.add_argument("--effort", metavar="LEVEL", help="low, medium, high, xhigh or max, as the model takes")
    group.add_argument("--thinking", choices=["on", "off", "auto"], help="auto: as the model is best used")
    group.add_argument("--max-tokens", type=whole_number(1), metavar="N", help="the most that one reply may take")
    _add_tool(group)
    group.add_argument("--beta", action="append", default=[], metavar="NAME", help="a beta of the API; repeatable")
    group.add_argument("--timeout", type=seconds, default=600.0, metavar="S", help="seconds without a sign of life")
    group.add_argument(
        "--max-retries", type=whole_number(0), default=4, metavar="N", help="how often a failed request is sent again"
    )
    for name, read in (("--temperature", share), ("--top-p", share), ("--top-k", whole_number(0))):
        group.add_argument(name, type=read, metavar="N", help="of sampling, for models that still take it")
    group.add_argument("--env-file", metavar="F", help="read credentials from this file")
    group.add_argument("--system-prompt-file", metavar="F", help="take the system prompt from this file")
    group.add_argument("--append-system-prompt", default="", metavar="TEXT", help="add this to the system prompt")


def _add_tool(group: argparse._ActionsContainer) -> None:
    group.add_argument("--tool-version", default="auto", metavar="TYPE", help="a version of the text editor tool")
    group.add_argument("--max-characters", type=whole_number(1), metavar="N", help="how much of a file `view` shows")
    group.add_argument(
        "--no-explore", action="store_true", help="offer the editor only, not find_files and search_text"
    )


def _add_edits(parser: Parser, modes: Sequence[str]) -> None:
    group = parser.add_argument_group("edits")
    group.add_argument("--mode", choices=modes, help="what becomes of edits: plan makes none, accept all")
    _add_rules(group)
    group.add_argument(
        "--trust", action="store_true", help="take in this workspace's AGENTS.md, CLAUDE.md, checks and allow rules"
    )


def _add_decisions(parser: Parser) -> None:
    text = "JSON that decides about edits in the modes ask and review (docs/consent.md)"
    parser.add_argument("--decisions", metavar="FILE", help=text)


def _add_rules(group: argparse._ActionsContainer) -> None:
    for name, text in (("--allow", "turn ask into allow"), ("--deny", "never touch; wins over every other rule")):
        group.add_argument(name, type=a_glob, action="append", default=[], metavar="GLOB", help=text)


def _add_server(parser: Parser, modes: Sequence[str], default: Mode) -> None:
    parser.add_argument("--model", metavar="M", help="take the tool version of this model")
    _add_tool(parser)
    parser.add_argument("--mode", choices=modes, help=f"what becomes of edits (default: {default})")
    _add_rules(parser)


def _add_run(parser: Parser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument("--prompt-file", metavar="F", help="take the task from this file")
    group.add_argument("--max-steps", "--max-turns", type=whole_number(1), metavar="N", help="model calls")
    group.add_argument("--max-cost", "--max-budget-usd", type=positive, metavar="USD", help="stop at this price")
    group.add_argument(
        "--price", type=prices, metavar="IN/OUT", help="USD per million tokens, for a model whose price is unknown"
    )
    group.add_argument("--max-time", type=seconds, metavar="SECONDS", help="stop after so long")
    group.add_argument("--expect-changes", action="store_true", help="exit 6 if nothing was changed")
    group.add_argument(
        "--commit", nargs="?", const="", metavar="MESSAGE", help="commit what was edited, if all is done (runs hooks)"
    )
    group.add_argument("--commit-anyway", action="store_true", help="commit during a merge, rebase or the like, too")
    session = group.add_mutually_exclusive_group()
    session.add_argument("-c", "--continue", dest="continues", action="store_true", help="go on with the last session")
    session.add_argument("-r", "--resume", metavar="ID", help="go on with this session")
    group.add_argument("--fork", action="store_true", help="with --resume or --continue: go on with a copy of it")
    session.add_argument("--no-session", action="store_true", help="leave no record (the History stays)")
    group.add_argument("--record", metavar="FILE", help="record the traffic with the API")
    group.add_argument("--replay", metavar="FILE", help="replay recorded traffic instead of calling the API")
    _add_output(group)
    group.add_argument(
        "--include-partial-messages", action="store_true", help="with stream-json: replies as they come, too"
    )


def _add_output(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--output-format",
        choices=["text", "json", "stream-json"],
        default="text",
        help="what standard output gets: the answer, one JSON object, or one for each event",
    )


def _add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


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
    parser.add_argument("--model", metavar="M", help="play it with the tool version of this model")
    parser.add_argument("--scenario", choices=SCENARIOS, default="debug", help="what is played")
    _add_accessible(parser)
    _add_output(parser)
    parser.add_argument("--keep", metavar="DIR", help="play in this new directory and leave it there")
