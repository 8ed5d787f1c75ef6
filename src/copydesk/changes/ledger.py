"""Owns the notes that outlive a process: which step is being made, the last number given, what is still to be cleared.

Each note is the target of a symbolic link, which is made and renamed whole: none can be half written. The History
alone makes notes, under its lock; what a step holds is never noted here.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from copydesk.workspace.store import make_durable

LOCK = "copydesk.lock"
"""What a process locks while it makes a step; a second file of that name would let two in."""


class Ledger:
    """The notes in the directory of a store; every method raises OSError where the directory refuses."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._begun = directory / "copydesk.step"
        self._last = directory / "copydesk.last"
        self._uncleared = directory / "copydesk.sweep"

    def begin(self, number: int) -> None:
        """Note durably that a step is about to be made."""
        self._begun.symlink_to(str(number))
        make_durable(self._directory)

    def finish(self) -> None:
        """Note that the step begun last is made or settled, and that its number is given."""
        with suppress(FileNotFoundError):
            self._begun.replace(self._last)

    def forget(self) -> None:
        """Note that the step begun last was never recorded."""
        self._begun.unlink(missing_ok=True)

    @property
    def begun(self) -> int | None:
        """The number of the step that is being made, by a process alive or killed."""
        return next(iter(_numbers(self._begun)), None)

    @property
    def last(self) -> int:
        """The number of the step finished last, 0 where none was; the steps need not hold it any more."""
        return next(iter(_numbers(self._last)), 0)

    @property
    def uncleared(self) -> tuple[int, ...]:
        """The numbers of the steps that could not remove all of their temporary files."""
        return _numbers(self._uncleared)

    def keep_uncleared(self, numbers: Sequence[int]) -> None:
        """Note durably which steps these are."""
        if numbers == self.uncleared:
            return
        fresh = self._directory / "copydesk.sweep.new"
        fresh.unlink(missing_ok=True)
        if numbers:
            fresh.symlink_to(" ".join(map(str, numbers)))
            fresh.replace(self._uncleared)
        else:
            self._uncleared.unlink(missing_ok=True)
        make_durable(self._directory)


def _numbers(note: Path) -> tuple[int, ...]:
    """Read a note; empty where there is none."""
    with suppress(FileNotFoundError):
        return tuple(map(int, os.readlink(note).split()))  # noqa: PTH115 - a list of numbers is no path
    return ()
