"""A request as the model would read it: tools, then system, then messages, one part for each block.

Owns the order and the canonical text of the parts, which caching and thinking signatures are both computed from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tables import ModelRow

THINKING_TYPES = ("thinking", "redacted_thinking")


@dataclass(frozen=True)
class Request:
    """A request for an answer or a count whose shape is good and whose model is known."""

    body: Mapping[str, Any]
    row: ModelRow
    version: str
    betas: frozenset[str]
    counting: bool = False

    @property
    def thinking(self) -> Mapping[str, Any]:
        """The thinking that applies, the model's default where the request says nothing; its `type` is always there."""
        default = {"type": "adaptive" if self.row.thinks_unasked else "disabled"}
        return self.body.get("thinking") or default

    @property
    def display(self) -> str:
        return self.thinking.get("display") or self.row.display

    @property
    def effort(self) -> str | None:
        return (self.body.get("output_config") or {}).get("effort")

    @property
    def drops_unbound_thinking(self) -> bool:
        binding = self.thinking.get("block_binding") or {}
        return binding.get("prefix_mismatch_behavior") == "drop_block"


@dataclass(frozen=True)
class Part:
    place: str
    """`tools`, `system` or `messages`."""
    role: str
    """The message's role; the place itself for the other two."""
    path: str
    """Where an error says the block is."""
    block: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.block.get("type"))

    @property
    def canonical(self) -> str:
        return f"{self.role}:{canonical(self.block)}\n"

    @property
    def lifetimes(self) -> tuple[str, ...]:
        """The lifetime (`5m`, `1h`) of each breakpoint on the block, those inside a tool result first."""
        nested = self.block.get("content") if self.kind == "tool_result" else None
        inner = [each for each in nested if isinstance(each, dict)] if isinstance(nested, list) else []
        marks = [each.get("cache_control") for each in [*inner, self.block]]
        return tuple(mark.get("ttl", "5m") for mark in marks if mark)

    @property
    def cacheable(self) -> bool:
        return self.kind not in THINKING_TYPES


def canonical(block: Mapping[str, Any]) -> str:
    """The block without cache markers and nulls. Field order counts inside a tool's input and schema only."""
    shown = {name: value for name, value in sorted(block.items()) if name != "cache_control" and value is not None}
    if isinstance(shown.get("content"), list):
        shown["content"] = [canonical(each) for each in shown["content"]]
    return json.dumps(shown, ensure_ascii=False)


def blocks_of(content: str | Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """A plain string is short for one text block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def prompt_parts(body: Mapping[str, Any]) -> Iterator[Part]:
    for index, tool in enumerate(body.get("tools", ())):
        yield Part("tools", "tools", f"tools.{index}", tool)
    for index, block in enumerate(blocks_of(body.get("system", ()))):
        yield Part("system", "system", f"system.{index}", block)
    for number, message in enumerate(body["messages"]):
        for index, block in enumerate(blocks_of(message["content"])):
            yield Part("messages", message["role"], f"messages.{number}.content.{index}", block)


def estimated_tokens(text: str) -> int:
    """A quarter of the UTF-8 bytes, rounded up: not the model's tokeniser, but it grows with the text."""
    return -(-len(text.encode()) // 4)
