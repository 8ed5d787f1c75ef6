"""Owns what the options say of a tool server, for every protocol that it may speak; the agent is not loaded."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace

from copydesk.assembly.place import Place, configure
from copydesk.assembly.server import ServerPlan
from copydesk.changes.gate import Approver
from copydesk.config import Config
from copydesk.domain.door import DoorEvent
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import Mode
from copydesk.domain.tools import DEFAULT_TOOL_VERSION, TOOL_VERSIONS, ToolVersion


def server_plan(
    place: Place,
    options: argparse.Namespace,
    environment: Mapping[str, str],
    default_mode: Mode,
    *,
    approver: Approver | None = None,
    emit: Callable[[DoorEvent], None] | None = None,
) -> ServerPlan:
    """What a tool server is to be, or a UsageError for what cannot be; without an approver every question is a no."""
    flags = Config(
        mode=Mode(options.mode) if options.mode else None,
        allow=tuple(options.allow),
        deny=tuple(options.deny),
        explore=False if options.no_explore else None,
    )
    config = configure(place, flags, environment, options.config, default_mode)
    mode = config.mode or default_mode
    _require_git(place, mode)
    plan = ServerPlan(
        mode=mode,
        config=config,
        version=_tool_version(options.model, options.tool_version),
        max_characters=options.max_characters,
    )
    if approver:
        plan = replace(plan, approver=approver)
    return replace(plan, emit=emit) if emit else plan


def _require_git(place: Place, mode: Mode) -> None:
    """UsageError where no edit could be recorded, as far as can be told without starting git."""
    if mode is not Mode.PLAN and place.git.executable is None:
        raise UsageError(
            "There is no git, so no edit could be taken back, and none is made. Install git, or use --mode plan."
        )


def _tool_version(model: str | None, asked: str) -> ToolVersion:
    """The version asked for, else the model's own, else the newest; UsageError where they do not go together."""
    if model:
        from copydesk.model.parameters import RequestOptions, parameters
        from copydesk.model.profiles import resolve

        return parameters(resolve(model, asked), RequestOptions(tool_version=asked)).tool_version
    if asked == "auto":
        return DEFAULT_TOOL_VERSION
    if asked not in TOOL_VERSIONS:
        raise UsageError(f"There is no tool version {asked!r}; there are {', '.join(TOOL_VERSIONS)}, and auto.")
    return TOOL_VERSIONS[asked]
