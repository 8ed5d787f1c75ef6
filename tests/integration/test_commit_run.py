"""Proves that a run commits exactly what it edited, at the person's word, and says the truth where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import warm_copydesk
from tests.repositories import git, repository
from tests.strict_api import StrictApi, call, say

BEFORE = "".join(f"line {number}\n" for number in range(20))
EDIT = {"command": "str_replace", "path": "a.py", "old_str": "line 3\n", "new_str": "third\n"}
FORBIDDEN = {"command": "create", "path": ".github/workflows/ci.yml", "file_text": "on: push\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    repository(folder)
    (folder / "a.py").write_text(BEFORE)
    git(folder, "add", "a.py")
    git(folder, "commit", "--quiet", "--message", "a.py")
    (folder / "a.py").write_text(BEFORE.replace("line 15", "mine"))
    return folder


def run(workspace: Path, *options: str, edits: tuple[dict[str, str], ...] = (EDIT,)) -> tuple[int, dict[str, object]]:
    with StrictApi([call(*edits), say("Done.")]) as api:
        arguments = ["run", "--root", str(workspace), "--output-format", "json", "change it", *options]
        ran = warm_copydesk(
            *arguments,
            api=api,
            GIT_AUTHOR_NAME="a",
            GIT_AUTHOR_EMAIL="a@b",
            GIT_COMMITTER_NAME="a",
            GIT_COMMITTER_EMAIL="a@b",
        )
    return ran.code, ran.json if ran.out else {"talk": ran.talk}


def test_run_commits_its_edits_and_leaves_those_of_the_user(workspace: Path) -> None:
    code, result = run(workspace, "--commit", "Change the third")
    assert code == 0
    assert git(workspace, "rev-parse", "HEAD").decode().strip() == result["commit"]
    assert git(workspace, "log", "-1", "--format=%s").decode() == "Change the third\n"
    assert git(workspace, "show", "HEAD:a.py").decode() == BEFORE.replace("line 3\n", "third\n")
    assert (workspace / "a.py").read_text() == BEFORE.replace("line 3\n", "third\n").replace("line 15", "mine")


def test_nothing_is_committed_when_an_edit_was_denied(workspace: Path) -> None:
    head = git(workspace, "rev-parse", "HEAD")
    code, result = run(workspace, "--commit", edits=(EDIT, FORBIDDEN))
    assert (code, result["commit"], git(workspace, "rev-parse", "HEAD")) == (4, None, head)


def test_nothing_is_paid_for_when_the_commit_could_not_be_made(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    code, said = run(tmp_path / "plain", "--commit")
    assert (code, "--commit: " in str(said["talk"])) == (2, True)
    (workspace / ".git/MERGE_HEAD").write_bytes(git(workspace, "rev-parse", "HEAD"))
    code, said = run(workspace, "--commit")
    assert (code, "in progress" in str(said["talk"])) == (2, True)
    assert (workspace / "a.py").read_text() == BEFORE.replace("line 15", "mine")


def test_run_fails_and_keeps_the_edits_when_a_hook_refuses_the_commit(workspace: Path) -> None:
    head = git(workspace, "rev-parse", "HEAD")
    hook = workspace / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
    hook.chmod(0o755)
    code, result = run(workspace, "--commit")
    assert (code, result["commit"], result["is_error"], git(workspace, "rev-parse", "HEAD")) == (1, None, True, head)
    assert "third" in (workspace / "a.py").read_text()
