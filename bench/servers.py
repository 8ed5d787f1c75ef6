"""Owns how soon the tool servers answer: `copydesk tool` against the interpreter, `copydesk mcp` against its SDK."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Cost, Pair, run_process

VIEW = json.dumps({"id": 1, "input": {"command": "view", "path": "a.py"}})
BARE_MCP = "from mcp.server import MCPServer; MCPServer('bare').run('stdio')"
INITIALIZE = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"},
        },
    }
)


def pairs() -> Iterator[Pair]:
    """From the start of the process to its first answer."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
    workspace = folder / "w"
    workspace.mkdir()
    (workspace / "a.py").write_text("x = 1\n")
    environment = {**os.environ, "COPYDESK_STATE_DIR": str(folder / "state")}
    start = partial(first_answer, environment=environment, folder=str(workspace))
    copydesk = [sys.executable, "-m", "copydesk"]
    nothing = partial(run_process, [sys.executable, "-c", "pass"], environment, str(workspace))
    yield Pair("copydesk tool, a view", "python -c pass", partial(start, [*copydesk, "tool"], VIEW), nothing)
    bare = partial(start, [sys.executable, "-c", BARE_MCP], INITIALIZE)
    yield Pair("copydesk mcp, initialize", "bare MCP server", partial(start, [*copydesk, "mcp"], INITIALIZE), bare)


def first_answer(command: list[str], request: str, environment: dict[str, str], folder: str) -> Cost:
    """Start a server, send one request, wait for the answer; then let it end."""
    started = time.monotonic()
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(request.encode() + b"\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError(f"{command} gave no answer")
        wall = time.monotonic() - started
        process.stdin.close()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
