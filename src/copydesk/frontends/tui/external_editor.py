"""Owns the way to the person's own editor: a text or a file is opened in it while our screen stands aside.

Which editor that is was found out where we start; what cannot be done is said in a UsageError. The session goes on
meanwhile, and nothing is drawn.
"""

import asyncio
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from textual.app import App, SuspendNotSupported

from copydesk.domain.display import show
from copydesk.domain.errors import UsageError
from copydesk.frontends.tui.facts import EditorCommand

FALLBACKS: Final = ("nano", "vi")
"""What is looked for where the person named no editor."""
_COLON_EDITORS: Final = frozenset({"hx", "helix", "subl", "zed", "zeditor"})
_GOTO_EDITORS: Final = frozenset({"code", "code-insiders", "codium", "cursor", "windsurf"})


class ExternalEditor:
    """Opens the person's editor on the terminal that the interface gives up for it."""

    def __init__(self, app: App[Any], command: EditorCommand) -> None:
        self._app = app
        self._command = command

    async def edit(self, text: str, name: str = "prompt.md") -> str:
        """Have a text edited and give it as it was saved; `name` tells the editor what kind of text it is.

        UsageError where there is no editor, or it did not end well: the text is to stay as it was then.
        """
        words = self._words()
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="copydesk-"))
        try:
            return await self._edit_in(folder / name, text, words)
        except (OSError, UnicodeError) as error:
            raise UsageError(f"The text cannot be handed to the editor: {error}.") from error
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def open(self, path: str, line: int = 1) -> None:
        """Open a file, relative to the workspace's root, at a line; UsageError where that cannot be done."""
        words = self._words()
        file = Path(self._command.directory, path)
        if not await asyncio.to_thread(file.is_file):
            raise UsageError(f"{show(path)} is not a file any more.")
        await self._run(words, at_line(words, str(file), line))

    async def _edit_in(self, file: Path, text: str, words: Sequence[str]) -> str:
        await asyncio.to_thread(file.write_bytes, text.encode("utf-8", "surrogateescape"))
        await self._run(words, (str(file),))
        edited = (await asyncio.to_thread(file.read_bytes)).decode("utf-8", "surrogateescape")
        # Editors end the last line; where it had no end before, that is none of the person's doing.
        return edited if text.endswith("\n") else edited.removesuffix("\n")

    async def _run(self, words: Sequence[str], arguments: Sequence[str]) -> None:
        try:
            with self._app.batch_update(), self._app.suspend(), _uninterrupted():
                ended = await asyncio.to_thread(_outcome, [*words, *arguments], self._command)
        except SuspendNotSupported as error:
            raise UsageError("An editor cannot be opened here: the screen cannot stand aside.") from error
        if ended:
            raise UsageError(f"{show(Path(words[0]).name)} {ended}; nothing was taken from it.")

    def _words(self) -> tuple[str, ...]:
        try:
            words = tuple(shlex.split(self._command.line))
        except ValueError as error:
            raise UsageError(f"VISUAL or EDITOR cannot be read as a command: {error}.") from error
        found = words or next(((name,) for name in FALLBACKS if _is_there(name, self._command.environment)), ())
        if not found:
            raise UsageError("No editor is known: set VISUAL or EDITOR to the command of yours.")
        return found


def at_line(words: Sequence[str], file: str, line: int) -> tuple[str, ...]:
    """The arguments with which an editor opens a file at a line."""
    program = Path(words[0]).name
    if program in _GOTO_EDITORS:
        return ("--goto", f"{file}:{line}")
    return (f"{file}:{line}",) if program in _COLON_EDITORS else (f"+{line}", file)


def _outcome(command: Sequence[str], surroundings: EditorCommand) -> str:
    """Run the editor to its end (blocking); gives what was wrong, in words that go on from its name."""
    try:
        ended = subprocess.run(
            command, cwd=surroundings.directory, env=dict(surroundings.environment or {}), check=False
        )
    except (OSError, ValueError) as error:
        return f"could not be started: {getattr(error, 'strerror', None) or error}"
    return f"ended with exit code {ended.returncode}" if ended.returncode else ""


def _is_there(name: str, environment: Mapping[str, str]) -> bool:
    return shutil.which(name, path=environment.get("PATH")) is not None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave Ctrl+C to the editor: it is pressed for everything in the foreground, and would end us too."""
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
