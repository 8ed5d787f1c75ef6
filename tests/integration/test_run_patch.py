"""Proves that the patch of a run is what was made of the files, and that `git apply` takes it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, call, say

EDIT = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a + b"}
AGAIN = {"command": "str_replace", "path": "sum.py", "old_str": "total", "new_str": "sum"}
CREATE = {"command": "create", "path": "new ü.py", "file_text": "made = 1"}
WHO = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid", "-c", "commit.gpgSign=false")


def git(folder: Path, *arguments: str, given: bytes = b"") -> None:
    subprocess.run(["git", *WHO, *arguments], cwd=folder, input=given, check=True, timeout=20, capture_output=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_bytes("# é\r\ntotal = a - b\r\n".encode("latin-1"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def run(workspace: Path, *arguments: str, output: str = "json") -> Ran:
    script = [call(EDIT, CREATE), call(AGAIN), say("Done.")]
    with StrictApi(script) as api:
        return copydesk("run", "--root", str(workspace), "--output-format", output, *arguments, "add", api=api)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file, those of git included."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("mode", ["accept", "review"])
def test_patch_makes_of_the_commit_what_the_run_made_of_it(mode: str, workspace: Path, tmp_path: Path) -> None:
    before = tree(workspace)
    patch = tmp_path / "out.patch"
    ran = run(workspace, "--mode", mode, "--patch", str(patch))

    assert ran.code == 0, ran.talk
    assert "differed from the last commit" not in ran.talk
    if mode == "accept":
        wanted = {path: data for path, data in tree(workspace).items() if not path.startswith(".git/")}
        git(workspace, "stash", "--quiet", "--include-untracked")
    else:
        assert tree(workspace) == before
        wanted = {"sum.py": "# é\r\nsum = a + b\r\n".encode("latin-1"), "new ü.py": b"made = 1"}
    git(workspace, "apply", "--check", str(patch))
    git(workspace, "apply", str(patch))
    assert {path: data for path, data in tree(workspace).items() if not path.startswith(".git/")} == wanted


def test_patch_to_standard_output_leaves_the_answer_to_the_talk(workspace: Path) -> None:
    ran = run(workspace, "--mode", "review", "--patch", "-", output="text")

    assert ran.code == 0
    assert ran.out.startswith("diff --git ")
    assert "Done." in ran.talk
    git(workspace, "apply", "--check", given=ran.out.encode("utf-8", "surrogateescape"))


def test_file_that_was_dirty_is_named(workspace: Path, tmp_path: Path) -> None:
    (workspace / "sum.py").write_text("mine\ntotal = a - b\n")
    ran = run(workspace, "--mode", "review", "--patch", str(tmp_path / "out.patch"))

    assert "against the files as they were: sum.py differed from the last commit." in ran.talk


def test_predictions_hold_the_patch_of_each_instance(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "predictions.jsonl"
    for instance in ("one", "two"):
        run(workspace, "--mode", "review", "--no-session", "--predictions", str(file), "--instance-id", instance)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["instance_id"] for line in lines] == ["one", "two"]
    assert {line["model_name_or_path"] for line in lines} == {"copydesk/claude-opus-5-5"}
    assert lines[0]["model_patch"] == lines[1]["model_patch"]


def test_ci_service_gets_a_summary_and_annotations(workspace: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    with StrictApi([call(EDIT), say("Done.\n\x1b[2J<b>")]) as api:
        ran = copydesk(
            *("run", "--root", str(workspace), "--check-command", "echo bad; false", "--output-format", "json", "add"),
            api=api,
            GITHUB_ACTIONS="true",
            GITHUB_STEP_SUMMARY=str(page),
        )

    assert ran.code == 5
    text = page.read_text()
    assert text.startswith("before\n## copydesk: check\n")
    assert "| <code>sum.py</code> | modified | +1 −1 |" in text
    assert "\x1b" not in text
    assert "::error title=command fails::It ended with exit code 1.%0Abad" in ran.talk
    assert "::notice file=sum.py,line=2,title=changed::+1 -1" in ran.talk


def test_summary_with_a_key_is_left_out(workspace: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    key = "sk-ant-api03-" + "a1B2" * 20
    with StrictApi([call({**EDIT, "new_str": key}), say("Done.")]) as api:
        copydesk(
            *("run", "--root", str(workspace), "add"), api=api, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page)
        )

    assert key not in page.read_text()
    assert "looks like" in page.read_text()


def test_patch_that_cannot_be_written_is_no_success(workspace: Path, tmp_path: Path) -> None:
    with StrictApi([]) as api:
        early = copydesk("run", "--root", str(workspace), "--patch", "/nonexistent/out.patch", "add", api=api)
    folder = tmp_path / "full"
    ran = run(workspace, "--patch", "/dev/full")

    assert (early.code, folder.exists()) == (2, False)
    assert (ran.code, ran.json["outcome"], ran.json["stop_reason"]) == (1, "failed", "not_delivered")
    assert ran.json["changes"][0]["path"] == "sum.py"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--patch", "-"), "--patch - takes standard output"),
        (("--instance-id", "x"), "--predictions and --instance-id go together"),
        (("--mode", "review"), "With --propose or --patch the edits go into a file undecided."),
    ],
)
def test_what_goes_with_nothing_is_said(arguments: tuple[str, ...], sentence: str, workspace: Path) -> None:
    ran = run(workspace, *arguments)

    assert ran.code == 2
    assert sentence in ran.talk


def test_check_of_edits_that_wait_runs_in_a_copy_that_holds_them(workspace: Path, tmp_path: Path) -> None:
    (workspace / "ignored").mkdir()
    (workspace / ".git" / "info" / "exclude").write_text("ignored/\n")
    (workspace / "ignored" / "tool").write_text("#!/bin/sh\nexit 0\n")
    (workspace / ".copydesk.toml").write_text(
        '[checks]\nlink = ["ignored/beside"]\n[checks.sums]\nlink = ["ignored/tool"]\n'
        'command = ["/bin/sh", "-c", "grep -q sum sum.py && test ! -e .git && sh ignored/tool && pwd && touch left"]\n'
    )
    (workspace / "ignored" / "beside").write_text("")
    before = tree(workspace)
    checks = ("--check", "sums", "--check-command", "test -e ignored/beside && test ! -e ignored/other")
    ran = run(workspace, "--mode", "review", "--patch", str(tmp_path / "p"), *checks, "--trust")

    assert ran.code == 0, ran.json["checks"]
    assert [check["exit_code"] for check in ran.json["checks"]] == [0, 0]
    assert tree(workspace) == before
