"""Owns talking to the MCP server in tests: in memory or as a process, in each era of the protocol, with a person."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.client import ConnectMode
from mcp.client.session import ElicitationFnT
from mcp.types import CallToolResult, ElicitResult, ListRootsResult, Root, TextContent

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS
from copydesk.frontends.mcp.approval import ElicitedApprover
from copydesk.frontends.mcp.server import Desk, make_server
from copydesk.tools.calls import Tool
from copydesk.tools.toolbox import Toolbox

ERAS = ("legacy", "modern")
"""With a handshake and questions in the middle of a call (up to 2025-11-25), and without either (from 2026-07-28)."""
_MODES: Mapping[str, ConnectMode] = {"legacy": "legacy", "modern": "auto"}
DEFAULT_VERSION = "text_editor_20250728"


KEPT = object()


@dataclass
class Person:
    """Who sits at the client: answers every form in the same way, and remembers what they were asked."""

    approve: bool = True
    note: str = ""
    action: str = "accept"
    filled_in: Any = KEPT
    """What is sent instead of the two above."""
    meanwhile: Callable[[], object] | None = None
    """Happens once, while the first form is open."""
    asked: list[str] = field(default_factory=list)

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        if self.meanwhile and len(self.asked) == 1:
            self.meanwhile()
        content = {"approve": self.approve, "note": self.note} if self.filled_in is KEPT else self.filled_in
        return ElicitResult.model_validate({"action": self.action, "content": content})


def open_desk(
    folder: Path, mode: Mode = Mode.ASK, version: str = DEFAULT_VERSION, extra: tuple[Tool, ...] = (), **rules: Any
) -> Desk:
    """The parts of a server on a folder, with further tools beside its own."""
    place, approver = open_place(str(folder), os.environ), ElicitedApprover()
    plan = ServerPlan(mode=mode, config=Config(**rules), version=TOOL_VERSIONS[version], approver=approver)
    server = open_server(place, plan)
    desk = Desk(server.editor, server.toolbox, server.scope, approver, place.root.path)
    return replace(desk, toolbox=Toolbox(server.editor, lambda: extra)) if extra else desk


def connect(desk: Desk, era: str, person: ElicitationFnT | None = None, roots: list[str] | None = None) -> Client:
    """A client in this process; without a person it shows no forms, without a list it has no roots."""
    return Client(make_server(desk), mode=_MODES[era], elicitation_callback=person, list_roots_callback=roots_of(roots))


def connect_process(folder: Path, era: str, person: Person | None = None, *options: str) -> Client:
    """A client of the real program on standard streams."""
    arguments = ["-W", "error", "-m", "copydesk", "mcp", "--root", str(folder), *options]
    program = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    return Client(program, mode=_MODES[era], elicitation_callback=person)


def roots_of(uris: list[str] | None) -> Any:
    """What answers the server's question for roots."""

    async def answer(_: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root.model_validate({"uri": uri}) for uri in uris or []])

    return None if uris is None else answer


def text_of(result: CallToolResult) -> str:
    """The text of an answer."""
    return "".join(block.text for block in result.content if isinstance(block, TextContent))
