"""Owns the real tool on a real workspace, joined as the program joins it; the only module here that knows the program.

Many sequences share one workspace and its History; each has a folder, a session and a tool of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE, S_IWUSR
from types import TracebackType
from typing import Self, assert_never

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.messages import ToolCall
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS
from copydesk.tools.editor import EditorTool
from tests.reference.sequences import Outside

Disk = tuple[dict[str, tuple[bytes, int]], set[str]]
"""Files with their bytes and mode, and directories."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as the model gets it."""

    text: str
    is_error: bool


class RealTool:
    """The tool as one session has it."""

    def __init__(self, editor: EditorTool) -> None:
        self._editor = editor

    async def call(self, given: dict[str, object]) -> Said:
        outcome = await self._editor.call(ToolCall("call", self._editor.name, given))
        assert isinstance(outcome.result.content, str)
        return Said(outcome.result.content, outcome.result.is_error)


class Workspace:
    """A workspace on disk in which every edit is accepted."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "workspace"
        self.base.mkdir()
        self._place = open_place(str(self.base), {**os.environ, "COPYDESK_STATE_DIR": str(folder / "state")})
        self.root = self._place.root.path
        probe = folder / "probe"
        probe.touch()
        self.new_file_mode = S_IMODE(probe.stat().st_mode)
        """What the umask of this process leaves of 0666."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._place.root.close()

    def tool(self, version: str, limit: int | None) -> RealTool:
        """Open the tool for a new session."""
        plan = ServerPlan(mode=Mode.ACCEPT, config=Config(), version=TOOL_VERSIONS[version], max_characters=limit)
        return RealTool(open_server(self._place, plan).editor)

    @contextmanager
    def folder(self, name: str) -> Iterator[None]:
        """Make a folder, and clear it away at the end."""
        (self.base / name).mkdir()
        yield
        shutil.rmtree(self.base / name)

    def carry_out(self, outside: Outside) -> None:
        """Do what somebody else does to a file."""
        path = self.base / outside.path
        match outside.action:
            case "write":
                mode = S_IMODE(path.stat().st_mode)
                path.chmod(mode | S_IWUSR)
                path.write_bytes(outside.data)
                path.chmod(mode)
            case "replace":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                path.write_bytes(outside.data)
                path.chmod(outside.mode)
            case "touch":
                os.utime(path, (1, 1))
            case "delete":
                path.unlink()
            case "chmod":
                path.chmod(outside.mode)
            case "link":
                path.hardlink_to(self.base / outside.target)
            case _:
                assert_never(outside.action)

    def disk(self, folder: str) -> Disk:
        """What is in a folder, the folder included; paths are relative to the workspace."""
        files, folders = {}, set()
        for path in (self.base / folder, *(self.base / folder).rglob("*")):
            name = path.relative_to(self.base).as_posix()
            if path.is_dir():
                folders.add(name)
            else:
                files[name] = (path.read_bytes(), S_IMODE(path.lstat().st_mode))
        return files, folders
