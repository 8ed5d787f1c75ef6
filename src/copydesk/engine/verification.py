"""Owns checks that are run on the result of a session, not at the model's wish: where, and that nothing is written
meanwhile.

Where edits wait for a decision the disk does not hold them, so the checks run in a copy that does. Which checks, and
what follows from them, is the front end's.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from copydesk.domain.checks import Check, CheckFinished


@dataclass(frozen=True, slots=True)
class Ground:
    """A directory in which checks can be run."""

    run: Callable[[Check, Event], CheckFinished]
    """Runs one to its end (blocking); it is stopped soon after the event is set."""
    leave: Callable[[], None]
    """Gives the directory up (blocking)."""


class Verification:
    """Runs checks on the workspace as the session's model has made it."""

    def __init__(
        self,
        prepare: Callable[[Sequence[Check], Event], Ground],
        writing: asyncio.Lock,
        emit: Callable[[CheckFinished], None],
    ) -> None:
        """`prepare` makes the ready ground (blocking): OSError, GitError or WorkspaceError where it cannot."""
        self._prepare = prepare
        self._writing = writing
        self._emit = emit

    async def run(self, checks: Sequence[Check], stop: Event) -> list[CheckFinished]:
        """Run checks one after the other; what is left out after `stop` was set is not in the answer."""
        results: list[CheckFinished] = []
        async with self._writing:
            ground = await asyncio.to_thread(self._prepare, checks, stop)
            try:
                for check in checks:
                    result = await asyncio.to_thread(ground.run, check, stop)
                    if stop.is_set():
                        break
                    self._emit(result)
                    results.append(result)
            finally:
                await asyncio.to_thread(ground.leave)
        return results
