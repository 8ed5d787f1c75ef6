"""Proves that the demo plays to its end anywhere, and that a tape which no longer fits fails instead of pretending."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_demo_tapes import WRITTEN
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk

ROOT = Path(__file__).parents[2]
MODELS = {
    "claude-3-5-sonnet-20241022": True,
    "claude-3-7-sonnet-20250219": True,
    "claude-opus-4-20250514": False,
    "claude-opus-5-5": False,
    "claude-3-haiku-20240307": False,
}


def unittest_of(folder: Path) -> int:
    return subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=folder, capture_output=True, check=False
    ).returncode


@pytest.mark.parametrize("model", MODELS)
def test_the_demo_repairs_its_copy_with_every_tool_version(model: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ran = copydesk("demo", "--model", model, "--keep", str(kept), cwd=tmp_path)

    assert ran.code == 0, ran.talk
    assert "+    return sum(values) / len(values)\n" in ran.out
    assert ("undo    webshop/stats.py" in ran.talk) is MODELS[model]
    assert unittest_of(kept / "webshop") == 0
    assert unittest_of(ROOT / "sandbox") != 0


@pytest.mark.parametrize("scenario", ["refactor", "docs", "tests"])
def test_a_scenario_is_played_and_what_it_says_to_try_succeeds(scenario: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ran = copydesk("demo", "--scenario", scenario, "--keep", str(kept), cwd=tmp_path)

    assert ran.code == 0, ran.talk
    name, line = WRITTEN[scenario]
    assert f"+++ b/{name}\n" in ran.out
    assert f"+{line}" in ran.out
    found = re.search(r"^Try it: (.*)$", ran.talk, re.MULTILINE)
    assert found, ran.talk
    subprocess.run(found[1], shell=True, cwd=tmp_path, capture_output=True, check=True, timeout=30)


def test_review_of_the_sample_repairs_its_copy(tmp_path: Path, state_dir: Path) -> None:
    kept = tmp_path / "kept"
    ran = copydesk("demo", "--review", "--keep", str(kept), cwd=tmp_path)

    assert (ran.code, unittest_of(kept / "webshop")) == (0, 0), ran.talk
    assert "Approved; applied as step " in ran.talk
    assert not state_dir.exists()


def test_the_demo_leaves_the_persons_state_and_repository_alone(tmp_path: Path, state_dir: Path) -> None:
    ran = copydesk("demo", "--keep", str(tmp_path / "kept"), cwd=tmp_path)

    assert ran.code == 0
    assert not state_dir.exists()
    status = ["git", "-C", str(tmp_path / "kept" / "webshop"), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, check=True).stdout.decode().split() == [
        *("M", "webshop/report.py"),
        *("M", "webshop/stats.py"),
    ]


def test_the_demo_can_be_rolled_back(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    copydesk("demo", "--keep", str(kept), cwd=tmp_path)
    state, root = str(kept / "state"), str(kept / "webshop")

    first = copydesk("history", "--json", "--root", root, COPYDESK_STATE_DIR=state).json["steps"][-1]
    assert copydesk("rollback", first["id"], "--root", root, COPYDESK_STATE_DIR=state).code == 0

    original = (ROOT / "sandbox" / "webshop" / "stats.py").read_bytes()
    assert (kept / "webshop" / "webshop" / "stats.py").read_bytes() == original


def test_the_demo_names_a_way_back_that_works_as_printed(tmp_path: Path) -> None:
    talk = copydesk("demo", "--run", "--keep", str(tmp_path / "it's kept"), cwd=tmp_path).talk
    found = re.search(r"\((COPYDESK_STATE_DIR=.*)\) · ", talk)
    assert found, talk

    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "copydesk").write_text(f'#!/bin/sh\nexec {sys.executable} -m copydesk "$@"\n')
    (tmp_path / "bin" / "copydesk").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    subprocess.run(found[1], shell=True, cwd=tmp_path, env={**os.environ, "PATH": path}, check=True, timeout=30)

    kept = tmp_path / "it's kept" / "webshop"
    assert (kept / "webshop" / "stats.py").read_bytes() == (ROOT / "sandbox" / "webshop" / "stats.py").read_bytes()


def test_the_demo_without_git_says_so_and_makes_nothing(tmp_path: Path) -> None:
    ran = copydesk("demo", "--run", "--keep", str(tmp_path / "kept"), PATH=str(tmp_path))

    assert (ran.code, ran.out, "There is no git" in ran.talk) == (2, "", True)
    assert not (tmp_path / "kept").exists()


def test_the_demo_speaks_json(tmp_path: Path) -> None:
    ran = copydesk("demo", "--output-format", "json", "--keep", str(tmp_path / "kept"))

    assert (ran.code, [change["path"] for change in ran.json["changes"]]) == (
        0,
        ["webshop/stats.py", "webshop/report.py"],
    )


def test_a_directory_that_exists_is_not_played_in(tmp_path: Path) -> None:
    ran = copydesk("demo", "--keep", str(tmp_path))

    assert ran.code == 2
    assert "new directory" in ran.talk


def replayed(tmp_path: Path, tape: object, prompt: str) -> Ran:
    workspace, path = tmp_path / "w", tmp_path / "tape.json"
    subprocess.run(["cp", "-r", str(ROOT / "sandbox"), str(workspace)], check=True)
    path.write_text(json.dumps(tape))
    return copydesk("run", "--replay", str(path), "--root", str(workspace), prompt)


def test_a_prompt_outside_the_tape_is_answered_with_what_it_can_do(tmp_path: Path) -> None:
    tape = json.loads((ROOT / "fixtures" / "cassettes" / "debug.json").read_text())

    ran = replayed(tmp_path, tape, "write a poem")

    assert ran.code == 0
    assert tape["prompts"][0] in ran.out


@pytest.mark.parametrize(("field", "value"), [("tool_use_id", "toolu_other"), ("is_error", True), ("digest", "0" * 64)])
def test_a_result_that_differs_in_id_error_or_digest_fails_the_replay(
    field: str, value: object, tmp_path: Path
) -> None:
    tape = json.loads((ROOT / "fixtures" / "cassettes" / "debug.json").read_text())
    expected = next(e for e in tape["exchanges"] if e["expect"]["results"] and not e["id"].endswith(("note", "prompt")))
    expected["expect"]["results"][0][field] = value

    ran = replayed(tmp_path, tape, tape["prompts"][0])

    assert ran.code == 1
    assert {"tool_use_id": "id", "is_error": "is_error", "digest": "digest"}[field] in ran.talk


def test_colour_is_there_only_where_it_was_asked_for_or_a_terminal_is(tmp_path: Path) -> None:
    asked = copydesk("demo", "--color", "always", "--keep", str(tmp_path / "asked"))
    piped = copydesk("demo", "--keep", str(tmp_path / "piped"))

    assert "\x1b[32m+    return sum(values) / len(values)\x1b[0m" in asked.out
    assert "\x1b" not in piped.out


def test_verbose_says_what_each_request_used(tmp_path: Path) -> None:
    ran = copydesk("demo", "-v", "--keep", str(tmp_path / "kept"))

    assert len([line for line in ran.talk.splitlines() if line.startswith("request ")]) == 5
