"""Owns a real terminal for tests: the program in tmux, its keys, and what it shows."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds until a text must be on screen; a machine under load is slow, never wrong."""


class Terminal:
    """One pane of a tmux server of its own."""

    def __init__(self, socket: str) -> None:
        self._tmux = ["tmux", "-L", socket, "-f", "/dev/null"]

    def start(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        given = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        program = f"env -i {given} {shlex.join(command)}"
        self._run("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), program)
        self._run("set-option", "-g", "remain-on-exit", "on")

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    @property
    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def shows(self, *texts: str, gone: str = "") -> str:
        """Wait until the screen holds every text, and not `gone`; gives the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.screen
            if all(text in screen for text in texts) and not (gone and gone in screen):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"{texts} not shown (or {gone!r} is):\n{screen}")
            time.sleep(0.05)

    def stop(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], capture_output=True, check=True, timeout=20).stdout.decode()


@contextmanager
def terminal(
    name: str, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]
) -> Iterator[Terminal]:
    """Run a command in a terminal of a size (columns, rows)."""
    opened = Terminal(name)
    opened.start(command, size, environment)
    try:
        yield opened
    finally:
        opened.stop()
