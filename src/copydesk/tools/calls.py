"""Owns what every tool has in common: its declaration, and a call that always has an answer."""

from dataclasses import dataclass
from typing import Protocol

from copydesk.domain.messages import ToolCall, ToolResult, clean
from copydesk.domain.proposals import Outcome


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """A call's answer, and what became of its proposal if it made one."""

    result: ToolResult
    outcome: Outcome | None = None
    """None where nothing was proposed: a view, or a call that could not be carried out."""


class Tool(Protocol):
    """Something that a model can call by name."""

    @property
    def name(self) -> str:
        """What the model calls it."""
        ...

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it to the Messages API."""
        ...

    async def call(self, call: ToolCall) -> CallOutcome:
        """Carry a call out; whatever is wrong with it is said in the answer."""
        ...


def answered(call: ToolCall, text: str) -> CallOutcome:
    """Answer a call with text; characters that the API cannot carry are replaced."""
    return CallOutcome(ToolResult(call.id, clean(text)))


def refused(call: ToolCall, reason: str) -> CallOutcome:
    """Answer a call with the reason why it was not carried out."""
    return CallOutcome(ToolResult(call.id, clean(reason), is_error=True))
