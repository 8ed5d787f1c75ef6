"""Owns the terminal's end of the screen: its answers are no keys, no key is lost, nothing waits for it when it is gone.

Textual does the rest. A write that fails is forgotten: whoever would have read it is gone too.
"""

import os
import selectors
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from copydesk.frontends.tui.terminal.terminal_answers import TerminalAnswers

if TYPE_CHECKING:
    from copydesk.frontends.tui.terminal.app import TerminalApp

CHUNK = 1 << 16
EARLY_SECONDS, EARLY_TICK_SECONDS = 2.0, 0.01
"""How long what is typed waits at most for something that takes it, and how often the thread looks."""
TICK_SECONDS = 0.1
"""How often the thread looks whether it is to end, and an escape turns out to be a key."""


class LastingFile:
    """The terminal to write to; where it cannot be written, nothing happens."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write a text, or forget it."""
        with suppress(OSError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Have written what was taken, or forget it."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """The descriptor of the terminal."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """As of the file."""
        return self._file.isatty()


class DeskDriver(LinuxDriver):
    """The driver of the desk."""

    def __init__(self, app: "TerminalApp", **options: Any) -> None:
        super().__init__(app, **options)
        self._file = cast(Any, LastingFile(cast(IO[str], self._file)))
        self._early: list[Message] | None = []
        """What was typed before something could take it; None since then."""
        self._latest = self._loop.time() + EARLY_SECONDS

    def _get_terminal_size(self) -> tuple[int, int]:
        """The size of the terminal that is drawn on; Textual asks standard output, which may lead to a file."""
        with suppress(OSError):
            if not os.isatty(1) and self._file is not None:
                return os.get_terminal_size(self._file.fileno())
        return super()._get_terminal_size()

    def send_message(self, message: Message) -> None:
        """Hand over what came in; what was typed before there is a prompt on the screen waits for it."""
        if self._early is not None and isinstance(message, events.InputEvent | events.Paste):
            self._early.append(message)
        else:
            super().send_message(message)

    def run_input_thread(self) -> None:
        """Read what is typed until the screen closes, or until the terminal is gone."""
        parser, answers = XTermParser(), TerminalAnswers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(EARLY_TICK_SECONDS if self._early else TICK_SECONDS):
                    data = self._read()
                    if not data:
                        self._loop.call_soon_threadsafe(cast("TerminalApp", self._app).lose_terminal)
                        return
                    if typed := answers.feed(decode(data)):
                        for event in parser.feed(typed):
                            self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
                if self._early is not None and self._are_keys_taken:
                    waiting, self._early = self._early, None
                    for message in waiting:
                        self.send_message(message)

    @property
    def _are_keys_taken(self) -> bool:
        """Whether something has the focus by now; looked at from the thread, which changes nothing."""
        screens = self._app.screen_stack
        return bool(screens and screens[-1].focused) or self._loop.time() > self._latest

    def _read(self) -> bytes:
        """What is there; nothing where the terminal is gone."""
        try:
            return os.read(self.fileno, CHUNK)
        except OSError:
            return b""
