"""Owns how long the History keeps what: the bounds that a person sets, and which sessions they let go of.

Pure. A session goes as a whole or stays as a whole: part of one could not be taken back any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The bounds of a workspace's History."""

    days: int = 30
    """A session may go this long after it was last used."""
    sessions: int = 20
    """So many of the newest stay, however old and large they are; at least 1."""
    size: int = 1 << 30
    """Bytes on disk beyond which the oldest go before their time."""

    @property
    def alarm(self) -> int:
        """Bytes from which on the person is told."""
        return self.size * 4 // 5


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What the History holds of one session."""

    session: str
    used_at: float
    """Seconds since the epoch of its last step, or of the last change of what waits in it."""
    size: int
    """Bytes on disk that nothing newer holds too."""
    is_live: bool = False
    """A process is in it."""
    is_waiting: bool = False
    """Edits in it wait for a review."""


def plan(kept: Iterable[KeptSession], retention: Retention, now: float) -> tuple[KeptSession, ...]:
    """Give the sessions to let go of, oldest first; `now` is in seconds since the epoch.

    Never a live one, nor one of the newest. One whose edits wait for a review goes for its age only: what nobody
    decided within all that time was given up, but the size of the others is no reason to lose it.
    """
    ordered = sorted(kept, key=lambda one: (one.used_at, one.session))
    ended = [one for one in ordered[: -retention.sessions] if not one.is_live]
    expired = [one for one in ended if one.used_at < now - retention.days * DAY]
    excess = sum(one.size for one in ordered) - sum(one.size for one in expired) - retention.size
    others = [one for one in ended[len(expired) :] if not one.is_waiting]
    freed = accumulate((one.size for one in others), initial=0)
    return (*expired, *(one for one, before in zip(others, freed, strict=False) if before < excess))
