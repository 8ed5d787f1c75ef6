"""Owns the proof that edits and rollbacks leave the user's repository alone, and run no program that it names."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desk import Desk

HOOKS = (
    "reference-transaction",
    "post-index-change",
    "pre-commit",
    "post-checkout",
    "post-commit",
    "fsmonitor-watchman",
)
CONFIGURATION = """
[core]
	fsmonitor = PROGRAM
	pager = PROGRAM
	sshCommand = PROGRAM
	editor = PROGRAM
[filter "evil"]
	clean = PROGRAM
	smudge = PROGRAM
	process = PROGRAM
	required = true
[diff "evil"]
	command = PROGRAM
	textconv = PROGRAM
[merge "evil"]
	driver = PROGRAM
[diff]
	external = PROGRAM
"""
QUESTIONS = (
    ("status", "--porcelain=v2", "--branch", "--untracked-files=all", "--ignored"),
    ("stash", "list"),
    ("for-each-ref",),
    ("reflog", "show", "--all"),
    ("ls-files", "--stage", "--debug"),
)


def git(base: Path, *arguments: str) -> bytes:
    """Ask git about the user's repository as the user does, with the programs of its configuration switched off."""
    switched_off = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(base), *switched_off, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, timeout=30).stdout


def repository(base: Path) -> None:
    """Commits, a tag, a branch, a stash, staged and unstaged work, an ignored file."""
    git(base, "init", "--quiet", "--initial-branch=main")
    (base / "tracked").write_bytes(b"tracked\r\n")
    (base / ".gitignore").write_bytes(b".env\n")
    git(base, "add", "-A")
    git(base, "commit", "--quiet", "-m", "first")
    git(base, "tag", "-a", "v1", "-m", "v1")
    git(base, "branch", "other")
    (base / "tracked").write_bytes(b"stashed\n")
    git(base, "stash")
    (base / "staged").write_bytes(b"staged\n")
    git(base, "add", "staged")
    (base / ".env").write_bytes(b"ignored\n")


def unborn(base: Path) -> None:
    """A repository with no commit yet, and something staged."""
    git(base, "init", "--quiet", "--initial-branch=main")
    (base / "staged").write_bytes(b"staged\n")
    git(base, "add", "staged")


@contextmanager
def armed(base: Path, canary: Path) -> Iterator[None]:
    """Name a program wherever a repository can name one; each would write the canary."""
    folder = base / ".git"
    kept = canary.with_name("kept")
    shutil.copytree(folder, kept)
    program = folder / "canary"
    for place in (program, *(folder / "hooks" / hook for hook in HOOKS)):
        place.parent.mkdir(exist_ok=True)
        place.write_text(f'#!/bin/sh\necho "$0" >> "{canary}"\nexec cat\n')
        place.chmod(0o755)
    with (folder / "config").open("a") as config:
        config.write(CONFIGURATION.replace("PROGRAM", str(program)))
    (folder / "info").mkdir(exist_ok=True)
    (folder / "info/attributes").write_text("* filter=evil diff=evil merge=evil text eol=crlf ident\n")
    yield
    shutil.rmtree(folder)
    kept.rename(folder)


def git_bytes(base: Path) -> dict[str, tuple[int, bytes]]:
    """Everything under `.git`, with modes and links."""
    found = {}
    for path in sorted((base / ".git").rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink():
            found[str(path)] = (mode, os.fsencode(path.readlink()))
        else:
            found[str(path)] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


def answers(base: Path) -> list[bytes]:
    return [git(base, *question) for question in QUESTIONS]


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
        before, contents = git_bytes(desk.base), desk.contents()
        with monkeypatch.context() as inside_a_hook:
            inside_a_hook.chdir(desk.base)
            inside_a_hook.setenv("GIT_DIR", str(desk.base / ".git"))
            inside_a_hook.setenv("GIT_INDEX_FILE", str(desk.base / ".git/index"))
            work(desk)
        assert git_bytes(desk.base) == before
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
