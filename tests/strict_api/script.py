"""The script of a server: whose turn it is, from a list, from a function, or from a file.

A file is a JSON list of objects. Each holds what is answered:

    {"say": "text"}                                text; with "thinking": "text" if wanted
    {"call": {"command": "view", "path": "a.py"}}  a tool call, or several from a list; with "text", "thinking", "name"
    {"stop": "max_tokens"}                         another stop reason, for the above or for an empty answer
    {"fail": 429, "type": "rate_limit_error", "message": "Slow down.", "headers": {"retry-after": "2"}}

and, where wanted, what goes wrong on the way: "delay" (seconds), "per_event" (seconds), "drop_after", "truncate_after",
"stall_after", "error_after" (events) and "chunk_bytes"; "delta_characters" says how much comes with an event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .replies import (
    Answer,
    Reply,
    call,
    delayed,
    dropped,
    error_mid_stream,
    fail,
    say,
    split,
    stalled,
    stop,
    truncated,
)

Ask = Callable[[Mapping[str, Any], int], Answer]
"""Takes the body of an accepted request and the number of those before it."""
Script = Sequence[Answer] | Ask

_FAULTS: Mapping[str, Callable[[Reply, int], Reply]] = {
    "drop_after": dropped,
    "truncate_after": truncated,
    "stall_after": stalled,
    "error_after": error_mid_stream,
    "chunk_bytes": split,
}
_SAID = {"say", "call", "stop", "text", "thinking", "name"}
_FAILED = {"fail", "type", "message", "headers"}
_SLOWED = {"delay", "per_event"}
_SIZED = "delta_characters"


class ScriptEnded(Exception):
    """A request came for which nothing was written."""


def next_answer(script: Script, body: Mapping[str, Any], index: int) -> Answer:
    if callable(script):
        return script(body, index)
    if index >= len(script):
        raise ScriptEnded(f"the script has {len(script)} answers, and this is request {index + 1}")
    return script[index]


def load_script(path: Path) -> list[Answer]:
    """Raises ValueError, naming the entry, for a file that is not such a list."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path}: a script is a JSON list")
    return [parse_answer(entry, f"{path}: entry {number}") for number, entry in enumerate(entries, 1)]


def parse_answer(entry: Mapping[str, Any], where: str) -> Answer:
    fields = set(entry)
    known = (_FAILED if "fail" in fields else {*_SAID, *_FAULTS, _SIZED}) | _SLOWED
    if not fields & {"say", "call", "stop", "fail"} or fields - known:
        raise ValueError(f"{where}: needs say, call, stop or fail, and takes {', '.join(sorted(known))} only")
    slowed = entry.get("delay", 0.0), entry.get("per_event", 0.0)
    if "fail" in fields:
        kind, message = entry.get("type", "api_error"), entry.get("message", "The request failed.")
        return delayed(fail(entry["fail"], kind, message, entry.get("headers")), slowed[0])
    reply = delayed(_parse_reply(entry), slowed[0], per_event=slowed[1])
    reply = replace(reply, delta_characters=entry.get(_SIZED, reply.delta_characters))
    for name, fault in _FAULTS.items():
        if name in fields:
            reply = fault(reply, entry[name])
    return reply


def _parse_reply(entry: Mapping[str, Any]) -> Reply:
    reply: Reply | None = None
    if "call" in entry:
        calls = entry["call"] if isinstance(entry["call"], list) else [entry["call"]]
        text = entry.get("text", entry.get("say"))
        reply = call(*calls, name=entry.get("name"), text=text, thinking=entry.get("thinking"))
    elif "say" in entry:
        reply = say(entry["say"], thinking=entry.get("thinking"))
    return stop(entry["stop"], reply) if "stop" in entry else reply or Reply(())
