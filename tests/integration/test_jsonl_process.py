"""Proves how the process of `copydesk tool` starts and ends: options, signals, streams, what it loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from copydesk.workspace.git import find_git
from tests.integration.test_jsonl import Answer, replace, served, view
from tests.programs import command, warm_copydesk

FORBIDDEN = ("anthropic", "textual", "mcp", "git", "chardet", "copydesk.engine", "copydesk.model")
LOADED = """
import sys
from copydesk.cli import main
status = main(["tool"])
sys.stderr.write(" ".join(sys.modules))
sys.exit(status)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "a.py").write_text("one\ntwo\n")
    return folder


@contextmanager
def server(workspace: Path, *options: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that waits for requests."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "PYTHONUNBUFFERED": "", **extra}
    process = subprocess.Popen(
        command("tool", *options), cwd=workspace, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Where its requests go in and its answers come out."""
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


def ask(process: subprocess.Popen[bytes], **request: object) -> Answer:
    """Send one request and wait for its answer."""
    stdin, stdout = pipes(process)
    stdin.write(json.dumps(request).encode() + b"\n")
    stdin.flush()
    answer: Answer = json.loads(stdout.readline())
    return answer


@pytest.mark.parametrize(
    "options",
    [
        ("--tool-version", "text_editor_19990101"),
        ("--model", "gpt-x"),
        ("--model", "claude-opus-5-5", "--tool-version", "text_editor_20241022"),
        ("--mode", "ask"),
        ("--max-characters", "0"),
        ("--root", "nowhere"),
        ("--config", "nowhere.toml"),
        ("a prompt",),
    ],
    ids=" ".join,
)
def test_wrong_option_is_a_sentence_and_exit_2(workspace: Path, options: Sequence[str]) -> None:
    ran = warm_copydesk("tool", *options, cwd=workspace, given=b'{"describe": true}\n')

    assert (ran.code, ran.out) == (2, "")
    assert ran.talk.startswith("copydesk: ")
    assert ran.talk.endswith(".\n")


def test_workspace_that_asks_for_somebody_to_ask_is_exit_2(workspace: Path) -> None:
    (workspace / ".copydesk.toml").write_text('mode = "ask"\n')

    ran = warm_copydesk("tool", cwd=workspace)

    assert ran.code == 2
    assert "--mode plan" in ran.talk
    assert warm_copydesk("tool", "--mode", "plan", cwd=workspace).code == 0


def test_missing_git_is_exit_2_unless_nothing_is_edited(workspace: Path, tmp_path: Path) -> None:
    ran = warm_copydesk("tool", cwd=workspace, PATH=str(tmp_path))
    planned = warm_copydesk("tool", "--mode", "plan", cwd=workspace, PATH=str(tmp_path))

    assert (ran.code, planned.code) == (2, 0)
    assert "Install git" in ran.talk


def test_what_a_killed_process_left_is_said_aside(workspace: Path, state_dir: Path) -> None:
    served(workspace, [{"input": replace("two", "2")}])
    (store,) = state_dir.glob("ws/*/repo.git")
    (store / "copydesk.step").symlink_to("1")

    ran = warm_copydesk("tool", cwd=workspace)

    assert (ran.code, ran.out) == (0, "")
    assert ran.talk.startswith("copydesk: The change ")
    assert "was interrupted" in ran.talk


def test_neither_agent_nor_screen_nor_git_is_loaded_for_a_view(workspace: Path) -> None:
    given = json.dumps({"input": view()}).encode()
    ran = subprocess.run([sys.executable, "-c", LOADED], cwd=workspace, input=given, capture_output=True, check=True)

    assert json.loads(ran.stdout)["is_error"] is False
    assert set(FORBIDDEN) & set(ran.stderr.decode().split()) == set()


def test_answer_comes_at_once_while_the_requests_go_on(workspace: Path) -> None:
    with server(workspace) as process:
        for number in range(3):
            assert ask(process, id=number, input=view())["id"] == number


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_signal_ends_the_wait_for_a_request(workspace: Path, number: signal.Signals, code: int) -> None:
    with server(workspace) as process:
        ask(process, input=view())
        process.send_signal(number)

        assert process.wait(20) == code
        assert process.communicate(timeout=20) == (b"", b"")


def test_signal_during_an_edit_leaves_it_whole_and_answered(workspace: Path) -> None:
    before, after = "x\n" * 200_000, "y\n" * 200_000
    for delay in (0.0, 0.05):
        (workspace / "big.txt").write_text(f"{before}end\n")
        with server(workspace) as process:
            ask(process, input=view())
            stdin, _ = pipes(process)
            stdin.write(json.dumps({"id": delay, "input": replace(before, after, "big.txt")}).encode() + b"\n")
            stdin.flush()
            time.sleep(delay)
            process.send_signal(signal.SIGTERM)
            out, talk = process.communicate(timeout=20)

        assert (process.returncode, talk) == (143, b"")
        answers = [json.loads(line) for line in out.splitlines()]
        assert [(answer["id"], answer["is_error"]) for answer in answers] in ([], [(delay, False)])
        assert (workspace / "big.txt").read_text() == f"{after if answers else before}end\n"
        assert sorted(path.name for path in workspace.iterdir()) == ["a.py", "big.txt"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_request_under_way_is_answered_and_none_after_it_when_a_signal_comes(
    workspace: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    # Each git of the edit sends the signal to the server that waits for it.
    signalling, armed = tmp_path / "bin/git", tmp_path / "armed"
    signalling.parent.mkdir()
    signalling.write_text(f'#!/bin/sh\n[ -e "{armed}" ] && kill -{number:d} $PPID\nexec {find_git()} "$@"\n')
    signalling.chmod(0o755)
    requests = [{"id": 2, "input": replace("two", "2")}, {"id": 3, "input": replace("one", "1")}]
    with server(workspace, PATH=f"{signalling.parent}:{os.environ['PATH']}") as process:
        ask(process, id=1, input=view())
        armed.touch()
        out, talk = process.communicate(b"".join(json.dumps(line).encode() + b"\n" for line in requests), timeout=20)

    assert (process.returncode, talk) == (code, b"")
    assert [(answer["id"], answer["is_error"]) for answer in map(json.loads, out.splitlines())] == [(2, False)]
    assert (workspace / "a.py").read_text() == "one\n2\n"


def test_reader_that_goes_away_ends_the_server_quietly(workspace: Path) -> None:
    with server(workspace) as process:
        stdin, stdout = pipes(process)
        ask(process, input=view())
        stdout.close()
        stdin.write(json.dumps({"input": view()}).encode() + b"\n")
        stdin.flush()

        assert process.stderr
        assert (process.wait(20), process.stderr.read()) == (1, b"")


def test_closed_input_is_the_end(workspace: Path) -> None:
    script = f'exec "{sys.executable}" -m copydesk tool <&-'
    ran = subprocess.run(["sh", "-c", script], cwd=workspace, capture_output=True, check=False, timeout=20)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_every_line_of_the_readme_is_answered(workspace: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = readme.split("```jsonl\n")[1].split("```")[0].encode().splitlines()
    (workspace / "src").mkdir()
    (workspace / "src/a.py").write_text("x = 1\n")
    *answers, described = served(workspace, lines, "--tool-version", "text_editor_20250124")
    assert [answer["is_error"] for answer in answers] == [False] * 7
    assert answers[-1]["content"].startswith("2 lines in 2 files match:")
    assert (workspace / "src/b.py").read_text() == "x = 2\n"
    assert described["tool"] == {"type": "text_editor_20250124", "name": "str_replace_editor"}
