"""Owns opening a session again: its messages and events from the journal, and an answer for every call left open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from copydesk.domain import events
from copydesk.domain.errors import CopydeskError
from copydesk.domain.messages import UNKNOWN_AFTER_CRASH, Message, ToolResult, pending_calls, repaired
from copydesk.engine.conversation import messages_of
from copydesk.engine.journal import Loaded, Record

LANDED_BEFORE_CRASH = "The edit was applied; the session ended before this answer was sent. View the file to go on."


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a journal gives back; empty for a new session."""

    messages: tuple[Message, ...] = ()
    envelopes: tuple[events.Envelope, ...] = ()
    results: tuple[ToolResult, ...] = ()
    """For calls that had none: to be appended before anything else."""
    spent: Decimal = Decimal(0)
    """Dollars, as far as prices were known."""
    meta: dict[str, Any] = field(default_factory=dict)
    """What the session began with: model, system, tools."""
    last_at: float = 0.0
    """When it was last written to, in seconds since the epoch."""
    notices: tuple[str, ...] = ()


def resume(session: str, loaded: Loaded, landed: Callable[[str], bool]) -> Resumed:
    """Rebuild a session; `landed` says of a call whether its change is on disk."""
    records = loaded.records
    messages = repaired(messages_of(records))
    envelopes = tuple(envelopes_of(session, records))
    damaged = f"{len(loaded.damaged)} damaged records of this session were left out." if loaded.damaged else ""
    costs = [
        Decimal(e.event.cost_usd) for e in envelopes if isinstance(e.event, events.UsageReported) and e.event.cost_usd
    ]
    return Resumed(
        tuple(messages),
        envelopes,
        tuple(_results(messages, envelopes, landed)),
        sum(costs, Decimal(0)),
        next((record.data for record in records if record.kind == "meta"), {}),
        records[-1].at if records else 0.0,
        (damaged,) if damaged else (),
    )


def _results(
    messages: Sequence[Message], envelopes: Sequence[events.Envelope], landed: Callable[[str], bool]
) -> list[ToolResult]:
    """The truth about each call that was left open: what it was told, whether its edit is on disk."""
    finished = {e.event.call: e.event for e in envelopes if isinstance(e.event, events.ToolCallFinished)}
    results = []
    for call in pending_calls(messages):
        if call.id in finished:
            results.append(ToolResult(call.id, finished[call.id].content, finished[call.id].is_error))
        elif landed(call.id):
            results.append(ToolResult(call.id, LANDED_BEFORE_CRASH))
        else:
            results.append(ToolResult(call.id, UNKNOWN_AFTER_CRASH, True))
    return results


def envelopes_of(session: str, records: Sequence[Record]) -> list[events.Envelope]:
    """The events of a journal; those that this version does not know are left out."""
    envelopes = []
    for record in records:
        if record.kind != "event":
            continue
        data = dict(record.data)
        try:
            seq, turn = data.pop("seq"), data.pop("turn")
            envelopes.append(events.Envelope(seq, session, turn, record.at, events.event_from_json(data)))
        except (KeyError, TypeError, ValueError, CopydeskError):
            continue
    return envelopes
