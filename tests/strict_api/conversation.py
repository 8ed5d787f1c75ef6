"""Who may say what, and in which order: roles, empty content, tool calls and their results.

Neighbouring messages of one role count as one turn, as the API merges them before it looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .prompt import THINKING_TYPES, Part, Request, prompt_parts
from .refusal import Refusal

_ASSISTANT_ONLY = ("tool_use", *THINKING_TYPES)
_USER_ONLY = ("tool_result", "image", "document")


@dataclass
class Turn:
    role: str
    parts: list[Part] = field(default_factory=list)

    def ids(self, kind: str, name: str) -> list[str]:
        return [str(part.block[name]) for part in self.parts if part.kind == kind]


def turns_of(body: Mapping[str, Any]) -> list[Turn]:
    turns: list[Turn] = []
    for part in prompt_parts(body):
        if part.place != "messages":
            continue
        if not turns or turns[-1].role != part.role:
            turns.append(Turn(part.role))
        turns[-1].parts.append(part)
    return turns


def check_conversation(request: Request) -> None:
    _check_messages(request)
    for part in prompt_parts(request.body):
        if part.place != "tools":
            _check_block(part)
    _check_calls_answered(turns_of(request.body))


def _check_messages(request: Request) -> None:
    messages = request.body["messages"]
    if not messages:
        raise Refusal("messages: at least one message is required")
    if messages[0]["role"] != "user":
        raise Refusal('messages: first message must use the "user" role')
    for index, message in enumerate(messages):
        last_prefill = index == len(messages) - 1 and message["role"] == "assistant"
        if not message["content"] and not last_prefill:
            raise Refusal(f"messages.{index}: all messages must have non-empty content")
        if message["role"] == "system" and not request.row.system_messages:
            raise Refusal(f"messages.{index}: role 'system' is not supported by {request.row.id}")


def check_prefill(request: Request) -> None:
    """For a conversation that ends with the assistant, unless it hands back a turn that the server paused."""
    if request.body["messages"][-1]["role"] != "assistant":
        return
    if not request.row.prefill:
        raise Refusal(f"messages: {request.row.id} does not support assistant message prefill; end with a user message")
    last = turns_of(request.body)[-1].parts[-1]
    if last.kind == "text" and last.block["text"] != last.block["text"].rstrip():
        raise Refusal("messages: final assistant content cannot end with trailing whitespace")


def _check_block(part: Part) -> None:
    if part.kind in _ASSISTANT_ONLY and part.role != "assistant":
        raise Refusal(f"{part.path}: `{part.kind}` blocks can only be in `assistant` messages")
    if part.kind in _USER_ONLY and part.role != "user":
        raise Refusal(f"{part.path}: `{part.kind}` blocks can only be in `user` messages")
    if part.role == "user" and part.kind == "text" and part.block.get("citations"):
        raise Refusal(f"{part.path}.text.citations: must be empty in user messages")
    for path, text in _texts(part):
        if not text:
            raise Refusal(f"{path}: text content blocks must be non-empty")
    if part.kind == "text" and not part.block["text"].strip():
        raise Refusal(f"{part.path}: text content blocks must contain non-whitespace text")
    if part.kind == "tool_result" and part.block.get("is_error") and not part.block.get("content"):
        raise Refusal(f"{part.path}.tool_result: content cannot be empty if `is_error` is true")


def _texts(part: Part) -> Iterator[tuple[str, str]]:
    """The text blocks of a part, those inside a tool result too; they may be blank there, as a file may be."""
    inner = part.block.get("content") if part.kind == "tool_result" else None
    blocks = [part.block, *(inner if isinstance(inner, list) else [])]
    for index, block in enumerate(blocks):
        if block.get("type") == "text":
            yield (f"{part.path}.content.{index - 1}" if index else part.path), block["text"]


def _check_calls_answered(turns: list[Turn]) -> None:
    seen: set[str] = set()
    for turn in turns:
        for call in turn.ids("tool_use", "id"):
            if call in seen:
                raise Refusal(f"messages: `tool_use` ids must be unique, `{call}` is used twice")
            seen.add(call)
    for turn, following in pairwise([Turn("user"), *turns, Turn("user")]):
        _check_results(turn.ids("tool_use", "id"), following)


def _check_results(calls: list[str], following: Turn) -> None:
    _check_only_expected(calls, following)
    leading: list[str] = []
    for part in following.parts:
        if part.kind != "tool_result":
            break
        leading.append(str(part.block["tool_use_id"]))
    missing = [call for call in calls if call not in leading]
    shown = ", ".join(missing)
    if missing:
        raise Refusal(
            f"messages: `tool_use` ids were found without `tool_result` blocks immediately after: {shown}; "
            "the next message must start with one `tool_result` block for each `tool_use` block."
        )


def _check_only_expected(calls: list[str], following: Turn) -> None:
    answered: set[str] = set()
    for part in following.parts:
        if part.kind != "tool_result":
            continue
        call = str(part.block["tool_use_id"])
        if call not in calls:
            raise Refusal(
                f"{part.path}: unexpected `tool_use_id` found in `tool_result` blocks: {call}. "
                "Each `tool_result` block must have its `tool_use` block in the previous message."
            )
        if call in answered:
            raise Refusal(f"{part.path}: each tool_use must have a single result, `{call}` has several")
        answered.add(call)
