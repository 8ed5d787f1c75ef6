"""Owns the set of tools that a session offers; it carries none of them out itself."""

import logging
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Protocol, runtime_checkable

from copydesk.domain.messages import ToolCall
from copydesk.tools.calls import CallOutcome, Tool, refused

_log = logging.getLogger("copydesk.tools")
"""Listened to only where a diagnostic log is kept."""


@runtime_checkable
class Interruptible(Protocol):
    """A tool whose calls may be broken off; the editor is none, since what it writes is written to its end."""

    def interrupt(self) -> None:
        """Break off the calls under way; each is answered all the same."""
        ...


class Toolbox:
    """The tools by name; which ones there are never changes."""

    def __init__(self, editor: Tool, others: Callable[[], Iterable[Tool]] = tuple) -> None:
        """`others` are made once they are declared or called: most calls are for the editor."""
        self._editor = editor
        self._others = others

    @cached_property
    def _tools(self) -> dict[str, Tool]:
        return {tool.name: tool for tool in (self._editor, *self._others())}

    def definitions(self) -> list[dict[str, object]]:
        """Declare the tools to the Messages API, always in the same order."""
        return [tool.definition() for tool in self._tools.values()]

    async def run(self, call: ToolCall) -> CallOutcome:
        """Carry a call out; a name that no tool has is answered with the names there are."""
        tool = self._editor if call.name == self._editor.name else self._tools.get(call.name)
        if tool is None:
            return refused(call, f"There is no tool {call.name[:60]!r}; the tools are {', '.join(self._tools)}.")
        facts = {"tool": call.name, **_about(call.input)}
        _log.debug("begins", extra={"span": call.id, "facts": facts})
        outcome = await tool.call(call)
        _log.debug("ends", extra={"span": call.id, "facts": {**facts, "is_error": outcome.result.is_error}})
        return outcome

    def interrupt(self) -> None:
        """Break off the calls that may be; a tool that was never made has none."""
        made: dict[str, Tool] = vars(self).get("_tools", {})
        for tool in made.values():
            if isinstance(tool, Interruptible):
                tool.interrupt()


def _about(given: object) -> dict[str, object]:
    """What the diagnostic log is told of an input; a model may send anything."""
    return {name: given[name] for name in ("command", "path") if name in given} if isinstance(given, dict) else {}
