"""Owns one operation of the editor tool, timed from inside a fresh process.

`python -m bench.operation NAME FILE [unrecorded]` prints what it took as JSON: wall and processor seconds, and by how
many MiB it raised the peak of the resident size. Unrecorded edits are made without the History.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

LINE = "def function_{:07d}(first, second): return first + second\n"
Action = Callable[[], object]


def main() -> None:
    """Prepare, time, print."""
    name, path = sys.argv[1], Path(sys.argv[2])
    prepare = FLOORS.get(name) or operation(name, records=sys.argv[3:] != ["unrecorded"])
    action = prepare(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    action()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    rise = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"wall": wall, "processor": processor, "peak": rise}))


def read(path: Path) -> Action:
    """Read a file whole."""
    return path.read_bytes


def rewrite(path: Path) -> Action:
    """Read a file and write it durably under another name, which takes its place."""

    def action() -> None:
        write_durably(path, path.read_bytes())

    return action


def write(path: Path) -> Action:
    """Write a new file durably."""
    data = content(path.stat().st_size)

    def action() -> None:
        write_durably(path, data)

    return action


def write_durably(path: Path, data: bytes) -> None:
    """Write bytes beside a file, sync them, and put them in its place."""
    fresh = path.with_suffix(".floor")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def scan(path: Path) -> Action:
    """List a directory, sorted."""
    return lambda: sorted(entry.name for entry in os.scandir(path))


FLOORS: dict[str, Callable[[Path], Action]] = {
    "floor read": read,
    "floor rewrite": rewrite,
    "floor write": write,
    "floor scan": scan,
}


def operation(name: str, *, records: bool) -> Callable[[Path], Action]:
    """What makes an operation of the tool ready on a file."""

    def prepare(path: Path) -> Action:
        folder = path if path.is_dir() else path.parent
        make = open_tool(folder, records=records)
        given = command(name, path)
        if name == "undo":
            make(command("insert", path))
        if name == "pure":
            return lambda: [pure(given, path.read_bytes()) for _ in range(1_000)]
        return lambda: make(given)

    return prepare


def content(size: int) -> bytes:
    """Text of a size."""
    return b"".join(lines(size))


def lines(size: int) -> Iterator[bytes]:
    """The lines of a text of a size, one by one: what the parent holds counts as the size of its children."""
    return (LINE.format(number).encode() for number in range(size // len(LINE.format(0))))


def command(name: str, path: Path) -> dict[str, object]:
    """What is sent; edits are made in the middle of the file."""
    middle = path.stat().st_size // len(LINE.format(0)) // 2 if path.is_file() else 0
    replaced = {"old_str": f"function_{middle:07d}(first", "new_str": "renamed(first"}
    match name:
        case "view" | "directory":
            more: dict[str, object] = {"command": "view"}
        case "view range":
            more = {"command": "view", "view_range": [middle + 1, middle + 25]}
        case "str_replace" | "pure":
            more = {"command": "str_replace", **replaced}
        case "no match":
            more = {"command": "str_replace", "old_str": "function_x(first", "new_str": "y"}
        case "insert":
            more = {"command": "insert", "insert_line": middle, "insert_text": "inserted\n"}
        case "create":
            return {"command": "create", "path": "new.py", "file_text": content(path.stat().st_size).decode()}
        case "undo":
            more = {"command": "undo_edit"}
        case _:
            raise ValueError(name)
    return more | {"path": path.name if path.is_file() else "."}


def open_tool(folder: Path, *, records: bool) -> Callable[[Mapping[str, object]], None]:
    """The tool on a folder, behind the whole door; gives a function that makes a call."""
    from copydesk.assembly.place import open_place
    from copydesk.assembly.server import ServerPlan, open_server
    from copydesk.config import Config
    from copydesk.domain.messages import ToolCall, ToolResult
    from copydesk.domain.policies import Mode
    from copydesk.domain.tools import TOOL_VERSIONS

    place = open_place(str(folder), {**os.environ, "COPYDESK_STATE_DIR": f"{folder}.state"})
    plan = ServerPlan(mode=Mode.ACCEPT, config=Config(), version=TOOL_VERSIONS["text_editor_20250124"])
    tool = open_server(place, plan).editor
    if not records:
        leave_no_record(place.applier)
    # A server has its loop and its threads already.
    runner = asyncio.Runner()

    async def call(given: Mapping[str, object]) -> ToolResult:
        return (await tool.call(ToolCall("call", tool.name, dict(given)))).result

    def make(given: Mapping[str, object]) -> None:
        # Nothing large is given back: at the end of a run asyncio writes out what its task gave (seen in 3.11).
        result = runner.run(call(given))
        if result.is_error and given.get("new_str") != "y":
            raise RuntimeError(result.text)

    # What is loaded and made once belongs to no operation.
    first = {"command": "create", "path": "first.txt", "file_text": "first\n"}
    if not (folder / "first.txt").exists():
        make(first)
    return make


def leave_no_record(applier: Any) -> None:
    """Have changes made as ever, and nothing of them kept: what is left is the cost of everything but the History."""
    from copydesk.changes.steps import Step, StoredImage

    def begin(meta: Any, at: float, files: Any, changes: Any) -> Step:
        return Step(1, "", at, meta, tuple(files))

    def name(image: Any) -> StoredImage:
        return StoredImage("", image.digest, len(image.data), image.mode)

    history: Any = applier.history
    history.locked, history.begin, history.finish = nullcontext, begin, lambda: None
    type.__setattr__(StoredImage, "of", name)


def pure(given: Mapping[str, object], data: bytes) -> bytes:
    """Parse, operate, encode: all of an edit that touches neither disk nor History."""
    from copydesk.domain.edits import StrReplace
    from copydesk.domain.text import FileText
    from copydesk.domain.tools import DEFAULT_TOOL_VERSION
    from copydesk.editor.commands import parse
    from copydesk.editor.guessing import guess_encoding
    from copydesk.editor.operations import str_replace

    parsed = parse(DEFAULT_TOOL_VERSION, given)
    assert isinstance(parsed, StrReplace)
    return str_replace(FileText.decode(data, guess_encoding), parsed).text.encode()


if __name__ == "__main__":
    main()
