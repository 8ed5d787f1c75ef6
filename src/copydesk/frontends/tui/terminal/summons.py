"""Owns how a person who looks elsewhere is called back: when a decision waits, or a long turn has ended.

Nothing is sent while the terminal is in focus, and nothing at all where it was switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.timer import Timer

if TYPE_CHECKING:
    from copydesk.domain.transcript import Transcript

LONG_SECONDS = 20.0
"""A turn that ran longer is announced when it ends."""
WAYS = ("bell", "osc9", "osc777", "off")
"""The terminal's bell, a notification of the desktop as one of two kinds of terminals take it, or nothing."""


class Summons:
    """Follows a session, and calls once for each thing that wants the person."""

    def __init__(self, app: App[Any], way: str, write: Callable[[str], None]) -> None:
        """`write` sends to the terminal as it is."""
        self._app = app
        self._way = way
        self._write = write
        self._waiting: tuple[str, ...] = ()
        self._is_long = False
        self._timer: Timer | None = None

    def follow(self, transcript: Transcript) -> None:
        """Take note of what the session is doing."""
        waiting = tuple(card.digest for card in transcript.waiting)
        if set(waiting) - set(self._waiting):
            self._call("A decision waits.")
        self._waiting = waiting
        if transcript.is_busy and self._timer is None:
            self._timer = self._app.set_timer(LONG_SECONDS, self.grow_long)
        elif not transcript.is_busy and self._timer is not None:
            self._timer.stop()
            self._timer = None
            if self._is_long:
                self._call("The turn has ended.")
            self._is_long = False

    def grow_long(self) -> None:
        """From now on the turn that runs is a long one."""
        self._is_long = True

    def _call(self, sentence: str) -> None:
        if self._app.app_focus:
            return
        if self._way == "bell":
            self._app.bell()
        elif sequence := announcement(self._way, sentence):
            self._write(sequence)


def announcement(way: str, sentence: str) -> str:
    """What makes a terminal tell the desktop; empty for a way that does not. The sentence is one of our own."""
    match way:
        case "osc9":
            return f"\x1b]9;copydesk: {sentence}\x07"
        case "osc777":
            return f"\x1b]777;notify;copydesk;{sentence}\x07"
        case _:
            return ""
