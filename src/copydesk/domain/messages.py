"""Owns the shape of a conversation with the Messages API: plain dictionaries, built once and never edited.

`validate` is run before every request; a history that it refuses is never sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from copydesk.domain.errors import CopydeskError
from copydesk.domain.usage import Usage

Message = dict[str, Any]
Block = dict[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")
THINKING_TYPES = ("thinking", "redacted_thinking")
INTERRUPTED = "Not run: the person interrupted."
NOT_RUN_AFTER_REJECT = "Not run: the person rejected an earlier edit of this message."
CUT_OFF = "Not run: your reply was cut off by its length limit. Send smaller edits, one at a time."
BROKEN_OFF = "This call broke off with an error inside copydesk. View the file to see what holds now."
LOST_RESULT = "The record of this call's result is damaged. View the file to see what holds now."
UNKNOWN_AFTER_CRASH = "Not run: the session ended before this call was carried out."


class InvalidHistory(CopydeskError):
    """A conversation that the Messages API would refuse."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A closed `tool_use` block whose raw input was valid JSON."""

    id: str
    name: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one call, as it goes into a `tool_result` block."""

    call: str
    content: str | list[Block]
    is_error: bool = False

    @property
    def text(self) -> str:
        """What can be read of it; images and documents are named by the sentence before them."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(str(block["text"]) for block in self.content if block["type"] == "text")

    def to_block(self) -> Block:
        """Write it for the API; `is_error` only where true."""
        block: Block = {"type": "tool_result", "tool_use_id": self.call, "content": self.content}
        return block | {"is_error": True} if self.is_error else block


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """A whole reply of the model: what was streamed, closed and counted."""

    content: tuple[Block, ...]
    """Blocks exactly as the server sent them; echoed verbatim."""
    stop_reason: str | None
    usage: Usage = field(default_factory=Usage)
    message_id: str = ""
    stop_details: dict[str, Any] | None = None
    broken_calls: tuple[str, ...] = ()
    """Ids of `tool_use` blocks that were not closed or whose raw JSON did not parse."""
    cache_miss: str = ""
    """Why the cache was missed, where the API says so."""

    @property
    def text(self) -> str:
        """What it says, without thinking and calls."""
        return "".join(block.get("text", "") for block in self.content if block.get("type") == "text")

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Its tool calls in order."""
        return tuple(
            ToolCall(block["id"], block["name"], block["input"])
            for block in self.content
            if block.get("type") == "tool_use"
        )

    def sendable(self) -> "AssistantTurn":
        """The turn without calls that cannot be echoed: broken ones, and a second use of an id."""
        seen: set[str] = set(self.broken_calls)
        kept: list[Block] = []
        for block in self.content:
            if block.get("type") == "tool_use":
                if block["id"] in seen:
                    continue
                seen.add(block["id"])
            kept.append(block)
        return replace(self, content=tuple(kept), broken_calls=())

    def to_message(self) -> Message:
        """The assistant message for the history; only call it for a turn with content."""
        return {"role": "assistant", "content": list(self.content)}


def user_message(*parts: str | Block) -> Message:
    """A prompt; each text becomes a block of its own, empty ones are left out, and a block stays as it is."""
    return {"role": "user", "content": [_as_block(part) for part in parts if part]}


def _as_block(part: str | Block) -> Block:
    return {"type": "text", "text": clean(part)} if isinstance(part, str) else part


def results_message(results: Sequence[ToolResult], note: str = "") -> Message:
    """All results of a step in one message, results first and any text after."""
    content: list[Block] = [result.to_block() for result in results]
    return {"role": "user", "content": content + ([{"type": "text", "text": clean(note)}] if note else [])}


def clean(text: str) -> str:
    """Replace each lone surrogate, which UTF-8 and the API cannot carry, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def pending_calls(messages: Sequence[Message]) -> tuple[ToolCall, ...]:
    """The calls of the last message that have no result yet."""
    if not messages or messages[-1]["role"] != "assistant":
        return ()
    return AssistantTurn(tuple(messages[-1]["content"]), None).calls


def validate(messages: Sequence[Message], *, is_paused: bool = False) -> None:
    """Raise InvalidHistory unless the API would take this conversation as it is.

    A paused turn (`pause_turn`) is sent back as it is and so ends with the model's own message.
    """
    last_role = "assistant" if is_paused else "user"
    if not messages or messages[0]["role"] != "user" or messages[-1]["role"] != last_role:
        raise InvalidHistory("A conversation begins and ends with a message of the person.")
    owed: tuple[str, ...] = ()
    for number, message in enumerate(messages):
        if number and messages[number - 1]["role"] == message["role"]:
            raise InvalidHistory(f"Messages {number} and {number + 1} have the same role.")
        if not message["content"]:
            raise InvalidHistory(f"Message {number + 1} is empty.")
        _check_results(number, message, owed)
        owed = tuple(block["id"] for block in message["content"] if block.get("type") == "tool_use")
        if len(set(owed)) != len(owed):
            raise InvalidHistory(f"Message {number + 1} uses a tool call id twice.")


def _check_results(number: int, message: Message, owed: tuple[str, ...]) -> None:
    kinds = [block.get("type") for block in message["content"]]
    answered = tuple(block["tool_use_id"] for block in message["content"] if block.get("type") == "tool_result")
    if sorted(answered) != sorted(owed):
        raise InvalidHistory(f"Message {number + 1} answers calls {list(answered)} where {list(owed)} were made.")
    if "tool_result" in kinds[len(answered) :]:
        raise InvalidHistory(f"Message {number + 1} has text before its tool results.")
    if any(block.get("type") == "text" and not block.get("text") for block in message["content"]):
        raise InvalidHistory(f"Message {number + 1} has an empty text block.")


def repaired(messages: Sequence[Message]) -> list[Message]:
    """Make a history valid again that lost records to damage: every call answered, no answer without its call."""
    whole: list[Message] = []
    for number, message in enumerate(messages):
        if not whole and message["role"] != "user":
            continue
        following = messages[number + 1] if number + 1 < len(messages) else None
        if message["role"] == "assistant":
            whole.append(message)
            if following is not None and following["role"] == "assistant":
                whole.append(results_message(_lost(message, ())))
            continue
        owed = pending_calls(whole)
        answers = [b for b in message["content"] if b.get("type") == "tool_result"]
        known = {call.id for call in owed}
        kept = [block for block in answers if block["tool_use_id"] in known]
        missing = [
            result.to_block() for result in _lost(whole[-1] if whole else None, tuple(b["tool_use_id"] for b in kept))
        ]
        texts = [block for block in message["content"] if block.get("type") != "tool_result"]
        if kept or missing or texts:
            whole.append({"role": "user", "content": [*kept, *missing, *texts]})
    return whole


def _lost(message: Message | None, answered: tuple[str, ...]) -> list[ToolResult]:
    """Results for the calls of a message that no record answers."""
    if message is None or message["role"] != "assistant":
        return []
    calls = AssistantTurn(tuple(message["content"]), None).calls
    return [ToolResult(call.id, LOST_RESULT, True) for call in calls if call.id not in answered]
