"""Owns the JSON of headless runs: the lines of `stream-json` and the result object.

The shape is the one that other assistants' print modes use, so that existing consumers work; our own lines have types
of their own (`edit`, `checkpoint`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from copydesk.domain import events
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import Transcript
from copydesk.domain.usage import Usage
from copydesk.frontends.headless.outcome import OUTCOMES, ExitCode, Tally

Line = dict[str, Any]

SUBTYPES = {
    "max_steps": "error_max_turns",
    "max_cost": "error_max_budget_usd",
}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What every line and the result say of the run."""

    session: str
    root: str
    model: str
    tool_version: str
    tools: tuple[str, ...]
    mode: str
    version: str
    base_commit: str | None = None


class StreamLines:
    """Turns events into lines of `stream-json`."""

    def __init__(self, facts: RunFacts, new_id: Callable[[], str], *, has_partials: bool) -> None:
        self._facts = facts
        self._new_id = new_id
        self._has_partials = has_partials
        self._step = 1
        self._unsaid: list[Line] = []
        """Blocks of the reply that is streamed: it may still be discarded."""

    def init(self) -> Line:
        """The first line."""
        facts = self._facts
        return self._line(
            "system",
            subtype="init",
            cwd=facts.root,
            model=facts.model,
            tools=list(facts.tools),
            permissionMode=facts.mode,
            tool_version=facts.tool_version,
            copydesk_version=facts.version,
        )

    def lines(self, event: events.Event) -> Iterator[Line]:
        """The lines for an event; none for those that only a screen needs."""
        match event:
            case events.TextFinished(text) if text:
                self._unsaid.append(self._assistant({"type": "text", "text": text}))
            case events.ThinkingFinished(text, _) if text:
                self._unsaid.append(self._assistant({"type": "thinking", "thinking": text}))
            case events.StepDiscarded():
                self._unsaid.clear()
            case events.ToolCallStarted(call, name, given):
                yield self._assistant({"type": "tool_use", "id": call, "name": name, "input": given})
            case events.ToolCallFinished(call, content, is_error):
                result = {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": is_error}
                yield self._line("user", message={"role": "user", "content": [result]}, parent_tool_use_id=None)
            case events.UsageReported():
                yield from self._unsaid
                self._unsaid.clear()
                self._step += 1
            case events.TextDelta(text):
                yield from self._partial({"type": "text_delta", "text": text})
            case events.ThinkingDelta(text):
                yield from self._partial({"type": "thinking_delta", "thinking": text})
            case events.RetryScheduled(attempt, seconds, reason):
                delay = round(seconds * 1000)
                yield self._line("system", subtype="api_retry", attempt=attempt, retry_delay_ms=delay, error=reason)
            case events.CheckFinished():
                yield self._line("check", **check_fields(event))
            case events.Noticed(text):
                yield self._line("system", subtype="notice", text=text)
            case _:
                yield from self._edits(event)

    def _edits(self, event: events.Event) -> Iterator[Line]:
        match event:
            case events.ProposalMade():
                for diff in event.diffs:
                    counts = {"hunks": len(diff.hunks), "added": diff.added, "removed": diff.removed}
                    patch = diff.to_unified().encode("utf-8", "replace").decode("utf-8")
                    by = {"rule": event.rule} if event.rule else {}
                    yield self._line(
                        "edit", status="proposed", path=diff.path, call=event.call, diff=patch, **counts, **by
                    )
            case events.ChangeApplied():
                diff = event.diff
                counts = {"hunks": len(diff.hunks), "added": diff.added, "removed": diff.removed}
                patch = diff.to_unified().encode("utf-8", "replace").decode("utf-8")
                yield self._line(
                    "edit",
                    status="partly_applied" if event.is_partial else "applied",
                    path=event.path,
                    call=event.call,
                    diff=patch,
                    checkpoint=event.checkpoint,
                    **counts,
                )
                yield self._line("checkpoint", checkpoint=event.checkpoint, path=event.path)
            case events.ChangeRefused() if not event.is_view:
                yield self._line("edit", status=event.outcome, path=event.path, call=event.call, reason=event.reason)

    def _assistant(self, block: Line) -> Line:
        message = {
            "id": f"msg_{self._facts.session}_{self._step}",
            "type": "message",
            "role": "assistant",
            "model": self._facts.model,
            "content": [block],
        }
        return self._line("assistant", message=message, parent_tool_use_id=None)

    def _partial(self, delta: Line) -> Iterator[Line]:
        if self._has_partials:
            event = {"type": "content_block_delta", "index": 0, "delta": delta}
            yield self._line("stream_event", event=event, parent_tool_use_id=None)

    def _line(self, kind: str, **fields: Any) -> Line:
        return {"type": kind, **fields, "session_id": self._facts.session, "uuid": self._new_id()}


def result_line(facts: RunFacts, tally: Tally, transcript: Transcript, seconds: tuple[float, float]) -> Line:
    """The result object; `seconds` are the whole run's and the API's share."""
    code = tally.exit_code
    finished = tally.finished or events.TurnFinished("failed", reason="The run ended before the model did.")
    cost = transcript.cost_usd
    return {
        "type": "result",
        "subtype": _subtype(code, finished),
        "is_error": code is not ExitCode.DONE,
        "outcome": OUTCOMES[code],
        "exit_code": int(code),
        "result": tally.answer or finished.reason,
        "reason": finished.reason,
        "stop_reason": finished.stop_reason,
        "session_id": facts.session,
        "model": facts.model,
        "tool_version": facts.tool_version,
        "num_turns": transcript.turn,
        "num_steps": tally.steps,
        "duration_ms": round(seconds[0] * 1000),
        "duration_api_ms": round(seconds[1] * 1000),
        "usage": usage_fields(transcript.usage),
        "modelUsage": {facts.model: {**asdict(transcript.usage), "costUSD": None if cost is None else float(cost)}},
        "total_cost_usd": None if cost is None else float(cost),
        "changes": [_change(event) for event in tally.changes],
        "permission_denials": [_denial(tally, event) for event in tally.denials],
        "checks": [check_fields(event) for event in tally.checks],
        "base_commit": facts.base_commit,
        "checkpoint": tally.changes[0].checkpoint if tally.changes else None,
        "commit": tally.commit or None,
    }


def check_fields(event: events.CheckFinished) -> Line:
    """How a check ended; the exit code is null where it gave none."""
    milliseconds = round(event.seconds * 1000)
    return {"name": event.name, "exit_code": event.exit_code, "duration_ms": milliseconds, "reason": event.reason}


def usage_fields(usage: Usage) -> Line:
    """The counts under the API's own names."""
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_creation_input_tokens": usage.cache_creation_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "total_tokens": usage.context_tokens + usage.output_tokens,
    }


def to_text(line: Line) -> str:
    """One line of JSON: ASCII, so that no control or separator character reaches a terminal."""
    return json.dumps(line, separators=(",", ":"))


def _subtype(code: ExitCode, finished: events.TurnFinished) -> str:
    if code is ExitCode.DONE:
        return "success"
    if code is ExitCode.STOPPED:
        return SUBTYPES.get(finished.stop_reason, "error_limit")
    return "error_during_execution"


def _change(event: events.ChangeApplied) -> Line:
    diff = event.diff
    return {
        "path": event.path,
        "status": str(diff.status),
        "added": diff.added,
        "removed": diff.removed,
        "checkpoint": event.checkpoint,
    }


def _denial(tally: Tally, event: events.ChangeRefused) -> Line:
    started = tally.inputs.get(event.call)
    return {
        "tool_name": started.name if started else "",
        "tool_use_id": event.call,
        "tool_input": started.input if started else {},
        "path": event.path,
        "outcome": event.outcome if event.outcome in list(OutcomeKind) else "denied",
        "reason": event.reason,
    }
