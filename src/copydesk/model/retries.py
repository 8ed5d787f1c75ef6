"""Owns when a failed request is sent again: how often, after how long, and what the API itself says to it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = 60.0
"""Seconds; whoever asks for a longer wait gets an answer at once instead."""
FIRST_WAIT: Final = 2.0
"""Seconds; the upper end of the first wait, doubled for each that follows."""
DEFAULT_RETRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try, and the chance and time that waiting needs; both are passed in."""

    chance: Callable[[], float]
    """Gives a number from 0.0 to 1.0."""
    now: Callable[[], float]
    """Gives seconds since the epoch, for servers that name a date."""
    sleep: Callable[[float], Awaitable[None]]
    most: int = DEFAULT_RETRIES
    """Retries of one request before its first byte; 0 is none."""

    def wait(self, attempt: int) -> float:
        """Seconds before retry number `attempt` (from 1): anything up to a bound that doubles (full jitter)."""
        return self.chance() * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))


def advised_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the API asks to wait, by `retry-after-ms` or `retry-after` (seconds or a date); None if unsaid."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(milliseconds / 1000, 0.0)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text:
        seconds = _seconds_until(text, now)
    return None if seconds is None else max(seconds, 0.0)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value == value else None


def _seconds_until(date: str, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (OverflowError, ValueError):
        return None
