"""Owns what is offered while a prompt is written: commands after `/`, checks after `!`, files after `@`.

It finds out what is being written and what would go on from it; it draws nothing and reads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from copydesk.config import WHERE_CHECKS_STAND
from copydesk.frontends.tui.commands import Command, commands_like, find_command

if TYPE_CHECKING:
    from copydesk.domain.checks import Check


class Sign(Enum):
    """What a word that can be completed begins with."""

    COMMAND = "/"
    CHECK = "!"
    FILE = "@"


class Word(NamedTuple):
    """What is being written behind a sign."""

    sign: Sign
    start: int
    """Column of the sign."""
    text: str
    """From behind the sign to the cursor."""


class Choice(NamedTuple):
    """One way to go on."""

    text: str
    """What stands behind the sign then."""
    meaning: str = ""
    is_whole: bool = False
    """Nothing has to follow: Enter sends it."""
    label: str = ""
    """How it is listed, where that is not its text."""


class Offer(NamedTuple):
    """What there is to choose from."""

    choices: Sequence[Choice] = ()
    note: str = ""
    """A line below the choices."""


Source = Callable[[str], Offer]
"""Given what is written behind a sign, what there is to choose from; it must not wait for anything."""

_CALL = re.compile(r"!\s*(\S*)")
_FILE_WORD = re.compile(r"(?:^|\s)@([^\s@\"]*)$")


def word_before(line: str, is_first: bool) -> Word | None:
    """The word that is being completed where the cursor stands at the end of this piece of a line."""
    if is_first and re.match(r"/[^/\s]*(\s|$)", line):
        return Word(Sign.COMMAND, 0, line[1:])
    if is_first and re.fullmatch(r"!\S*", line):
        return Word(Sign.CHECK, 0, line[1:])
    found = _FILE_WORD.search(line)
    return Word(Sign.FILE, found.start(1) - 1, found[1]) if found else None


def called_check(prompt: str) -> str | None:
    """The name of the check that a prompt calls, empty for a mere `!`; None for any other prompt."""
    found = _CALL.fullmatch(prompt)
    return found[1] if found else None


def offer_commands(written: str) -> Offer:
    """The commands that fit, or what may be written behind one."""
    name, space, words = written.partition(" ")
    if not space:
        return Offer([_as_choice(command) for command in commands_like(name)])
    command = find_command(name)
    if command is None:
        return Offer()
    fitting = [choice for choice in command.choices if choice.startswith(words.strip())]
    choices = [Choice(f"{name} {choice}", is_whole=True, label=f"/{name} {choice}") for choice in fitting]
    return Offer(choices, "" if choices else f"{command.usage}  {command.meaning}")


def offer_checks(checks: Sequence[Check], written: str) -> Offer:
    """The checks that fit, each with its command."""
    fitting = [Choice(check.name, check.line, is_whole=bool(written)) for check in checks if written in check.name]
    return Offer(fitting, "" if checks else f"No check is declared {WHERE_CHECKS_STAND}.")


def _as_choice(command: Command) -> Choice:
    return Choice(command.name, command.meaning, not command.needs_words, command.usage)
