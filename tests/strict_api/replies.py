"""What a test scripts: answers of the model, failures of the service, and what goes wrong on the way.

Owns the values and the functions that build them. An answer is turned into frames first, and then each fault rewrites
the list of actions that sends them, in the order in which the faults were wrapped around it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

End = Literal["fin", "rst"]


@dataclass(frozen=True)
class Open:
    """Sends the status and the headers."""


@dataclass(frozen=True)
class Send:
    data: bytes


@dataclass(frozen=True)
class Sleep:
    seconds: float


@dataclass(frozen=True)
class HangUp:
    """Ends the connection with the body unfinished."""

    how: End


class Hold:
    """A place in the middle of an answer where the server waits for the test."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        """Set once everything before the hold was sent."""
        self.released = threading.Event()

    def release(self) -> None:
        self.released.set()


@dataclass(frozen=True)
class Wait:
    hold: Hold


Action = Open | Send | Sleep | Wait | HangUp
Fault = Callable[[Sequence[Action]], Sequence[Action]]


@dataclass(frozen=True)
class Reply:
    """What the model says. Signatures, missing ids and the editor tool's name are filled in when it is sent."""

    blocks: tuple[Mapping[str, Any], ...]
    stop_reason: str | None = None
    """None stands for `tool_use` with a tool call among the blocks, and `end_turn` without."""
    stop_details: Mapping[str, Any] | None = None
    faults: tuple[Fault, ...] = ()
    delta_characters: int = 32
    """Length of the pieces that text, thinking and tool input arrive in."""
    chunk_bytes: int | None = None
    """Size of the pieces that the body is written in; None writes one frame at a time."""


@dataclass(frozen=True)
class Failure:
    """An error answer in place of one from the model."""

    status: int
    kind: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None
    body: bytes | None = None
    """A body that is not the API's own, as of a proxy on the way; sent as HTML."""
    faults: tuple[Fault, ...] = ()


Answer = Reply | Failure
AnswerType = TypeVar("AnswerType", Reply, Failure, Answer)


def say(text: str, *, thinking: str | None = None) -> Reply:
    return Reply((*_thought(thinking), {"type": "text", "text": text}))


def call(
    *inputs: Mapping[str, Any] | str,
    ids: Sequence[str] = (),
    name: str | None = None,
    text: str | None = None,
    thinking: str | None = None,
) -> Reply:
    """Tool calls, in one answer. A string is streamed as the input's JSON just as it is, torn or malformed.

    Calls without an id get one that no earlier call of the conversation has. Without a `name` they call the request's
    editor tool, or else its first tool.
    """
    said = [{"type": "text", "text": text}] if text is not None else []
    called = [{"type": "tool_use", "name": name, "input": each} for each in inputs]
    for block, each in zip(called, ids, strict=False):
        block["id"] = each
    return Reply((*_thought(thinking), *said, *called))


def blocks(*content: Mapping[str, Any]) -> Reply:
    """An answer of these very blocks, of any type; `{"type": "redacted_thinking"}` gets its data when it is sent."""
    return Reply(content)


def stop(reason: str, reply: Reply | None = None, *, category: str = "cyber") -> Reply:
    """The answer, or an empty one, ended for this reason. A refusal also carries its category."""
    details = {"type": "refusal", "category": category, "explanation": "The request was declined."}
    return replace(reply or Reply(()), stop_reason=reason, stop_details=details if reason == "refusal" else None)


def fail(
    status: int,
    kind: str = "api_error",
    message: str = "The request failed.",
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Failure:
    return Failure(status, kind, message, headers or {}, details)


def proxy_error(status: int, body: bytes) -> Failure:
    return Failure(status, "api_error", "", body=body)


def unanswered(how: End = "fin") -> Reply:
    """The connection ends before a status line."""
    return Reply((), faults=(lambda _actions: [HangUp(how)],))


def delayed(answer: AnswerType, seconds: float = 0.0, *, per_event: float = 0.0) -> AnswerType:
    """Waits `seconds` before the headers, and `per_event` before each event."""

    def fault(actions: Sequence[Action]) -> Sequence[Action]:
        slowed: list[Action] = [Sleep(seconds)]
        for action in actions:
            slowed += [Sleep(per_event), action] if per_event and isinstance(action, Send) else [action]
        return slowed

    return _with_fault(answer, fault)


def dropped(reply: Reply, after_events: int, how: End = "fin") -> Reply:
    """The connection ends after so many events, `message_start` and `ping` counted, without the end of the body."""
    return _with_fault(reply, lambda actions: [*_first(actions, after_events), HangUp(how)])


def truncated(reply: Reply, after_events: int) -> Reply:
    """The body ends as if it were whole."""
    return _with_fault(reply, lambda actions: _first(actions, after_events))


def stalled(reply: Reply, after_events: int) -> Reply:
    """Nothing more comes after so many events, until the client goes or the server stops."""
    return _with_fault(reply, lambda actions: [*_first(actions, after_events), Wait(Hold())])


def held(reply: Reply, hold: Hold, after_events: int) -> Reply:
    def fault(actions: Sequence[Action]) -> Sequence[Action]:
        before = _first(actions, after_events)
        return [*before, Wait(hold), *actions[len(before) :]]

    return _with_fault(reply, fault)


def error_mid_stream(
    reply: Reply, after_events: int, kind: str = "overloaded_error", message: str = "Overloaded"
) -> Reply:
    error = {"type": "error", "error": {"type": kind, "message": message}}
    frame = f"event: error\ndata: {json.dumps(error)}\n\n"
    return _with_fault(reply, lambda actions: [*_first(actions, after_events), Send(frame.encode())])


def malformed(
    reply: Reply, after_events: int, frame: bytes = b'event: content_block_delta\ndata: {"type": \n\n'
) -> Reply:
    """Slips in a frame that is not what the protocol allows, and goes on."""

    def fault(actions: Sequence[Action]) -> Sequence[Action]:
        before = _first(actions, after_events)
        return [*before, Send(frame), *actions[len(before) :]]

    return _with_fault(reply, fault)


def split(reply: Reply, chunk_bytes: int) -> Reply:
    """Writes the body in pieces of this size, whatever they cut through; applied after every fault."""
    return replace(reply, chunk_bytes=chunk_bytes)


def _thought(thinking: str | None) -> Sequence[Mapping[str, Any]]:
    return [] if thinking is None else [{"type": "thinking", "thinking": thinking}]


def _with_fault(answer: AnswerType, fault: Fault) -> AnswerType:
    return replace(answer, faults=(*answer.faults, fault))


def _first(actions: Sequence[Action], events: int) -> Sequence[Action]:
    """Everything up to and with the given number of events; too few events are a fault of the script."""
    at = [index for index, action in enumerate(actions) if isinstance(action, Send)]
    if events > len(at):
        raise ValueError(f"the script cuts an answer after {events} events, but it has only {len(at)}")
    opening = next((index for index, action in enumerate(actions) if isinstance(action, Open)), -1)
    return actions[: (at[events - 1] if events else opening) + 1]
