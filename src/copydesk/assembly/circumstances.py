"""Owns where time and chance come from: the machine, or, in a replay, the recording, so that each comes out the same.

Nothing else asks the machine for either. What a command takes is waited for by the machine's clock even in a replay.
"""

import hashlib
import os
import time
from collections import Counter
from typing import Final, Protocol


class Circumstances(Protocol):
    """The time and the chance that a session is made under."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def calendar(self) -> time.struct_time:
        """The same as a date and a time of day, to name things by."""

    def elapsed(self) -> float:
        """Seconds from any fixed point; never goes back."""

    def draw(self, purpose: str, count: int) -> str:
        """Two hexadecimal digits for each of so many bytes, other ones each time."""


class OfTheMachine:
    """Its clock and its chance."""

    def now(self) -> float:
        """By the system's clock."""
        return time.time()

    def calendar(self) -> time.struct_time:
        """Where the machine is."""
        return time.localtime()

    def elapsed(self) -> float:
        """As long as it really takes."""
        return time.monotonic()

    def draw(self, purpose: str, count: int) -> str:
        """By the system's chance, whatever it is for."""
        return os.urandom(count).hex()


THE_MACHINE: Final = OfTheMachine()


class OfReplay:
    """The moment of the recording, at which the clock stands still, and digits that the recording gives.

    Each purpose has digits of its own, so that it does not matter which of two threads asks first.
    """

    def __init__(self, recording: str, at: float) -> None:
        """`recording` is its text; `at` is when it was made, in seconds since the epoch."""
        self._seed = hashlib.sha256(recording.encode("utf-8", "surrogatepass")).hexdigest()
        self._at = at
        self._draws: Counter[str] = Counter()

    def now(self) -> float:
        """When the recording was made."""
        return self._at

    def calendar(self) -> time.struct_time:
        """The same everywhere."""
        return time.gmtime(self._at)

    def elapsed(self) -> float:
        """No time passes."""
        return 0.0

    def draw(self, purpose: str, count: int) -> str:
        """The next ones for this purpose, at most 32 bytes."""
        self._draws[purpose] += 1
        return hashlib.sha256(f"{self._seed} {purpose} {self._draws[purpose]}".encode()).hexdigest()[: 2 * count]
