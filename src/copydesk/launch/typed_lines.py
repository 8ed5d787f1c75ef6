"""Owns standard input as lines, for the accessible mode: read when they are there, and lent to other programs.

The terminal's own line editing is kept. What a line library draws in its place is made of cursor moves.
"""

import asyncio
import os
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

CHUNK = 1 << 16


class TypedLines:
    """Hands over each line that is typed, without its end, on the event loop's thread."""

    def __init__(self, descriptor: int, hear: Callable[[str], None], end: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._hear = hear
        self._end = end
        self._partial = b""
        self._is_over = False

    async def start(self) -> None:
        """Begin to listen; a file, which no loop can watch, is read at once."""
        try:
            self._watch()
        except PermissionError:
            await asyncio.to_thread(self._read_all)
            self._hand_over()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Leave what is typed to another program."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        try:
            yield
        finally:
            if not self._is_over:
                self._watch()

    def hide(self, is_secret: bool) -> None:
        """Have the terminal not show what is typed, or show it again; where there is no terminal nothing is shown."""
        with suppress(termios.error):
            attributes = termios.tcgetattr(self._descriptor)
            attributes[3] = attributes[3] & ~termios.ECHO if is_secret else attributes[3] | termios.ECHO
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)

    def stop(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._descriptor)

    def _watch(self) -> None:
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, CHUNK)
        except OSError:
            data = b""
        self._partial += data
        self._is_over = not data
        self._hand_over()
        if self._is_over:
            self.stop()

    def _read_all(self) -> None:
        while data := os.read(self._descriptor, CHUNK):
            self._partial += data
        self._is_over = True

    def _hand_over(self) -> None:
        *lines, self._partial = self._partial.split(b"\n")
        if self._is_over and self._partial:
            lines.append(self._partial)
        for line in lines:
            self._hear(line.removesuffix(b"\r").decode("utf-8", "surrogateescape"))
        if self._is_over:
            self._end()
