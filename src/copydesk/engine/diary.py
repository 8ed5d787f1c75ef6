"""Owns what the diagnostic log is told of a session: that something happened and how it ended, never what was written.

Nothing is worked out where no such log is kept.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from copydesk.domain import events

TOLD: Final = (
    *("call", "name", "is_error", "outcome", "stop_reason", "path", "paths", "checkpoint", "attempt", "seconds"),
    *("mode", "model", "tool_version", "cost_usd", "accepted", "proposal", "operation", "commit", "is_resumed", "root"),
)
"""Fields of events that hold no words of anybody."""

_log = logging.getLogger("copydesk.session")


def diary() -> Callable[[events.Event], None] | None:
    """What tells the log of each event; None where there is no log."""
    return _tell if _log.isEnabledFor(logging.DEBUG) else None


def broken_by(error: Exception) -> events.TurnFinished:
    """The end of a turn that an error inside copydesk broke off; the log gets its trace."""
    _log.debug("a turn was broken off", exc_info=error)
    return events.TurnFinished("failed", reason=f"An error inside copydesk: {type(error).__name__}: {error}")


def _tell(event: events.Event) -> None:
    if isinstance(event, events.EPHEMERAL):
        return
    facts: dict[str, Any] = {name: getattr(event, name) for name in TOLD if hasattr(event, name)}
    if isinstance(event, events.UsageReported):
        facts["usage"] = asdict(event.usage)
    _log.debug(type(event).__name__, extra={"facts": facts})
