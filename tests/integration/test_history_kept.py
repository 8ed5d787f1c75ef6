"""Proves that the command line looks after the History, and drops or exports it at the person's word only."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.programs import warm_copydesk
from tests.strict_api import StrictApi, call, say

CREATE = {"command": "create", "path": "new.py", "file_text": "made = 1\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    with StrictApi([call(CREATE), say("Done.")]) as api:
        assert warm_copydesk("run", "--root", str(folder), "make it", api=api).code == 0
    return folder


def steps(workspace: Path) -> list[str]:
    listed = warm_copydesk("history", "--root", str(workspace), "--json")
    return [step["id"] for step in json.loads(listed.out)["steps"]]


def store(state_dir: Path) -> Path:
    (found,) = state_dir.rglob("repo.git")
    return found


def test_history_is_looked_after_when_a_run_ends_a_day_later(workspace: Path, state_dir: Path) -> None:
    assert not (store(state_dir) / "copydesk.tidied").exists()
    os.utime(store(state_dir) / "config", (1, 1))
    edit = {"command": "str_replace", "path": "new.py", "old_str": "1", "new_str": "2"}
    with StrictApi([call(edit), say("Done.")]) as api:
        assert warm_copydesk("run", "--root", str(workspace), "change it", api=api).code == 0
    assert (store(state_dir) / "copydesk.tidied").exists()
    assert list((store(state_dir) / "objects/pack").glob("*.pack"))
    assert warm_copydesk("rollback", "--root", str(workspace)).code == 0
    assert (workspace / "new.py").read_text() == "made = 1\n"


def test_history_is_gone_when_it_was_purged_and_only_named_when_previewed(workspace: Path) -> None:
    before = steps(workspace)
    named = warm_copydesk("history", "--root", str(workspace), "--purge", "--preview")
    assert (named.code, steps(workspace)) == (0, before)
    assert "Nothing was dropped" in named.talk
    other = warm_copydesk("history", "--root", str(workspace), "--purge", "other.py")
    assert ("There is nothing to drop." in other.talk, steps(workspace)) == (True, before)
    assert "Dropped for good: 1" in warm_copydesk("history", "--root", str(workspace), "--purge", "new.py").talk
    assert steps(workspace) == []
    assert warm_copydesk("rollback", before[0], "--root", str(workspace)).code == 2
    assert (workspace / "new.py").exists()


def test_history_is_copied_into_the_repository_when_it_is_exported(workspace: Path) -> None:
    refused = warm_copydesk("history", "--root", str(workspace), "--export")
    assert refused.code == 2
    subprocess.run(["git", "init", "--quiet", str(workspace)], check=True)
    exported = warm_copydesk("history", "--root", str(workspace), "--export")
    assert exported.code == 0
    assert "push --mirror" in exported.talk
    listed = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname)"], cwd=workspace, check=True, capture_output=True, text=True
    )
    assert listed.stdout.startswith("refs/copydesk/")
