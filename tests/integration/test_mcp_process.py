"""Proves the process of the MCP server: its start, its streams, its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.programs import command, surroundings

LOADED = """
import sys
from copydesk.cli import main
status = main(["mcp", "--root", sys.argv[1]])
sys.stderr.write(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
sys.exit(status)
"""
WITHOUT_SDK = """
import sys
sys.modules["mcp"] = None
from copydesk.cli import main
sys.exit(main(["mcp", "--root", sys.argv[1]]))
"""
PRINTING = """
import sys
sys.addaudithook(lambda event, values: event == "open" and values[0] == "a.txt" and print("stray", end=""))
from copydesk.cli import main
sys.exit(main(["mcp", "--root", sys.argv[1]]))
"""
META = "io.modelcontextprotocol"


class Wire:
    """A process that speaks JSON-RPC a line at a time, as an old client writes it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def send(self, **message: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")

    def write(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def shake_hands(self, version: str, capabilities: dict[str, Any]) -> dict[str, Any]:
        client = {"name": "test", "version": "1"}
        asked = {"protocolVersion": version, "capabilities": capabilities, "clientInfo": client}
        self.send(id=0, method="initialize", params=asked)
        answer = self.receive()["result"]
        self.send(method="notifications/initialized")
        return dict(answer)

    def call(self, name: str, **arguments: Any) -> None:
        self.send(id="call", method="tools/call", params={"name": name, "arguments": arguments})

    def end(self) -> tuple[int, str, str]:
        """Let the process end, however it was told to; its exit code and what is left on its streams."""
        out, talk = self.process.communicate(timeout=30)
        return self.process.returncode, out, talk


@contextmanager
def served(workspace: Path, *start: str) -> Iterator[Wire]:
    program = [sys.executable, *start, str(workspace)] if start else command("mcp", "--root", str(workspace))
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(
        program, env=surroundings(PYTHONWARNINGS="error", PYTHONUNBUFFERED=""), text=True, **pipes
    ) as process:
        try:
            yield Wire(process)
        finally:
            process.kill()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one\n")
    return tmp_path


def test_only_what_is_needed_is_loaded_before_the_first_call(workspace: Path) -> None:
    with served(workspace, "-c", LOADED) as wire:
        code, out, talk = wire.end()
    assert (code, out) == (0, "")
    assert "mcp" in talk.split()
    assert not {"anthropic", "textual", "git", "watchdog"} & set(talk.split())


def test_missing_extra_is_said_in_a_sentence(workspace: Path) -> None:
    with served(workspace, "-c", WITHOUT_SDK) as wire:
        ended = wire.end()
    sentence = "copydesk mcp needs the extra `mcp`: pip install 'copydesk[mcp]', in a clone pip install '.[mcp]'."
    assert ended == (2, "", f"copydesk: {sentence}\n")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_process_ends_without_a_word_when_a_signal_says_so(workspace: Path, ending: signal.Signals) -> None:
    with served(workspace) as wire:
        wire.shake_hands("2025-11-25", {"elicitation": {}})
        wire.call("insert", path="a.txt", insert_line=0, insert_text="zero")
        assert wire.receive()["method"] == "elicitation/create"
        wire.process.send_signal(ending)
        assert wire.process.wait(30) == 128 + ending
        assert wire.end() == (128 + ending, "", "")
    assert (workspace / "a.txt").read_text() == "one\n"


def test_oldest_client_approves_and_refuses_as_the_newer_ones(workspace: Path) -> None:
    with served(workspace) as wire:
        assert wire.shake_hands("2024-11-05", {"elicitation": {}})["protocolVersion"] == "2024-11-05"
        for approves in (True, False):
            wire.call("insert", path="a.txt", insert_line=0, insert_text=f"{approves}")
            question = wire.receive()
            wire.send(id=question["id"], result={"action": "accept", "content": {"approve": approves}})
            assert wire.receive()["result"]["isError"] is not approves
        assert wire.end() == (0, "", "")
    assert (workspace / "a.txt").read_text() == "True\none\n"


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize(("shown", "is_asked"), [({"url": {}}, False), ({"url": {}, "form": {}}, True)], ids=str)
def test_person_is_asked_only_when_the_client_shows_forms(
    workspace: Path, version: str, shown: dict[str, Any], is_asked: bool
) -> None:
    edit, wishes = {"path": "a.txt", "insert_line": 0, "insert_text": "zero"}, {"elicitation": shown}
    with served(workspace) as wire:
        if version == "2025-11-25":
            wire.shake_hands(version, wishes)
            wire.call("insert", **edit)
        else:
            described = {f"{META}/protocolVersion": version, f"{META}/clientCapabilities": wishes}
            params = {"name": "insert", "arguments": edit, "_meta": described}
            wire.send(id="call", method="tools/call", params=params)
        answer = wire.receive()
        assert ("Apply this edit" in str(answer)) is is_asked
        if not is_asked:
            assert answer["result"]["isError"] is True
            assert "Nobody can be asked here." in answer["result"]["content"][0]["text"]
        assert wire.end() == (0, "", "")
    assert (workspace / "a.txt").read_text() == "one\n"


def test_nothing_is_read_when_the_roots_are_no_files(workspace: Path) -> None:
    with served(workspace) as wire:
        wire.shake_hands("2025-11-25", {"roots": {}})
        wire.call("view", path="a.txt")
        question = wire.receive()
        assert question["method"] == "roots/list"
        wire.send(id=question["id"], result={"roots": [{"uri": workspace.as_uri()}, {"uri": "https://example.com/a"}]})
        answer = wire.receive()["result"]
        assert answer["isError"] is True
        assert "not all `file:` URIs" in answer["content"][0]["text"]
        assert wire.end() == (0, "", "")


def test_what_is_no_message_harms_neither_side(workspace: Path) -> None:
    with served(workspace, "-c", PRINTING) as wire:
        wire.shake_hands("2025-11-25", {})
        wire.write("not json\n[]\n\n")
        wire.call("view", path="a.txt")
        assert "one" in wire.receive()["result"]["content"][0]["text"]
        assert wire.end() == (0, "", "stray")
