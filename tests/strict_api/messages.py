"""The answer on the wire: the message object, its SSE frames, and the actions that send them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .breakpoints import PromptUsage
from .prompt import Request, canonical, estimated_tokens
from .replies import Action, Open, Reply, Send
from .tables import EDITOR_NAMES

_STARTED_EMPTY = {"text": ("text",), "thinking": ("thinking", "signature"), "tool_use": ("input",)}
"""Fields that arrive by deltas, by type of block; every other type arrives whole."""


def tool_name(body: Mapping[str, Any]) -> str:
    """The editor tool of the request, else its first tool."""
    tools = body.get("tools") or [{"name": "no_tool_was_given"}]
    editors = [tool for tool in tools if tool.get("type") in EDITOR_NAMES]
    return str((editors or tools)[0]["name"])


def answer_blocks(reply: Reply, request: Request, id_prefix: str) -> list[dict[str, Any]]:
    """The scripted blocks with names and ids; thinking is left out where the model would not think."""
    thinks = _thinks(request)
    filled: list[dict[str, Any]] = []
    for index, block in enumerate(reply.blocks):
        match block["type"]:
            case "tool_use":
                name = block.get("name") or tool_name(request.body)
                call_id = block.get("id") or f"toolu_{id_prefix}{index:02}"
                filled.append({"type": "tool_use", "id": call_id, "name": name, "input": block["input"]})
            case "thinking" | "redacted_thinking" if not thinks:
                pass
            case _:
                filled.append(dict(block))
    return filled


def _thinks(request: Request) -> bool:
    match request.thinking["type"]:
        case "disabled":
            return False
        case "between_tools":
            content = request.body["messages"][-1]["content"]
            return not isinstance(content, str) and any(block["type"] == "tool_result" for block in content)
        case _:
            return True


def stop_reason(reply: Reply) -> str:
    called = any(block["type"] == "tool_use" for block in reply.blocks)
    return reply.stop_reason or ("tool_use" if called else "end_turn")


def usage_fields(prompt: PromptUsage, reply: Reply) -> dict[str, Any]:
    """The counters of a finished message; those of the thinking count what the model thought, not what it showed."""
    thought = sum(estimated_tokens(each.get("thinking", "")) for each in reply.blocks if each["type"] == "thinking")
    said = sum(estimated_tokens(canonical(each)) for each in reply.blocks if each["type"] != "thinking")
    return {
        "input_tokens": prompt.uncached,
        "cache_creation_input_tokens": prompt.written_5m + prompt.written_1h,
        "cache_read_input_tokens": prompt.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": prompt.written_5m,
            "ephemeral_1h_input_tokens": prompt.written_1h,
        },
        "output_tokens": thought + said,
        "output_tokens_details": {"thinking_tokens": thought},
        "service_tier": "standard",
    }


def actions_for(message: Mapping[str, Any], reply: Reply, *, streaming: bool) -> Sequence[Action]:
    sends: list[Action] = (
        [Send(_frame(event)) for event in stream_events(message, reply.delta_characters)]
        if streaming
        else [Send(json.dumps(message).encode())]
    )
    actions: Sequence[Action] = [Open(), *sends]
    for fault in reply.faults:
        actions = fault(actions)
    return actions if reply.chunk_bytes is None else _rechunked(actions, reply.chunk_bytes)


def stream_events(message: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """The events of a whole, undisturbed stream."""
    usage = dict(message["usage"])
    details = usage.pop("output_tokens_details")
    empty: dict[str, Any] = {"content": [], "stop_reason": None, "stop_details": None}
    yield {"type": "message_start", "message": {**message, **empty, "usage": {**usage, "output_tokens": 1}}}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block, size)
    ending = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    totals = {name: value for name, value in usage.items() if name not in ("cache_creation", "service_tier")}
    yield {"type": "message_delta", "delta": ending, "usage": {**totals, "output_tokens_details": details}}
    yield {"type": "message_stop"}


def _block_events(index: int, block: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    emptied = {name: {} if name == "input" else "" for name in _STARTED_EMPTY.get(block["type"], ())}
    yield {"type": "content_block_start", "index": index, "content_block": {**block, **emptied}}
    for delta in _deltas(block, size):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _deltas(block: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "text":
            for piece in _pieces(block["text"], size):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in _pieces(block["thinking"], size):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            yield {"type": "input_json_delta", "partial_json": ""}
            given = block["input"]
            for piece in _pieces(given if isinstance(given, str) else json.dumps(given), size):
                yield {"type": "input_json_delta", "partial_json": piece}
        case _:
            pass


def _pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _frame(event: Mapping[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _rechunked(actions: Sequence[Action], size: int) -> Sequence[Action]:
    """Joins what is sent without a pause between, and cuts it anew."""
    cut: list[Action] = []
    waiting = b""
    for action in [*actions, None]:
        if isinstance(action, Send):
            waiting += action.data
            continue
        cut += [Send(waiting[start : start + size]) for start in range(0, len(waiting), size)]
        waiting = b""
        if action is not None:
            cut.append(action)
    return cut
