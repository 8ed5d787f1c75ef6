"""Owns which checks a run's result is put to: those that the person names, found before anything is paid for."""

import argparse

from copydesk.assembly.checks import checks_of
from copydesk.assembly.place import Place, project_file
from copydesk.config import Config
from copydesk.domain.checks import Check
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import Mode


def checks_for(options: argparse.Namespace, place: Place, config: Config) -> tuple[Check, ...]:
    """What `--check` and `--check-command` name, each once; UsageError for what there is not, or for nothing to check.

    A name is the person's word, so what was only detected in the workspace is run too.
    """
    commands = [_command(number, line) for number, line in enumerate(options.check_command, 1)]
    if options.fix_rounds and not (options.check or commands):
        raise UsageError("--fix-rounds needs something that can fail: name a check with --check or --check-command.")
    if (options.check or commands) and config.mode is Mode.PLAN:
        raise UsageError("Mode plan makes no edits, so there is nothing to check; leave --check out, or the mode.")
    named = [_named(place, config, name) for name in dict.fromkeys(options.check)]
    return (*named, *commands)


def _command(number: int, line: str) -> Check:
    if not line.strip():
        raise UsageError("--check-command needs a command line, not an empty one.")
    return Check("command" if number == 1 else f"command-{number}", line)


def _named(place: Place, config: Config, name: str) -> Check:
    known = checks_of(place, config)
    if check := known.find(name):
        return check
    project = project_file(place)
    if project and not project.is_trusted and any(check.name == name for check in project.config.checks):
        raise UsageError(
            f"The check {name} is declared by the workspace itself, which is not trusted; --trust takes it."
        )
    names = ", ".join(check.name for check in known.all)
    raise UsageError(f"There is no check {name}; " + (f"there are {names}." if names else "this workspace has none."))
