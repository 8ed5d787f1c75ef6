"""Owns opening a session again: its messages and events from the journal, and an answer for every call left open."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from copydesk.changes import answers, timeline
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Step
from copydesk.domain import events
from copydesk.domain.errors import CopydeskError
from copydesk.domain.messages import UNKNOWN_AFTER_CRASH, Message, ToolResult, pending_calls, repaired
from copydesk.domain.unified import quoted_path
from copydesk.engine.dialogue import Dialogue, dialogue_of
from copydesk.engine.journal import Loaded, Record

REVIEW_BEFORE_CRASH = "The session ended before you were told what landed. View the files before you edit them again: "


class Landed(Enum):
    """What became of the edit of a call whose answer was lost; the value is what the model is told of it."""

    NOTHING = UNKNOWN_AFTER_CRASH
    WAITING = (
        "The edit waits for the person's review; the session ended before this answer was sent. "
        "Reading the file shows it."
    )
    WHOLE = "The edit was made; the session ended before this answer was sent. View the file to go on."
    PARTLY = (
        "The edit was not made as you sent it: the person left parts of it out or changed them, and the session ended "
        "before you were told which and why. View the file before you edit it again."
    )


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a journal gives back; empty for a new session."""

    dialogue: Dialogue = field(default_factory=Dialogue)
    """The conversation, as the records have it."""
    envelopes: tuple[events.Envelope, ...] = ()
    results: tuple[ToolResult, ...] = ()
    """For calls that had none: to be appended before anything else."""
    unsaid: tuple[events.Event, ...] = ()
    """What happened, and was not said before the process died: to be emitted before anything else."""
    spent: Decimal = Decimal(0)
    """Dollars, as far as prices were known."""
    meta: dict[str, Any] = field(default_factory=dict)
    """What the session began with: model, system, tools."""
    notices: tuple[str, ...] = ()


LandedOf = Callable[[str, str], Landed]
"""Given a call and the digest of what it last proposed (empty where that is not known): what became of it."""


def resume(session: str, loaded: Loaded, landed: LandedOf) -> Resumed:
    """Rebuild a session; `landed` says of each call that was left open what became of its edit."""
    records = loaded.records
    dialogue = dialogue_of(records)
    envelopes = tuple(envelopes_of(session, records))
    damaged = f"{len(loaded.damaged)} damaged records of this session were left out." if loaded.damaged else ""
    costs = [
        Decimal(e.event.cost_usd) for e in envelopes if isinstance(e.event, events.UsageReported) and e.event.cost_usd
    ]
    return Resumed(
        dialogue,
        envelopes,
        tuple(_results(repaired(dialogue.messages), envelopes, landed)),
        unsaid_cut(records),
        sum(costs, Decimal(0)),
        next((record.data for record in records if record.kind == "meta"), {}),
        (damaged,) if damaged else (),
    )


def unsaid_cut(records: Sequence[Record]) -> tuple[events.Event, ...]:
    """The event of a person's cut, where the process died between the two."""
    for record in reversed(records):
        if record.kind == "event" and record.data["event"] == events.ConversationCut.__name__:
            return ()
        if record.kind == "cut" and "paths" in record.data:
            paths, returned = tuple(record.data["paths"]), tuple(record.data["returned"])
            return (events.ConversationCut(record.data["turn"], paths, returned),)
    return ()


def _results(messages: Sequence[Message], envelopes: Sequence[events.Envelope], landed: LandedOf) -> list[ToolResult]:
    """The truth about each call that was left open: what it was told, or what became of its edit."""
    finished = {e.event.call: e.event for e in envelopes if isinstance(e.event, events.ToolCallFinished)}
    proposed = {e.event.call: e.event.digest for e in envelopes if isinstance(e.event, events.ProposalMade)}
    results = []
    for call in pending_calls(messages):
        if call.id in finished:
            results.append(ToolResult(call.id, finished[call.id].content, finished[call.id].is_error))
        else:
            became = landed(call.id, proposed.get(call.id, ""))
            results.append(ToolResult(call.id, became.value, became is Landed.NOTHING))
    return results


def settle_reviews(
    session: str, loaded: Loaded, steps: Sequence[Step], overlay: Overlay
) -> list[tuple[str, dict[str, Any]]]:
    """Let go of what reviews decided (blocking); gives a note on each that none was kept of, and what it settles."""
    for record in loaded.records:
        if record.kind == "note" and "proposals" in (settles := record.data["settles"]):
            _let_go(overlay, settles["paths"], settles["proposals"])
    notes = []
    for step, files in timeline.written(steps):
        reviewed = step.meta.reviewed
        is_whole = files == step.files
        if reviewed is None or not is_whole or step.meta.session != session:
            continue
        _let_go(overlay, reviewed.paths, reviewed.proposals)
        if not _has_note(step, loaded.records):
            note = answers.reviewed(REVIEW_BEFORE_CRASH + ", ".join(map(quoted_path, reviewed.paths)), ())
            notes.append((note, {"proposals": reviewed.proposals, "paths": reviewed.paths}))
    return notes


def _let_go(overlay: Overlay, paths: Collection[str], proposals: Collection[str]) -> None:
    if any(gathered.proposal in proposals for gathered in overlay.proposals):
        overlay.discard(paths, proposals)


def _has_note(step: Step, records: Sequence[Record]) -> bool:
    """Whether a note on a review was kept since this step of it."""
    notes = (record.data["text"] for record in records if record.kind == "note" and record.at > step.at)
    return any(text.startswith(answers.REVIEWED) for text in notes)


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
