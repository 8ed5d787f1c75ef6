"""Owns the JSON of headless runs: the lines of `stream-json` and the result object.

The shape is the one that other assistants' print modes use, so that existing consumers work; our own lines have types
of their own (`edit`, `checkpoint`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from copydesk.domain import events
from copydesk.domain.diffs import FileDiff
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import Transcript
from copydesk.domain.usage import Usage
from copydesk.frontends.headless.outcome import OUTCOMES, ExitCode, Tally
from copydesk.frontends.headless.partials import Partials

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
    max_retries: int = 0
    """How often a failed request is sent again."""


class StreamLines:
    """Turns events into lines of `stream-json`."""

    def __init__(self, facts: RunFacts, new_id: Callable[[], str], *, has_partials: bool) -> None:
        self._facts = facts
        self._new_id = new_id
        self._step = 0
        """The reply that came last, from 1."""
        self._usage = usage_fields(Usage())
        """Of the reply that came last."""
        self._at = 0.0
        self._partials = Partials() if has_partials else None
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
            apiKeySource="none",
            mcp_servers=[],
            tool_version=facts.tool_version,
            copydesk_version=facts.version,
        )

    def lines(self, event: events.Event, at: float) -> Iterator[Line]:
        """The lines for an event, which came at this time; none for those that only a screen needs."""
        self._at = at
        for partial in self._partials.events(event, self._facts.model) if self._partials else ():
            yield self._line("stream_event", event=partial, parent_tool_use_id=None)
        match event:
            case events.TextFinished(text) if text:
                self._unsaid.append({"type": "text", "text": text})
            case events.ThinkingFinished(text, _) if text:
                self._unsaid.append({"type": "thinking", "thinking": text})
            case events.StepDiscarded():
                self._unsaid.clear()
            case events.ToolCallStarted(call, name, given):
                yield self._assistant({"type": "tool_use", "id": call, "name": name, "input": given})
            case events.ToolCallFinished(call, content, is_error):
                result = {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": is_error}
                message = {"role": "user", "content": [result]}
                yield self._line("user", message=message, parent_tool_use_id=None, timestamp=self._time)
            case events.UsageReported(usage):
                self._usage = usage_fields(usage)
                self._step += 1
                yield from map(self._assistant, self._unsaid)
                self._unsaid.clear()
            case events.RetryScheduled(attempt, seconds, reason):
                delay = round(seconds * 1000)
                retry = {
                    "attempt": attempt,
                    "max_retries": self._facts.max_retries,
                    "retry_delay_ms": delay,
                    "error_status": None,
                }
                yield self._line("system", subtype="api_retry", **retry, error=reason)
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
        """A block of the reply that came last; all of one reply have its id, by which consumers put them together."""
        message = {
            "id": f"msg_{self._facts.session}_{self._step}",
            "type": "message",
            "role": "assistant",
            "model": self._facts.model,
            "content": [block],
            "stop_reason": None,
            "usage": self._usage,
        }
        return self._line("assistant", message=message, parent_tool_use_id=None, timestamp=self._time)

    @property
    def _time(self) -> str:
        return datetime.fromtimestamp(self._at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _line(self, kind: str, **fields: Any) -> Line:
        return {"type": kind, **fields, "session_id": self._facts.session, "uuid": self._new_id()}


def result_line(facts: RunFacts, tally: Tally, transcript: Transcript, seconds: tuple[float, float]) -> Line:
    """The result object; `seconds` are the whole run's and the API's share."""
    code = tally.exit_code
    finished = tally.finished or events.TurnFinished("failed")
    cost = transcript.cost_usd
    return {
        "type": "result",
        "subtype": _subtype(code, finished),
        "is_error": code is not ExitCode.DONE,
        "outcome": OUTCOMES[code],
        "exit_code": int(code),
        "result": tally.answer or tally.reason,
        "reason": tally.reason,
        "stop_reason": finished.stop_reason,
        "session_id": facts.session,
        "model": facts.model,
        "tool_version": facts.tool_version,
        "num_turns": transcript.turn,
        "num_steps": tally.steps,
        "duration_ms": round(seconds[0] * 1000),
        "duration_api_ms": round(seconds[1] * 1000),
        "usage": usage_fields(transcript.usage),
        "modelUsage": {facts.model: model_usage(transcript.usage, None if cost is None else float(cost))},
        "total_cost_usd": None if cost is None else float(cost),
        "changes": [{**_counts(event.diff), "checkpoint": event.checkpoint} for event in tally.changes],
        "proposed": [_counts(diff) for diff in tally.proposed],
        "terminal_reason": finished.stop_reason or OUTCOMES[code],
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


def model_usage(usage: Usage, cost: float | None) -> Line:
    """The counts of one model under the names that other assistants' results have."""
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cacheReadInputTokens": usage.cache_read_tokens,
        "cacheCreationInputTokens": usage.cache_creation_tokens,
        "costUSD": cost,
    }


def to_text(line: Line) -> str:
    """One line of JSON: ASCII, so that no control or separator character reaches a terminal.

    `##[` anywhere in a line is a command to GitHub's runner; in JSON it stands in strings only.
    """
    return json.dumps(line, separators=(",", ":")).replace("##[", "#\\u0023[")


def _subtype(code: ExitCode, finished: events.TurnFinished) -> str:
    if code is ExitCode.DONE:
        return "success"
    if code is ExitCode.STOPPED:
        return SUBTYPES.get(finished.stop_reason, "error_limit")
    return "error_during_execution"


def _counts(diff: FileDiff) -> Line:
    return {"path": diff.path, "status": str(diff.status), "added": diff.added, "removed": diff.removed}


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
