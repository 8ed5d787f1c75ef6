"""Owns how to see that nobody touched a user's repository, and that no program that it names was run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    ("diff",),
    ("diff", "--cached"),
    ("stash", "list"),
    ("log", "--all", "--decorate"),
    ("for-each-ref",),
    ("reflog", "show", "--all"),
    ("ls-files", "--stage", "--debug"),
)
# The user has git-lfs somewhere; here its pointers are compared as they are.
SWITCHED_OFF = [
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.autoRefreshIndex=false"),
    *("-c", "safe.directory=*", "-c", "protocol.file.allow=always", "-c", "filter.lfs.required=false"),
    *("-c", "filter.lfs.clean=", "-c", "filter.lfs.smudge=", "-c", "filter.lfs.process="),
]
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "a", "EMAIL": "a@b", "DATE": "1700000000 +0000"}.items()
}
Seen = tuple[int, int, int, bytes]
"""Mode, inode, nanoseconds of the last change, bytes."""


def ask(base: Path, *arguments: str) -> tuple[int, bytes]:
    """Ask git about the user's repository as the user does, with the programs of its configuration switched off."""
    environment = {**os.environ, **IDENTITY, "GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(base), *SWITCHED_OFF, *arguments]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, timeout=30)
    return done.returncode, done.stdout


def answers(folder: Path) -> dict[Path, list[tuple[int, bytes]]]:
    """What git says in every work tree and bare repository at or below a folder."""
    bare = {place for place in git_directories(folder) if ".git" not in place.parts}
    places = {path.parent for path in folder.rglob(".git")} | bare
    return {place: [ask(place, *question) for question in QUESTIONS] for place in sorted(places)}


def git_directories(folder: Path) -> list[Path]:
    """Every git directory at or below a folder: of repositories, bare ones, linked worktrees and submodules."""
    heads = [path.parent for path in sorted(folder.rglob("HEAD"))]
    return [place for place in heads if (place / "objects").is_dir() or (place / "commondir").is_file()]


def untouchable(folder: Path, workspace: Path) -> dict[str, Seen]:
    """All at or below a folder but the workspace's own files: its git directory, and everything beside it.

    With modes, inodes and times of change, so that a file that was rewritten as it was, or a lock that came and went,
    shows as well.
    """
    own = workspace.resolve()
    marks = {own, *git_directories(folder), *folder.rglob(".git"), folder}

    def is_own(path: Path) -> bool:
        return next(place for place in (path, *path.parents) if place in marks) == own

    return {str(path): _seen(path) for path in sorted(folder.rglob("*")) if not is_own(path)}


def _seen(path: Path) -> Seen:
    status = path.lstat()
    data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
    return status.st_mode, status.st_ino, status.st_mtime_ns, data


@contextmanager
def armed(folder: Path, canary: Path) -> Iterator[None]:
    """Name a program wherever a repository at or below a folder can name one; each would write the canary."""
    places = [place for place in git_directories(folder) if (place / "objects").is_dir()]
    kept = {place: place.with_name(f"{place.name}.kept") for place in places}
    for place, copy in kept.items():
        copy.mkdir()
        for name in ("config", "hooks", "info"):
            if (place / name).exists():
                _copy(place / name, copy / name)
        _arm(place, canary)
    yield
    for place, copy in kept.items():
        (place / "canary").unlink()
        for name in ("config", "hooks", "info"):
            _remove(place / name)
            if (copy / name).exists():
                (copy / name).rename(place / name)
        copy.rmdir()


def _arm(place: Path, canary: Path) -> None:
    program = place / "canary"
    for path in (program, *(place / "hooks" / hook for hook in HOOKS)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$0" >> "{canary}"\nexec cat\n')
        path.chmod(0o755)
    with (place / "config").open("a") as config:
        config.write(CONFIGURATION.replace("PROGRAM", str(program)))
    (place / "info").mkdir(exist_ok=True)
    (place / "info/attributes").write_text("* filter=evil diff=evil merge=evil text eol=crlf ident\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
