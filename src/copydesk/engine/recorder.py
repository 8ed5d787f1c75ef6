"""Owns what happens when a session can no longer be recorded: it is said once, and the session goes on in memory."""

from collections.abc import Callable
from typing import Any

from copydesk.domain.errors import JournalError
from copydesk.domain.events import (
    ApprovalResolved,
    ChangeApplied,
    ConversationCut,
    Envelope,
    RolledBack,
    ToolCallFinished,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    event_to_json,
)
from copydesk.domain.sessions import Tally, tally_to_json
from copydesk.engine.journal import Journal

DURABLE = (
    TurnStarted,
    ToolCallStarted,
    ApprovalResolved,
    ChangeApplied,
    ToolCallFinished,
    RolledBack,
    ConversationCut,
    TurnFinished,
)
"""Events that are on the disk before anything else happens; the others may be lost with the power."""


class Recorder:
    """Writes to a journal until that fails."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._has_failed = False
        self.tally = Tally()
        """What the session came to; recorded at the end of each turn, so that a list need not read it all."""
        self.on_failure: Callable[[str], None] = _ignore
        """Told, once and in a sentence, that nothing is recorded any more."""

    def event(self, envelope: Envelope) -> None:
        """Record an event."""
        data = {"seq": envelope.seq, "turn": envelope.turn, **event_to_json(envelope.event)}
        self._append("event", data, is_durable=isinstance(envelope.event, DURABLE))
        self.tally = self.tally.plus([envelope])
        if isinstance(envelope.event, TurnFinished):
            self._append("tally", tally_to_json(self.tally), is_durable=False)

    def conversation(self, kind: str, data: dict[str, Any]) -> None:
        """Record a message, or a cut."""
        self._append(kind, data, is_durable=True)

    def _append(self, kind: str, data: dict[str, Any], *, is_durable: bool) -> None:
        if self._has_failed:
            return
        try:
            self._journal.append(kind, data, durable=is_durable)
        except JournalError as error:
            self._has_failed = True
            self.on_failure(f"{error} Edits are refused from now on.")


def _ignore(_: str) -> None:
    """Nobody is interested."""
