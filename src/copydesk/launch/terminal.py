"""Owns the standard streams of this process, and the prompt that they may deliver."""

import argparse
import os
import select
import stat
import sys
import time
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

from copydesk.domain.errors import UsageError

COLOURLESS = ("dumb", "vt1", "vt2", "vt52", "xterm-mono", "linux-m")
"""How the names of terminals without colour begin."""
KEYBOARD = "/dev/tty"
"""The terminal of this process, whatever its standard streams are."""
IDLE_PIPE_SECONDS = 2.0
"""How long a pipe on standard input may be silent before we go on without it."""


class Task(NamedTuple):
    """What a run is asked for."""

    words: str
    """The person's own, from the arguments and the prompt file; only here does `@path` give consent."""
    piped: str
    """What standard input delivered, whoever wrote it."""

    @property
    def text(self) -> str:
        """Both, as the model reads them."""
        return "\n\n".join(part for part in (self.words, self.piped) if part)


def prepare_streams() -> None:
    """Make the standard streams usable: a closed one is the null device, and signs without a code are escaped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def silence(stream: TextIO) -> None:
    """Let a stream that cannot be written swallow the rest, which the interpreter flushes when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write_text(text: str) -> None:
    """Write what belongs to standard output, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line of talk; where it cannot be written, work does not stop for it."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def is_terminal() -> bool:
    """Whether a person sits at both ends: keys come from a terminal, and what is drawn goes to one."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def take_keyboard() -> None:
    """Have standard input be the terminal, where it is something else; UsageError where there is none."""
    if os.isatty(0):
        return
    try:
        terminal = os.open(KEYBOARD, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"There is no terminal to take keys from ({error.strerror}).") from error
    os.dup2(terminal, 0)
    os.close(terminal)


def is_accessible(options: argparse.Namespace, environment: Mapping[str, str]) -> bool:
    """Whether the person asks for plain text in place of the screen, by an option or by the environment."""
    return bool(options.accessible) or environment.get("ACCESSIBLE", "") not in ("", "0")


def refuse_dumb(environment: Mapping[str, str]) -> None:
    """UsageError on a terminal that says of itself that it can only append text."""
    if environment.get("TERM") in ("dumb", "unknown"):
        raise UsageError(
            f"The screen needs more than a terminal of the kind {environment['TERM']} can do; copydesk --accessible "
            "talks in plain lines, and `copydesk run` carries out a task."
        )


def has_colour(choice: str) -> bool:
    """Whether standard output gets colour: as chosen, else on a terminal that is not asked to have none."""
    if choice != "auto":
        return choice == "always"
    wants_none = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not wants_none


def settle_colour(choice: str) -> None:
    """Have the screen, which asks the environment, drawn as chosen; without colour where the terminal has none."""
    if choice == "always":
        os.environ.pop("NO_COLOR", None)
    elif choice == "never" or os.environ.get("TERM", "").startswith(COLOURLESS):
        os.environ["NO_COLOR"] = "1"


def local_time(at: float) -> str:
    """Seconds since the epoch as people here write it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def find_prompt(options: argparse.Namespace) -> Task:
    """The task: the person's words, and standard input when it is a pipe that delivers."""
    words = find_words(options)
    task = Task(words, piped_text(waits=not words).strip())
    if not task.text:
        raise UsageError("There is no task: give one as an argument, with --prompt-file, or on standard input.")
    return task


def find_words(options: argparse.Namespace) -> str:
    """What the person asks for in the arguments and in the prompt file; empty where there is neither."""
    parts = [" ".join(options.prompt)]
    if options.prompt_file:
        try:
            parts.append(Path(options.prompt_file).read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise UsageError(f"The prompt file {options.prompt_file} cannot be read: {error.strerror}.") from error
    return "\n\n".join(part.strip() for part in parts if part.strip())


def piped_text(*, waits: bool) -> str:
    """What standard input delivers; an idle pipe is left alone after a moment, a terminal is not read."""
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):
        return ""
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return ""
    chunks = []
    while select.select([descriptor], [], [], IDLE_PIPE_SECONDS)[0]:
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        chunks.append(chunk)
    else:
        if waits and not chunks:
            raise UsageError("There is no task: standard input delivered nothing.")
        complain(f"Standard input delivered nothing for {IDLE_PIPE_SECONDS:g} s; going on with what has come.")
    return b"".join(chunks).decode("utf-8", "replace")
