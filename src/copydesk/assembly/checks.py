"""Owns how checks are joined: what is declared, where they run, who is asked."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from copydesk.assembly.place import Place
from copydesk.changes.gate import Gate
from copydesk.changes.overlay import Overlay
from copydesk.config import Config
from copydesk.config.confirmed import CheckBook
from copydesk.domain.checks import Check, CheckFinished, environment_of_checks
from copydesk.engine.bus import Bus
from copydesk.engine.verification import Ground, Verification
from copydesk.tools.checks import CheckPorts, RunCheck, carry_out, definition
from copydesk.tools.declared import DeclaredChecks, declared_checks
from copydesk.workspace.copies import link_into, plain_copy
from copydesk.workspace.processes import Processes
from copydesk.workspace.search import FileSearch
from copydesk.workspace.traces import file_states

if TYPE_CHECKING:
    from copydesk.assembly.session import SessionPlan


def offering_checks(place: Place, plan: "SessionPlan") -> "SessionPlan":
    """The same session with the checks there are, declared to the model (blocking)."""
    if plan.environment is None:
        return plan
    checks = checks_of(place, plan.config)
    if not checks.all:
        return plan
    return replace(plan, frame=replace(plan.frame, tools=(*plan.frame.tools, definition(checks))), checks=checks)


def run_check(place: Place, plan: "SessionPlan", checks: DeclaredChecks, gate: Gate, bus: Bus) -> RunCheck:
    """The tool itself: it runs on the disk, and while nothing is written."""
    ports = CheckPorts(
        _processes(place, plan),
        partial(file_states, place.repository, place.root.path),
        gate.approver,
        lambda: gate.policy.mode,
        bus.emit,
        gate.writing,
    )
    return RunCheck(checks, ports)


def checks_of(place: Place, config: Config) -> DeclaredChecks:
    """The checks of a workspace (blocking): configured, confirmed, or detected."""
    return declared_checks(config.checks, CheckBook(place.state.checks), place.files)


def verification(place: Place, plan: "SessionPlan", overlay: Overlay, gate: Gate, bus: Bus) -> Verification:
    """What runs checks on the result of a session."""

    def prepare(checks: Sequence[Check], stop: Event) -> Ground:
        processes = _processes(place, plan)
        if not overlay.images():
            states = partial(file_states, place.repository, place.root.path)
            return Ground(lambda check, stop: carry_out(check, processes, states, stop), lambda: None)
        with ExitStack() as stack:
            copy = stack.enter_context(_laid_out(place, overlay, stop))
            links = [*plan.config.links, *(name for check in checks for name in check.link)]
            link_into(copy, Path(place.root.path), links)
            there = replace(processes, directory=str(copy))
            return Ground(partial(_without_traces, there), stack.pop_all().close)

    return Verification(prepare, gate.writing, bus.emit)


def _processes(place: Place, plan: "SessionPlan") -> Processes:
    environment = environment_of_checks(plan.environment or {})
    return Processes(place.root.path, environment, time.monotonic, place.circumstances.elapsed)


def _laid_out(place: Place, overlay: Overlay, stop: Event) -> AbstractContextManager[Path]:
    """A copy of the workspace as the model sees it."""
    root = Path(place.root.path)
    with FileSearch(place.files, root, place.git, place.state.scratch).begin(stop) as search:
        paths = search.listing.paths(".")
    return plain_copy(root, paths, overlay.images(), place.state.copies, stop)


def _without_traces(processes: Processes, check: Check, stop: Event) -> CheckFinished:
    """Run a check where nothing that it leaves behind stays."""
    return carry_out(check, processes, lambda _: None, stop)
