"""Owns the moment for which something has to be on screen before a key can approve it.

A key that comes too early, as one that is held down does, begins the moment anew.
"""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

ARMING_SECONDS = 0.3
"""How long a difference is on screen before a key can accept it."""


def nothing() -> None:
    """Do nothing."""


class Arming:
    """Counts from when its screen has been drawn."""

    def __init__(self, screen: Screen[Any], seconds: float, then: Callable[[], None] = nothing) -> None:
        self._screen, self._seconds, self._then = screen, seconds, then
        self.is_armed = False
        """Whether what is shown has been shown for long enough."""
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Something else is on screen, or a key came too early."""
        self.is_armed = False
        self._screen.call_after_refresh(self._count)

    def _count(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(self._seconds, self._arm)

    def _arm(self) -> None:
        self.is_armed = True
        self._then()
