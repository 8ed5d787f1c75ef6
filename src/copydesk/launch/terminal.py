"""Owns the standard streams of this process, and the prompt that they may deliver."""

import argparse
import os
import select
import stat
import sys
import time
from pathlib import Path

from copydesk.domain.errors import UsageError

IDLE_PIPE_SECONDS = 2.0
"""How long a pipe on standard input may be silent before we go on without it."""


def write_text(text: str) -> None:
    """Write what belongs to standard output, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line of talk."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def is_terminal() -> bool:
    """Whether a person sits at both ends: keys come from a terminal, and what is drawn goes to one."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def has_colour(choice: str) -> bool:
    """Whether standard output gets colour: as chosen, else on a terminal that is not asked to have none."""
    if choice != "auto":
        return choice == "always"
    wants_none = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not wants_none


def forbid_colour() -> None:
    """Have the screen, which asks the environment, drawn without colour."""
    os.environ["NO_COLOR"] = "1"


def local_time(at: float) -> str:
    """Seconds since the epoch as people here write it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def find_prompt(options: argparse.Namespace) -> str:
    """The task: from the arguments, a file, and standard input when it is a pipe that delivers."""
    parts = [" ".join(options.prompt)]
    if options.prompt_file:
        try:
            parts.append(Path(options.prompt_file).read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise UsageError(f"The prompt file {options.prompt_file} cannot be read: {error.strerror}.") from error
    parts.append(piped_text(waits=not any(part.strip() for part in parts)))
    prompt = "\n\n".join(part.strip() for part in parts if part.strip())
    if not prompt:
        raise UsageError("There is no task: give one as an argument, with --prompt-file, or on standard input.")
    return prompt


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
        if chunks:
            complain("Standard input stopped delivering; going on with what has come.")
    return b"".join(chunks).decode("utf-8", "replace")
