"""Owns the way to the person's own editor: a text or a file is opened in it while our screen stands aside.

The session goes on meanwhile, and nothing is drawn.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from textual.app import App, SuspendNotSupported

from copydesk.domain.errors import UsageError
from copydesk.frontends.editors import EditorCommand, edit_text, find_file, open_file, words_of

_T = TypeVar("_T")


class ExternalEditor:
    """Opens the person's editor on the terminal that the interface gives up for it."""

    def __init__(self, app: App[Any], command: EditorCommand) -> None:
        self._app = app
        self._command = command

    async def edit(self, text: str, name: str = "prompt.md") -> str:
        """Have a text edited and give it as it was saved; raises UsageError as `edit_text`."""
        return await self._aside(partial(edit_text, self._command, text, name))

    async def open(self, path: str, line: int = 1) -> None:
        """Open a file, relative to the workspace's root, at a line; UsageError where that cannot be done."""
        file = await asyncio.to_thread(find_file, self._command, path)
        await self._aside(partial(open_file, self._command, file, line))

    async def _aside(self, work: Callable[[], _T]) -> _T:
        """Do something that blocks and takes the terminal; UsageError where there is no editor to open."""
        words_of(self._command)
        try:
            with self._app.batch_update(), self._app.suspend(), _uninterrupted():
                # The screen comes back only where nothing is raised meanwhile.
                done = await asyncio.gather(asyncio.to_thread(work), return_exceptions=True)
        except SuspendNotSupported as error:
            raise UsageError("An editor cannot be opened here: the screen cannot stand aside.") from error
        if isinstance(done[0], BaseException):
            raise done[0]
        return done[0]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave Ctrl+C to the editor: it is pressed for everything in the foreground, and would end us too."""
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
