"""Owns the tool as a model has it, on real files in a folder of a real workspace.

Every call goes through the whole program: toolbox, parser, door, History, disk. Every call is watched: what is refused
changes nothing and says so in sentences, and nothing leaves temporary files behind.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.messages import ToolCall, ToolResult
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS, ToolVersion

COMPARED = 1_000_000
"""Bytes of a file up to which all of them are compared; of larger ones, size and time of change."""
_ROW = re.compile(r" *(\d+)\t(.*)")
_LITTER = re.compile(r"\.copydesk-|\.(bak|orig|tmp|swp)$|~$")
_NUMBER = re.compile(r"\d[\d,]*")

Contents = dict[str, tuple[int, bytes]]
"""Name → mode and bytes; of a link, where it leads."""


class Workspace:
    """A workspace in which every edit is accepted; each test has a folder of it, and a session of its own."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "workspace"
        self.base.mkdir()
        self._numbers = count(1)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "COPYDESK_STATE_DIR": str(folder / "state")}
        self.place = open_place(str(self.base), environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.place.root.close()

    def desk(self, version: str) -> Desk:
        """Open a version of the tool on a new folder."""
        folder = f"folder-{next(self._numbers)}"
        (self.base / folder).mkdir()
        return Desk(self, folder, TOOL_VERSIONS[version])


class Desk:
    """A session of one version of the tool; paths are relative to the folder, and answers leave out its name."""

    def __init__(
        self,
        workspace: Workspace,
        folder: str,
        version: ToolVersion,
        limit: int | None = None,
        mode: Mode = Mode.ACCEPT,
    ) -> None:
        self.workspace = workspace
        self.folder = folder
        self.version = version
        plan = ServerPlan(mode=mode, config=Config(), version=version, max_characters=limit)
        self._toolbox = open_server(workspace.place, plan).toolbox

    def other(self, limit: int | None = None, mode: Mode = Mode.ACCEPT) -> Desk:
        """Another session of the same version on the same folder."""
        return Desk(self.workspace, self.folder, self.version, limit, mode)

    async def run(self, given: Any) -> ToolResult:
        """Make a call with any input."""
        before = self.contents()
        result = await self.unwatched(given)
        after = self.contents()
        assert not [name for name in after.keys() - before.keys() if _LITTER.search(name)]
        if result.is_error:
            assert after == before
            assert_sentences(result.text)
        return result

    async def unwatched(self, given: Any) -> ToolResult:
        """Make a call while others change the folder."""
        return (await self._toolbox.run(ToolCall("call", self.version.name, given))).result

    async def call(self, command: str, path: str, **parameters: object) -> ToolResult:
        """Make a call of a command."""
        return await self.run({"command": command, "path": posixpath.join(self.folder, path), **parameters})

    async def say(self, command: str, path: str, **parameters: object) -> str:
        """Make a call that succeeds, and give the text of its answer."""
        result = await self.call(command, path, **parameters)
        assert not result.is_error, result.content
        return self._without_folder(result.text)

    async def refusal(self, command: str, path: str, **parameters: object) -> str:
        """Make a call that is refused, and give the reason."""
        return await self.refused({"command": command, "path": posixpath.join(self.folder, path), **parameters})

    async def refused(self, given: Any) -> str:
        """Make a call with any input that is refused, and give the reason."""
        result = await self.run(given)
        assert result.is_error, result.content
        return self._without_folder(result.text)

    async def replace(self, path: str, old_str: str, new_str: str) -> str:
        """Replace a text by another."""
        return await self.say("str_replace", path, old_str=old_str, new_str=new_str)

    async def insert(self, path: str, line: int, text: str) -> str:
        """Insert a text as this version names it."""
        return await self.say("insert", path, insert_line=line, **self.inserted(text))

    async def rows(self, path: str, *view_range: int) -> list[tuple[int, str]]:
        """View a file, or lines of it, and give the numbered lines."""
        return rows(await self.say("view", path, **({"view_range": list(view_range)} if view_range else {})))

    def inserted(self, text: str) -> dict[str, object]:
        """The text of an insertion, under the name that it has in this version."""
        return {self.version.insert_text_parameter: text}

    def at(self, path: str) -> Path:
        """Where a path is on disk."""
        return self.workspace.base / self.folder / path

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file as somebody else does; text as UTF-8."""
        place = self.at(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        place.chmod(mode)

    def data(self, path: str) -> bytes:
        """The bytes on disk."""
        return self.at(path).read_bytes()

    def text(self, path: str) -> str:
        """The text on disk, as UTF-8, line ends as they are."""
        return self.data(path).decode()

    def mode(self, path: str) -> int:
        """The permission bits on disk."""
        return stat.S_IMODE(self.at(path).stat().st_mode)

    def contents(self) -> Contents:
        """Everything in the folder."""
        base = self.at("")
        return {path.relative_to(base).as_posix(): _content(path) for path in sorted(base.rglob("*"))}

    def _without_folder(self, text: str) -> str:
        return text.replace(f"{self.folder}/", "")


def _content(path: Path) -> tuple[int, bytes]:
    status = path.lstat()
    if path.is_symlink():
        return status.st_mode, os.fsencode(path.readlink())
    if not stat.S_ISREG(status.st_mode):
        return status.st_mode, b""
    try:
        return status.st_mode, b"" if status.st_size > COMPARED else path.read_bytes()
    except PermissionError:
        return status.st_mode, f"{status.st_size} {status.st_mtime_ns}".encode()


def rows(text: str) -> list[tuple[int, str]]:
    """The numbered lines of an answer."""
    return [(int(row[1]), row[2]) for line in text.split("\n") if (row := _ROW.fullmatch(line))]


def numbers(text: str) -> set[int]:
    """The numbers that an answer names, numbered lines aside."""
    said = "\n".join(line for line in text.split("\n") if not _ROW.fullmatch(line))
    return {int(number.replace(",", "")) for number in _NUMBER.findall(said)}


def assert_sentences(text: str) -> None:
    """An error is made of sentences, and of numbered lines."""
    said = [line for line in text.split("\n") if not _ROW.fullmatch(line)]
    assert said, text
    assert all(line.rstrip().endswith((".", "!", "?", ":")) for line in said), text


def lines(first: int, last: int, word: str = "line") -> str:
    """Numbered lines of text, `line 1` and so on."""
    return "".join(f"{word} {number}\n" for number in range(first, last + 1))
