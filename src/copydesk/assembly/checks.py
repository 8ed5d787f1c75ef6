"""Owns how the tool that runs checks is joined: what is declared, where it runs, who is asked."""

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from copydesk.assembly.place import Place
from copydesk.changes.gate import Gate
from copydesk.config.confirmed import CheckBook
from copydesk.domain.checks import environment_of_checks
from copydesk.engine.bus import Bus
from copydesk.tools.checks import CheckPorts, RunCheck, definition
from copydesk.tools.declared import DeclaredChecks, declared_checks
from copydesk.workspace.processes import Processes
from copydesk.workspace.traces import file_states

if TYPE_CHECKING:
    from copydesk.assembly.session import SessionPlan


def offering_checks(place: Place, plan: "SessionPlan") -> "SessionPlan":
    """The same session with the checks there are, declared to the model (blocking)."""
    if plan.environment is None:
        return plan
    checks = declared_checks(plan.config.checks, CheckBook(place.state.checks), place.files)
    if not checks.all:
        return plan
    return replace(plan, frame=replace(plan.frame, tools=(*plan.frame.tools, definition(checks))), checks=checks)


def run_check(place: Place, plan: "SessionPlan", checks: DeclaredChecks, gate: Gate, bus: Bus) -> RunCheck:
    """The tool itself: it runs on the disk, and while nothing is written."""
    ports = CheckPorts(
        Processes(place.root.path, environment_of_checks(plan.environment or {}), time.monotonic),
        partial(file_states, place.repository, place.root.path),
        gate.approver,
        lambda: gate.policy.mode,
        bus.emit,
        gate.writing,
    )
    return RunCheck(checks, ports)
