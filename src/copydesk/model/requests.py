"""Owns what one request looks like to the SDK: the constant fields, the frozen system and tools, the history.

Cache markers exist only in what is sent: the history is copied where a marker goes, and never changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from copydesk.domain.messages import Message
from copydesk.model.parameters import RequestParameters

_SAMPLING: Final = ("temperature", "top_p", "top_k")
"""Fields that the SDK's own method no longer takes, and that models of the earlier API version do."""
_MARKER: Final = {"type": "ephemeral"}


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of the model."""

    parameters: RequestParameters
    system: str
    """The same in every request of a session, to the byte."""
    tools: list[dict[str, object]]
    """The entries of `tools`; the same in every request of a session."""
    messages: Sequence[Message]
    previous_message_id: str = ""
    """Id of the reply before, for cache diagnostics; empty in the first request."""


def sdk_arguments(request: ModelRequest, headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments for the SDK's `create`; `headers` go with every request of this connection."""
    parameters = request.parameters
    body = dict(parameters.body)
    sampling = {name: body.pop(name) for name in _SAMPLING if name in body}
    if request.system:
        text = {"type": "text", "text": request.system, "cache_control": dict(parameters.system_cache_control)}
        body["system"] = [text]
    if request.tools:
        body["tools"] = request.tools
    body["messages"] = marked(request.messages) if parameters.has_tail_breakpoint else list(request.messages)
    if parameters.has_diagnostics:
        body["diagnostics"] = {"previous_message_id": request.previous_message_id or None}
    if parameters.betas:
        body["betas"] = list(parameters.betas)
    version = {"anthropic-version": parameters.api_version} if parameters.api_version else {}
    return {**body, "stream": True, "extra_headers": {**headers, **version}, "extra_body": sampling or None}


def marked(messages: Sequence[Message]) -> list[Message]:
    """Copy a history with a cache breakpoint on the last block of the last message of the person."""
    copied = list(messages)
    for index in range(len(copied) - 1, -1, -1):
        content = copied[index]["content"]
        if copied[index]["role"] == "user" and content:
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
            blocks[-1] = {**blocks[-1], "cache_control": _MARKER}
            copied[index] = {**copied[index], "content": blocks}
            break
    return copied
