"""Owns opening a session again: its messages and events from the journal, and an answer for every call left open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from copydesk.domain import events
from copydesk.domain.errors import CopydeskError
from copydesk.domain.messages import UNKNOWN_AFTER_CRASH, Message, ToolResult, pending_calls, results_message
from copydesk.engine.conversation import messages_of
from copydesk.engine.journal import Record

LANDED_BEFORE_CRASH = "The edit was applied; the session ended before this answer was sent. View the file to go on."


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a journal gives back."""

    messages: tuple[Message, ...]
    envelopes: tuple[events.Envelope, ...]
    answers: Message | None
    """Results for calls that had none: to be appended before anything else."""


def resume(session: str, records: Sequence[Record], landed: Callable[[str], bool]) -> Resumed:
    """Rebuild a session; `landed` says of a call whether its change is on disk."""
    messages = messages_of(records)
    envelopes = tuple(envelopes_of(session, records))
    finished = {e.event.call: e.event for e in envelopes if isinstance(e.event, events.ToolCallFinished)}
    results = []
    for call in pending_calls(messages):
        if call.id in finished:
            results.append(ToolResult(call.id, finished[call.id].content, finished[call.id].is_error))
        elif landed(call.id):
            results.append(ToolResult(call.id, LANDED_BEFORE_CRASH))
        else:
            results.append(ToolResult(call.id, UNKNOWN_AFTER_CRASH, True))
    return Resumed(tuple(messages), envelopes, results_message(results) if results else None)


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
