"""Why a prompt missed the cache of the one before it, as `diagnostics` of a request asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from .breakpoints import PromptUsage
from .prompt import Request, prompt_parts


@dataclass(frozen=True)
class Footprint:
    """What one prompt is compared by."""

    model: str
    tools: str
    system: str
    messages: tuple[str, ...]


def _footprint(request: Request) -> Footprint:
    parts = list(prompt_parts(request.body))

    def digest(place: str) -> str:
        text = "".join(part.canonical for part in parts if part.place == place)
        return hashlib.sha256(text.encode()).hexdigest()

    messages = tuple(part.canonical for part in parts if part.place == "messages")
    return Footprint(request.row.id, digest("tools"), digest("system"), messages)


@dataclass
class Diagnosis:
    """Remembers each prompt by the id of the message that answered it."""

    seen: dict[str, Footprint] = field(default_factory=dict)

    def remember(self, message_id: str, request: Request) -> None:
        self.seen[message_id] = _footprint(request)

    def explain(self, request: Request, usage: PromptUsage) -> dict[str, Any]:
        """The `diagnostics` of the answer; a null reason where nothing changed or nothing was asked."""
        previous_id = request.body["diagnostics"].get("previous_message_id")
        if previous_id is None:
            return {"cache_miss_reason": None}
        if previous_id not in self.seen:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        kind = _difference(self.seen[previous_id], _footprint(request))
        missed = usage.total - usage.read
        return {"cache_miss_reason": kind and {"type": kind, "cache_missed_input_tokens": missed}}


def _difference(before: Footprint, now: Footprint) -> str | None:
    if before.model != now.model:
        return "model_changed"
    if before.tools != now.tools:
        return "tools_changed"
    if before.system != now.system:
        return "system_changed"
    return None if now.messages[: len(before.messages)] == before.messages else "messages_changed"
