"""Owns the proof that edits and rollbacks leave the user's repository alone, and run no program that it names."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.repositories import repository, unborn
from tests.untouched import answers, armed, untouchable


def work(desk: Desk) -> None:
    """Edits of tracked, staged, ignored and new files; back and forth, and back again."""
    names = [name for name in ("tracked", "staged", ".env") if (desk.base / name).exists()]
    first = desk.apply([desk.change(name, b"edited $Id$\n") for name in [*names, "new/file"]])
    desk.edit(names[0] if names else "new/file", None)
    desk.edit("another", b"x")
    desk.go_back(first)
    desk.redo()
    desk.go_back(first)


@pytest.mark.parametrize("make", [repository, unborn])
def test_invariant_6_repository_is_untouched_when_files_are_edited_and_rolled_back(
    tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, canary = Desk(tmp_path), tmp_path / "canary"
    make(desk.base)
    asked = answers(desk.base)
    with armed(desk.base, canary):
        before, contents = untouchable(desk.base, desk.base), desk.contents()
        with monkeypatch.context() as inside_a_hook:
            inside_a_hook.chdir(desk.base)
            inside_a_hook.setenv("GIT_DIR", str(desk.base / ".git"))
            inside_a_hook.setenv("GIT_INDEX_FILE", str(desk.base / ".git/index"))
            work(desk)
        assert untouchable(desk.base, desk.base) == before
        assert desk.contents() == contents
        assert not canary.exists()
    assert answers(desk.base) == asked


def test_invariant_6_the_canaries_sing_when_git_runs_unguarded(tmp_path: Path) -> None:
    base, canary = tmp_path / "workspace", tmp_path / "canary"
    base.mkdir()
    repository(base)
    with armed(base, canary):
        subprocess.run(["git", "-C", str(base), "status"], check=False, capture_output=True, timeout=30)
        assert canary.exists()


def test_no_repository_is_made_when_there_is_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write("tracked", b"x")
    work(desk)
    assert desk.contents() == {"tracked": b"x"}
    assert desk.names() == {"tracked"}
