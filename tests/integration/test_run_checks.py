"""Proves that `copydesk run` puts its result to checks: the exit code says what they say, and the model may mend it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.programs import Ran, warm_start
from tests.programs import warm_copydesk as copydesk
from tests.schemas import RESULT, STREAM, complaints
from tests.strict_api import StrictApi, call, say

EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a * b"}
MEND = {"command": "str_replace", "path": "sum.py", "old_str": "a * b", "new_str": "a + b"}
ADDS = "grep -q 'a + b' sum.py || { echo 'the sum is wrong'; exit 7; }"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_text("total = a - b\n")
    return folder


def run(workspace: Path, api: StrictApi, *arguments: str, output: str = "json") -> Ran:
    return copydesk("run", "--root", str(workspace), "--output-format", output, *arguments, "add", api=api)


def test_check_that_passes_is_exit_0_and_in_the_result(workspace: Path) -> None:
    with StrictApi([call({**EDIT, "new_str": "a + b"}), say("Done.")]) as api:
        ran = run(workspace, api, "--check-command", ADDS)

    assert (ran.code, ran.json["outcome"]) == (0, "done")
    assert [(check["name"], check["exit_code"]) for check in ran.json["checks"]] == [("command", 0)]


def test_check_that_fails_is_exit_5_and_the_edits_are_named(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done.")]) as api:
        ran = run(workspace, api, "--check-command", "true", "--check-command", ADDS, output="stream-json")

    assert [complaint for line in ran.lines for complaint in complaints(STREAM, line)] == []
    result = ran.lines[-1]
    assert (ran.code, result["outcome"], result["is_error"]) == (5, "check", True)
    assert [(line["name"], line["exit_code"]) for line in ran.lines if line["type"] == "check"] == [
        ("command", 0),
        ("command-2", 7),
    ]
    assert [change["path"] for change in result["changes"]] == ["sum.py"]
    assert copydesk("rollback", "--root", str(workspace), result["checkpoint"]).code == 0
    assert (workspace / "sum.py").read_text() == "total = a - b\n"


def test_text_says_which_check_still_fails_and_what_it_wrote(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done.")]) as api:
        ran = run(workspace, api, "--check-command", ADDS, output="text")

    assert (ran.code, ran.out) == (5, "Done.\n")
    assert "check   command                         failed  exit code 7" in ran.talk
    assert "command still fails:\n  the sum is wrong" in ran.talk


def test_model_hears_what_fails_and_mends_it(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), call(MEND), say("Mended.")]) as api:
        ran = run(workspace, api, "--check-command", ADDS, "--fix-rounds", "2")

    assert (api.refusals, api.failures, ran.code) == ([], [], 0)
    assert complaints(RESULT, ran.json) == []
    told = api.bodies[2]["messages"][-1]["content"][-1]["text"]
    assert "command failed with exit code 7" in told
    assert "the sum is wrong" in told
    assert [check["exit_code"] for check in ran.json["checks"]] == [7, 0]
    assert ran.json["result"] == "Mended."
    assert (workspace / "sum.py").read_text() == "total = a + b\n"


def test_check_that_keeps_failing_is_tried_again_as_often_as_said(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), say("I see nothing."), say("Nothing at all.")]) as api:
        ran = run(workspace, api, "--check-command", ADDS, "--fix-rounds", "2")

    assert (len(api.bodies), ran.code, ran.json["num_turns"]) == (4, 5, 3)
    assert [check["exit_code"] for check in ran.json["checks"]] == [7, 7, 7]


def test_steps_are_counted_over_all_rounds(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), call(MEND)]) as api:
        ran = run(workspace, api, "--check-command", ADDS, "--fix-rounds", "1", "--max-steps", "3")

    assert (len(api.bodies), ran.code, ran.json["subtype"]) == (3, 3, "error_max_turns")


def test_denied_edit_does_not_hide_a_check_that_fails(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("I could not.")]) as api:
        ran = run(workspace, api, "--deny", "sum.py", "--check-command", ADDS)

    assert (ran.code, [denial["path"] for denial in ran.json["permission_denials"]]) == (5, ["sum.py"])


def test_named_check_of_the_workspace_is_run_when_it_is_trusted(workspace: Path) -> None:
    (workspace / ".copydesk.toml").write_text(f'[checks]\nsums = ["/bin/sh", "-c", """{ADDS}"""]\n')
    with StrictApi([say("Nothing to do.")]) as api:
        refused = run(workspace, api, "--check", "sums")
        ran = run(workspace, api, "--check", "sums", "--trust")

    assert (refused.code, ran.code) == (2, 5)
    assert "which is not trusted; --trust takes it." in refused.talk
    assert [check["name"] for check in ran.json["checks"]] == ["sums"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--check", "nope"), "There is no check nope"),
        (("--fix-rounds", "1"), "--fix-rounds needs something that can fail"),
        (("--check-command", " "), "--check-command needs a command line"),
        (("--mode", "plan", "--check-command", "true"), "Mode plan makes no edits"),
    ],
)
def test_what_cannot_be_checked_is_said_before_anything_is_paid_for(
    arguments: tuple[str, ...], sentence: str, workspace: Path
) -> None:
    with StrictApi([]) as api:
        ran = run(workspace, api, *arguments)

    assert (ran.code, api.bodies) == (2, [])
    assert sentence in ran.talk


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_a_check_with_all_that_it_started(number: int, code: int, workspace: Path) -> None:
    line = "sleep 60 & echo $! > child; wait"
    arguments = ("run", "--root", str(workspace), "--output-format", "json", "--check-command", line, "add")
    with StrictApi([say("Done.")]) as api, warm_start(*arguments, api=api) as program:
        child = _written_number(workspace / "child")
        program.send_signal(number)
        ran = program.end()

    assert (ran.code, ran.json["exit_code"], ran.json["checks"]) == (code, code, [])
    assert not _is_running(child)


def test_time_limit_ends_a_check(workspace: Path) -> None:
    with StrictApi([say("Done.")]) as api:
        ran = run(workspace, api, "--check-command", "sleep 60", "--max-time", "2")

    assert (ran.code, ran.json["stop_reason"], ran.json["checks"]) == (3, "max_time", [])


def _written_number(file: Path) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until and not (file.exists() and file.read_text().endswith("\n")):
        time.sleep(0.01)
    return int(file.read_text())


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().split()[2]
