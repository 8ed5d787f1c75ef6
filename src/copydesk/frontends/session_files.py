"""Owns a session as a file: Markdown for people, JSON for programs, and what keeps keys from leaving with it.

It writes no file itself. The JSON form is described in docs/schemas/sessions.schema.json.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from copydesk.domain.display import show
from copydesk.domain.errors import UsageError
from copydesk.domain.events import event_to_json
from copydesk.domain.secrets import key_shapes_in
from copydesk.domain.sessions import SessionSummary
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.shelf import KeptConversation
from copydesk.frontends.export import markdown_of
from copydesk.frontends.present import dollars, plural, tokens


class ExportFormat(StrEnum):
    """What a session can be written as."""

    MARKDOWN = "markdown"
    JSON = "json"

    @property
    def suffix(self) -> str:
        """How the names of such files end."""
        return ".md" if self is ExportFormat.MARKDOWN else ".json"


LocalTime = Callable[[float], str]
"""Writes seconds since the epoch as people here do."""


def session_file(
    kept: KeptConversation, wanted: ExportFormat, local_time: LocalTime, *, includes_secrets: bool = False
) -> str:
    """Write a session; UsageError where something in it has the shape of a key, unless that was asked for."""
    match wanted:
        case ExportFormat.MARKDOWN:
            text = session_markdown(kept, local_time)
        case ExportFormat.JSON:
            text = json.dumps(session_document(kept), indent=2) + "\n"
    found = () if includes_secrets else key_shapes_in(text)
    if found:
        raise UsageError(
            f"The session holds what looks like {', '.join(found)}, so it was not exported; "
            f"`copydesk sessions export {kept.summary.id} --include-secrets` exports it as it is."
        )
    return text


def session_markdown(kept: KeptConversation, local_time: LocalTime) -> str:
    """Head and transcript as Markdown."""
    summary = kept.summary
    head = [f"# {show(summary.prompt) or 'A session'}", "", *(f"- {line}" for line in about(summary, local_time))]
    if kept.damaged:
        head.append(f"- {plural(kept.damaged, 'record')} of it could not be read")
    items = fold(Transcript(), kept.envelopes).items
    return "\n".join([*head, "", markdown_of(items)])


def about(summary: SessionSummary, local_time: LocalTime) -> list[str]:
    """What is known of a session beside what was said in it, a line each, safe to show."""
    tally = summary.tally
    lines = [f"session {show(summary.id)}"]
    if summary.begun_at is not None:
        lines.append(f"from {local_time(summary.begun_at)} to {local_time(summary.used_at)}")
    used = f"{tokens(tally.usage.context_tokens)} in, {tokens(tally.usage.output_tokens)} out"
    lines.append(f"{show(summary.model) or 'model unknown'}, {plural(tally.turns, 'turn')}, {used}, {_cost(summary)}")
    return lines + state_sentences(summary)


def state_sentences(summary: SessionSummary) -> list[str]:
    """What somebody should know of a session before they go on with it."""
    said = []
    if summary.fault:
        said.append(f"damaged: {show(summary.fault)}")
    if summary.is_live:
        said.append("in use by a copydesk that runs now")
    if summary.is_torn and not summary.fault:
        said.append("its last record was torn off; everything before it is there")
    if summary.waiting:
        said.append(f"edits wait for your review: {', '.join(map(show, summary.waiting))}")
    return said


def _cost(summary: SessionSummary) -> str:
    return dollars(summary.tally.cost_usd)


def session_document(kept: KeptConversation) -> dict[str, Any]:
    """Everything that happened in a session, as plain data."""
    return {
        "format": 1,
        "session": summary_document(kept.summary),
        "damaged_records": kept.damaged,
        "events": [
            {"seq": envelope.seq, "turn": envelope.turn, "at": envelope.at, **event_to_json(envelope.event)}
            for envelope in kept.envelopes
        ],
    }


def summary_document(summary: SessionSummary) -> dict[str, Any]:
    """A line of the list as plain data."""
    tally = summary.tally
    return {
        "id": summary.id,
        "begun_at": summary.begun_at,
        "used_at": summary.used_at,
        "model": summary.model or None,
        "prompt": summary.prompt,
        "turns": tally.turns,
        "usage": {
            "input_tokens": tally.usage.input_tokens,
            "output_tokens": tally.usage.output_tokens,
            "cache_creation_input_tokens": tally.usage.cache_creation_tokens,
            "cache_read_input_tokens": tally.usage.cache_read_tokens,
        },
        "cost_usd": None if tally.cost_usd is None else str(tally.cost_usd),
        "waiting": list(summary.waiting),
        "is_live": summary.is_live,
        "is_torn": summary.is_torn,
        "fault": summary.fault or None,
        "size": summary.size,
    }
