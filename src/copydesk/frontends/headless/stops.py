"""Owns what ends a run from outside: SIGINT, SIGTERM, SIGHUP, and the time limit."""

import asyncio
import signal
from contextlib import suppress
from threading import Event

from copydesk.domain.events import TurnFinished
from copydesk.engine.session import Session


class Stops:
    """What interrupts a run from outside: SIGINT, SIGTERM, SIGHUP, and the time limit."""

    def __init__(self, session: Session, max_seconds: float | None) -> None:
        self._session = session
        self._max_seconds = max_seconds
        self._timer: asyncio.TimerHandle | None = None
        self.late = ""
        """What was asked for when no turn ran any more."""
        self.event = Event()
        """Set with it: ends the check that runs."""

    def __enter__(self) -> "Stops":
        loop = asyncio.get_running_loop()
        if self._max_seconds is not None:
            self._timer = loop.call_later(self._max_seconds, self._stop, "stopped")
        outcomes = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "terminated"}
        for number, outcome in outcomes.items():
            with suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, self._stop, outcome)
        return self

    def _stop(self, outcome: str) -> None:
        if not self._session.cancel(outcome):
            self.late = outcome
            self.event.set()

    @property
    def finished(self) -> TurnFinished:
        """How a run ends that was stopped when no turn ran any more."""
        if self.late == "stopped":
            return TurnFinished(self.late, "max_time", "Stopped at the time limit, when the model had finished.")
        return TurnFinished(self.late, "interrupted", f"{self.late.capitalize()} when the model had finished.")

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
