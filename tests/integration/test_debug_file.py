"""Proves `--debug-file`: what the log holds, what it never holds, and that nobody pays for it who has none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, call, fail, say
from tests.strict_api.replies import Failure, Reply

SECRET_LINE = "total = 'nobody may read this in a log'\n"
EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "total", "new_str": "a_new_name"}
SHAPED = "ghp_" + "a1" * 20
"""Has the shape of a key, and stands in no variable."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_text(SECRET_LINE)
    return folder


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_log_tells_what_was_done_without_keys_and_contents(workspace: Path, tmp_path: Path) -> None:
    log, env_file = tmp_path / "debug.log", tmp_path / "keys"
    script: list[Reply | Failure] = [
        fail(529),
        call({"command": "view", "path": "sum.py"}),
        call(EDIT),
        say("A secret reply."),
    ]
    with StrictApi(script, key="key-in-a-file-only") as api:
        env_file.write_text(f"ANTHROPIC_API_KEY={api.key}\n")
        given = ("--root", str(workspace), "--env-file", str(env_file), "--price", "1/2", "--model", "claude-opus-5-5")
        told = ("--debug-file", str(log), "--append-system-prompt", "Never tell.", "--deny", SHAPED)
        denied = ("--deny", "token-of-somebody", "--deny", api.key)
        ran = copydesk(
            "run", *given, *told, *denied, "Rename.", ANTHROPIC_BASE_URL=api.url, MY_TOKEN="token-of-somebody"
        )

    assert (ran.code, api.refusals, log.stat().st_mode & 0o777) == (0, [], 0o600), ran.talk
    lines = lines_of(log)
    begun = lines[0]
    assert (begun["what"], begun["verb"], lines[-1]["what"], lines[-1]["code"]) == ("start", "run", "end", 0)
    assert {"version", "python", "platform", "git", "configuration"} <= begun.keys()
    asked = [line for line in lines if line["from"] == "copydesk.model"]
    assert [line["what"] for line in asked][:3] == ["begins", "failed", "begins"]
    assert (asked[1]["status"], asked[3]["status"], asked[3]["seconds"] >= 0) == (529, 200, True)
    assert asked[3]["request_id"].startswith("req_")
    called = [line for line in lines if line["from"] == "copydesk.tools" and line["what"] == "ends"]
    assert [(line["command"], line["path"], line["is_error"]) for line in called] == [
        ("view", "sum.py", False),
        ("str_replace", "sum.py", False),
    ]
    assert any(line.get("git") == "version" and line.get("seconds", -1) >= 0 for line in lines)
    assert any(line["what"] == "UsageReported" and line["usage"]["output_tokens"] for line in lines)
    text = log.read_text()
    words = ("nobody may read", "a_new_name", "secret reply", "Never tell", "Rename")
    assert [kept for kept in (api.key, "token-of-somebody", SHAPED, *words) if kept in text] == []


def test_refusal_and_fault_are_told_when_they_end_the_program(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "debug.log"
    refused = copydesk("rollback", "nothing-of-that-name", "--root", str(workspace), "--debug-file", str(log))
    assert (refused.code, lines_of(log)[-1]["what"]) == (2, "refused")
    assert lines_of(log)[-1]["sentence"] in refused.talk


def test_file_that_cannot_be_written_is_refused_before_anything_is_done(workspace: Path, tmp_path: Path) -> None:
    with StrictApi([say("Never asked.")]) as api:
        ran = copydesk("run", "--root", str(workspace), "--debug-file", str(tmp_path), "Go.", api=api)

    assert (ran.code, api.bodies) == (2, [])
    assert ran.talk == f"copydesk: --debug-file: {tmp_path} cannot be written: Is a directory.\n"


def test_nothing_of_it_is_loaded_when_no_file_is_named(workspace: Path) -> None:
    code = (
        "import sys\nfrom copydesk.cli import main\n"
        "main(['history', '--root', sys.argv[1]])\nprint('copydesk.launch.diagnosis' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(workspace)], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
