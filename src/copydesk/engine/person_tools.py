"""Owns what the person does with tools that the model has too: chooses among the files, runs checks.

What was only detected is run once the person has said so; the model is told of every run.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

from copydesk.config import WHERE_CHECKS_STAND
from copydesk.domain.checks import Check, CheckFinished
from copydesk.domain.errors import UsageError
from copydesk.domain.messages import clean
from copydesk.tools.checks import RunCheck, told


@dataclass(slots=True)
class PersonTools:
    """The files and the checks of a session, for the person."""

    list_files: Callable[[Event], list[str]]
    """Lists what the model may see (blocking), until it is told to stop."""
    runner: RunCheck | None
    """None where there are no checks."""
    _stop: Event | None = field(default=None, init=False)
    """Ends the check that runs."""

    async def files(self) -> Sequence[str]:
        """The files that the model may be shown, by path; GitError or OSError where they cannot be listed."""
        stop = Event()
        try:
            return await asyncio.to_thread(self.list_files, stop)
        finally:
            stop.set()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks there are, by name."""
        return self.runner.checks.all if self.runner else ()

    def find_check(self, name: str) -> Check:
        """The check of a name; UsageError that names those there are."""
        for check in self.checks:
            if check.name == name:
                return check
        names = ", ".join(check.name for check in self.checks)
        has = f"The checks are {names}." if names else f"None is declared {WHERE_CHECKS_STAND}."
        raise UsageError(f"There is no check {name}, and ! is no shell. {has}")

    def needs_consent(self, check: Check) -> bool:
        """Whether a check was only detected, so that running it needs a person's word."""
        return self.runner is not None and not self.runner.checks.is_declared(check)

    async def run_check(self, check: Check) -> CheckFinished:
        """Run a check, at the person's word; UsageError while one of theirs runs."""
        if self._stop is not None or self.runner is None:
            raise UsageError("A check is running; esc stops it.")
        self._stop = stop = Event()
        try:
            return await self.runner.run_for_person(check, stop)
        finally:
            self._stop = None

    def stop_check(self) -> bool:
        """Stop the check that the person runs; True if one ran."""
        if self._stop is not None:
            self._stop.set()
        return self._stop is not None


def note_on(result: CheckFinished) -> str:
    """What the model is told of a check that the person ran."""
    return clean(f"The person ran a check. {told(result)}")
