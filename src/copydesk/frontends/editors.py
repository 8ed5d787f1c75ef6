"""Owns how the person's own editor is run: which it is, on a text in a private file, or on a file at a line.

It owns no terminal: whoever calls it has given that up before. What cannot be done is said in a UsageError.
"""

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from copydesk.domain.display import show
from copydesk.domain.errors import UsageError

FALLBACKS: Final = ("nano", "vi")
"""What is looked for where the person named no editor."""
_COLON_EDITORS: Final = frozenset({"hx", "helix", "subl", "zed", "zeditor"})
_GOTO_EDITORS: Final = frozenset({"code", "code-insiders", "codium", "cursor", "windsurf"})


@dataclass(frozen=True, slots=True)
class EditorCommand:
    """The person's own editor, as the environment names it."""

    line: str = ""
    """As for a shell; empty where none was named."""
    directory: str = "."
    """Where it is started: the workspace's root."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def words_of(command: EditorCommand) -> tuple[str, ...]:
    """The editor and its options, word by word; UsageError where there is none."""
    try:
        words = tuple(shlex.split(command.line))
    except ValueError as error:
        raise UsageError(f"VISUAL or EDITOR cannot be read as a command: {error}.") from error
    path = command.environment.get("PATH")
    found = words or next(((name,) for name in FALLBACKS if shutil.which(name, path=path)), ())
    if not found:
        raise UsageError("No editor is known: set VISUAL or EDITOR to the command of yours.")
    return found


def edit_text(command: EditorCommand, text: str, name: str = "prompt.md") -> str:
    """Have a text edited and give it as it was saved (blocking); `name` tells the editor what kind of text it is.

    UsageError where it did not end well: the text is to stay as it was then.
    """
    words = words_of(command)
    try:
        with tempfile.TemporaryDirectory(prefix="copydesk-") as folder:
            file = Path(folder, name)
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
            run_editor(command, words, (str(file),))
            edited = file.read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The text cannot be handed to the editor: {error}.") from error
    # Editors end the last line; where it had no end before, that is none of the person's doing.
    return edited if text.endswith("\n") else edited.removesuffix("\n")


def find_file(command: EditorCommand, path: str) -> str:
    """Where a file is that is named relative to the workspace's root (blocking); UsageError where it is none."""
    file = Path(command.directory, path)
    if not file.is_file():
        raise UsageError(f"{show(path)} is not a file any more.")
    return str(file)


def open_file(command: EditorCommand, file: str, line: int) -> None:
    """Open a file at a line (blocking); UsageError where that cannot be done."""
    words = words_of(command)
    run_editor(command, words, at_line(words, file, line))


def at_line(words: Sequence[str], file: str, line: int) -> tuple[str, ...]:
    """The arguments with which an editor opens a file at a line."""
    program = Path(words[0]).name
    if program in _GOTO_EDITORS:
        return ("--goto", f"{file}:{line}")
    return (f"{file}:{line}",) if program in _COLON_EDITORS else (f"+{line}", file)


def run_editor(command: EditorCommand, words: Sequence[str], arguments: Sequence[str]) -> None:
    """Run the editor to its end (blocking); UsageError where that was not a good one."""
    name = show(Path(words[0]).name)
    environment = dict(command.environment or {})
    try:
        ended = subprocess.run([*words, *arguments], cwd=command.directory, env=environment, check=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{name} could not be started: {reason}; nothing was taken from it.") from error
    if ended.returncode:
        raise UsageError(f"{name} ended with exit code {ended.returncode}; nothing was taken from it.")
