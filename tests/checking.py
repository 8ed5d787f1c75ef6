"""Owns the tool `run_check` on a real folder, called as a model would, with a person who is asked."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from copydesk.config.confirmed import CheckBook
from copydesk.domain.checks import Check, CheckFinished, environment_of_checks
from copydesk.domain.messages import ToolCall, ToolResult
from copydesk.domain.policies import Mode, Ruling
from copydesk.tools.checks import CheckPorts, RunCheck
from copydesk.tools.declared import declared_checks
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import UserRepository
from copydesk.workspace.paths import Root
from copydesk.workspace.processes import Processes
from copydesk.workspace.traces import file_states

MAKEFILE = "test:\n\t@echo made $(MAKECMDGOALS)\n"


class CheckDesk:
    """The tool, and the person."""

    def __init__(self, folder: Path, *checks: Check, confirms: bool = False) -> None:
        self.folder = folder
        self.kept_in = folder.parent / "state" / "checks.json"
        self.mode = Mode.ASK
        self.confirms = confirms
        self.asked: list[tuple[Check, Ruling]] = []
        self.events: list[CheckFinished] = []
        self.writing = asyncio.Lock()
        self.tool = self.make(checks)

    def make(self, checks: Sequence[Check]) -> RunCheck | None:
        environment = environment_of_checks({**os.environ, "ANTHROPIC_API_KEY": "sk-ant-x", "GH_TOKEN": "x"})
        ports = CheckPorts(
            Processes(str(self.folder), environment, time.monotonic, time.monotonic, 0.3),
            partial(file_states, UserRepository(self.folder), str(self.folder)),
            self,
            lambda: self.mode,
            self.events.append,
            self.writing,
        )
        declared = declared_checks(checks, CheckBook(self.kept_in), DiskFiles(Root.open(self.folder)))
        return RunCheck(declared, ports) if declared.all else None

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        self.asked.append((check, ruling))
        return self.confirms

    async def run(self, **given: object) -> ToolResult:
        assert self.tool is not None
        return (await self.tool.call(ToolCall("call", "run_check", given))).result

    def left(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


def text(result: ToolResult) -> str:
    assert isinstance(result.content, str)
    return result.content
