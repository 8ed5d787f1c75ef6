"""Owns how the tools are joined without an agent: for clients that bring a model of their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from copydesk.assembly.place import Place, new_session_id, recover, require_state, scope_of
from copydesk.changes.gate import Approver, Gate, NobodyToAsk
from copydesk.changes.steps import Operation, StepMeta
from copydesk.changes.undo import SessionChanges
from copydesk.config import Config
from copydesk.domain.door import DoorEvent
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Policy
from copydesk.domain.tools import DEFAULT_TOOL_VERSION, ToolVersion
from copydesk.tools.calls import Tool
from copydesk.tools.editor import EditorTool
from copydesk.tools.ports import EditorPorts, Report, unheard
from copydesk.tools.toolbox import Toolbox
from copydesk.workspace.live import keep_live
from copydesk.workspace.scope import Scope


def _unseen(event: DoorEvent) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """What a tool server is to be."""

    mode: Mode
    config: Config
    version: ToolVersion = DEFAULT_TOOL_VERSION
    max_characters: int | None = None
    approver: Approver = field(default_factory=NobodyToAsk)
    emit: Callable[[DoorEvent], None] = _unseen
    report: Report = unheard
    """Takes how far a search has come."""


@dataclass(frozen=True, slots=True)
class ToolServer:
    """The tools of one workspace, open for calls."""

    editor: EditorTool
    toolbox: Toolbox
    """The editor tool and the others."""
    scope: Scope
    notices: tuple[str, ...]
    """What the person should know of what a killed process left."""


def open_server(place: Place, plan: ServerPlan) -> ToolServer:
    """Join the tools, and settle what a killed process left; UsageError where no edit could be recorded."""
    require_state(place, plan.mode)
    notices = recover(place)
    session = new_session_id(place)
    keep_live(place.applier.history.store, session)
    origin = StepMeta(Operation.EDIT, session)
    gate = Gate(Policy(plan.mode, plan.config.rules()), origin, place.applier, plan.approver, plan.emit)
    scope = scope_of(place)
    changes = SessionChanges(place.applier, session)
    ports = EditorPorts(place.files, scope.real_path, gate, changes, partial(place.circumstances.draw, "call", 6))
    editor = EditorTool(plan.version, ports, plan.max_characters)

    def others() -> list[Tool]:
        # A server is to be ready at once.
        from copydesk.assembly.exploring import exploring_tools

        return exploring_tools(place, place.files, gate, scope, plan.report) if plan.config.explores else []

    return ToolServer(editor, Toolbox(editor, others), scope, notices)
