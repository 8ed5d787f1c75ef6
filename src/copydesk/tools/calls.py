"""Owns what every tool has in common: its declaration, and a call that always has an answer."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from copydesk.domain.errors import CopydeskError
from copydesk.domain.messages import Block, ToolCall, ToolResult, clean
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


async def answering_errors(call: ToolCall, carried_out: Awaitable[CallOutcome]) -> CallOutcome:
    """Wait for a call; every expected failure becomes its answer."""
    try:
        return await carried_out
    except CopydeskError as error:
        return refused(call, str(error))
    except OSError as error:
        return refused(call, f"The file system refused: {error.strerror or 'it gave no reason'}.")
    except UnicodeError:
        return refused(call, "The path or text holds characters that cannot be encoded.")


def answered(call: ToolCall, content: str | list[Block]) -> CallOutcome:
    """Answer a call with text or blocks; characters that the API cannot carry are replaced."""
    if isinstance(content, str):
        return CallOutcome(ToolResult(call.id, clean(content)))
    blocks = [block | {"text": clean(block["text"])} if "text" in block else block for block in content]
    return CallOutcome(ToolResult(call.id, blocks))


def refused(call: ToolCall, reason: str) -> CallOutcome:
    """Answer a call with the reason why it was not carried out."""
    return CallOutcome(ToolResult(call.id, clean(reason), is_error=True))
