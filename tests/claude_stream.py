"""Owns a reader of the stream that Claude Code's print mode writes, as strict as the programs that read it.

Written from the captured shape alone: it knows nothing of copydesk's own lines and passes them over by their type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Line = Mapping[str, Any]
SUBTYPES = (
    "success",
    "error_max_turns",
    "error_during_execution",
    "error_max_budget_usd",
    "error_max_structured_output_retries",
    "error_limit",
)
"""The last one is ours: consumers ask whether it begins with `error`."""
KNOWN = ("system", "assistant", "user", "stream_event", "result")


@dataclass
class Read:
    """What a consumer gets out of a stream."""

    model: str = ""
    said: list[str] = field(default_factory=list)
    """Whole texts of the assistant."""
    streamed: str = ""
    """The text put together of pieces."""
    calls: dict[str, Line] = field(default_factory=dict)
    """Calls of tools by their id."""
    answered: dict[str, Line] = field(default_factory=dict)
    result: Line = field(default_factory=dict)


def read_stream(lines: Iterable[Line]) -> Read:
    """Read a whole run; AssertionError or KeyError for what a consumer could not read."""
    read, sessions, names = Read(), set(), set()
    for number, line in enumerate(lines):
        if line["type"] not in KNOWN:
            continue
        assert not read.result, "nothing comes after the result"
        sessions.add(line["session_id"])
        assert line["uuid"] not in names
        names.add(line["uuid"])
        _READERS[line["type"]](read, line)
        assert (number == 0) is (line["type"] == "system" and line["subtype"] == "init")
    assert len(sessions) == 1
    assert read.calls.keys() == read.answered.keys()
    assert read.result
    return read


def _system(read: Read, line: Line) -> None:
    if line["subtype"] == "init":
        read.model = line["model"]
        assert isinstance(line["tools"], list)
        assert all(isinstance(line[name], str) for name in ("cwd", "permissionMode", "apiKeySource"))
        assert isinstance(line["mcp_servers"], list)
    if line["subtype"] == "api_retry":
        assert line["attempt"] <= line["max_retries"]
        assert isinstance(line["retry_delay_ms"], int)
        assert line["error_status"] is None or isinstance(line["error_status"], int)


def _assistant(read: Read, line: Line) -> None:
    message = line["message"]
    assert (message["role"], message["model"], line["parent_tool_use_id"]) == ("assistant", read.model, None)
    assert message["id"]
    assert message["usage"]["output_tokens"] >= 0
    datetime.fromisoformat(line["timestamp"])
    for block in message["content"]:
        match block["type"]:
            case "text":
                read.said.append(block["text"])
            case "thinking":
                assert isinstance(block["thinking"], str)
            case "tool_use":
                assert isinstance(block["input"], dict)
                read.calls[block["id"]] = block
            case other:
                raise AssertionError(other)


def _user(read: Read, line: Line) -> None:
    assert (line["message"]["role"], line["parent_tool_use_id"]) == ("user", None)
    for block in line["message"]["content"]:
        assert block["type"] == "tool_result"
        assert block["tool_use_id"] in read.calls
        read.answered[block["tool_use_id"]] = block


def _stream_event(read: Read, line: Line) -> None:
    event = line["event"]
    if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
        read.streamed += event["delta"]["text"]


def _result(read: Read, line: Line) -> None:
    read.result = line
    assert line["subtype"] in SUBTYPES
    assert line["is_error"] is (line["subtype"] != "success")
    assert isinstance(line["result"], str)
    assert all(isinstance(line[name], int) for name in ("num_turns", "duration_ms", "duration_api_ms"))
    assert line["total_cost_usd"] is None or line["total_cost_usd"] >= 0
    for counts in line["modelUsage"].values():
        assert {"inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens", "costUSD"} <= set(
            counts
        )
    for denial in line["permission_denials"]:
        assert {"tool_name", "tool_use_id", "tool_input"} <= set(denial)
    assert isinstance(line["usage"]["input_tokens"], int)
    assert isinstance(line["terminal_reason"], str)


_READERS = {
    "system": _system,
    "assistant": _assistant,
    "user": _user,
    "stream_event": _stream_event,
    "result": _result,
}
