"""Owns the command line: arguments to a verb, errors to a sentence, results to an exit code.

Front ends are imported only by the verb that needs them; nothing here starts a thread or reads a file.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from copydesk.arguments import read_arguments, split_verb
from copydesk.domain.display import show_lines
from copydesk.domain.errors import CopydeskError, RollbackConflict, UsageError
from copydesk.launch.terminal import complain, is_accessible, prepare_streams, silence, write_text
from copydesk.launch.warming import hold_collection


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    prepare_streams()
    try:
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except UsageError as error:
        _complain(str(error))
        return 2
    except RollbackConflict as error:
        _complain(str(error))
        return 4
    except CopydeskError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone, and needs no sentence.
        silence(sys.stdout)
        return 1
    except OSError as error:
        silence(sys.stdout)
        where = f" ({error.filename})" if error.filename else ""
        _complain(f"The system refused what copydesk cannot do without: {error.strerror or error}{where}.")
        return 1


def _dispatch(arguments: list[str]) -> int:
    if sys.platform == "win32":
        raise UsageError("copydesk does not run on Windows itself; run it inside WSL.")
    verb, rest = split_verb(arguments)
    options = read_arguments(verb, rest)
    if verb == "" and options.print:
        verb = "run"
        options = read_arguments(verb, rest)
    start = _launcher(verb, options)
    if options.debug_file:
        from copydesk.launch.diagnosis import diagnosed

        return diagnosed(start, verb, options, os.environ)
    return start(options, os.environ)


def _launcher(verb: str, options: argparse.Namespace) -> Callable[[argparse.Namespace, Mapping[str, str]], int]:
    """What starts a verb; nothing of the others is loaded."""
    match verb:
        case "models":
            from copydesk.frontends.verbs.models import run_models

            return lambda options, _: run_models(as_json=options.json, write=write_text)
        case "demo":
            from copydesk.launch.demo import run_demo as launch
        case "run":
            from copydesk.launch.run import run_headless as launch
        case "batch":
            from copydesk.launch.batch import run_batch as launch
        case "review":
            from copydesk.launch.review import run_review as launch
        case "apply":
            from copydesk.launch.apply import run_apply_verb as launch
        case "rules":
            from copydesk.launch.rules import run_rules as launch
        case "sessions":
            from copydesk.launch.sessions import run_sessions as launch
        case "tool":
            from copydesk.launch.tool import run_tool as launch
        case "mcp":
            from copydesk.launch.mcp import run_mcp as launch
        case "" if is_accessible(options, os.environ):
            from copydesk.launch.accessible import run_accessible as launch
        case "":
            hold_collection()
            from copydesk.launch.screen import run_screen as launch
        case _:
            from copydesk.launch.history import run_history_verb

            return partial(run_history_verb, verb)
    return launch


def _complain(sentence: str) -> None:
    """Say what is wrong; a sentence may quote a file or an argument, so it is made safe to show."""
    complain(f"copydesk: {show_lines(sentence).removeprefix('copydesk: ')}")
