"""Proves that no verb runs a program that a repository names: a canary that git itself would wake stays silent.

`fixtures/hostile/` holds a builder for each way of naming a program. With COPYDESK_CAMPAIGN every verb meets every
repository; without it every repository meets some verbs, in turn, so that every verb meets some repositories.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from copydesk.assembly.place import open_place
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.policies import Mode
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.git import UserRepository
from tests.mcp_client import connect, connect_process, open_desk, text_of
from tests.programs import Ran, warm_copydesk
from tests.strict_api import StrictApi, call, say
from tests.untouched import untouchable

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
VERBS_EACH = 2
"""Verbs that a repository meets outside the campaign."""
BUILDERS = Path(__file__).parents[2] / "fixtures/hostile"
Built = tuple[Path, Path]
"""A repository, and the canary of the program that it names."""

COMMIT = ("commit", "--allow-empty", "--message=x")
BARE = "innocent"
"""A bare repository among the files; where there is one, copydesk is started in it."""
WAKING: dict[str, tuple[str, ...]] = {
    "alias": ("st",),
    "alternate-refs": ("fetch", "origin"),
    "attributes": ("diff",),
    "commondir": ("status",),
    "core-worktree": ("status",),
    "credential-helper": ("credential", "fill"),
    "diff-driver": ("diff",),
    "diff-external": ("diff",),
    "diff-textconv": ("diff",),
    "editor": ("commit", "--allow-empty"),
    "filter-clean": ("status",),
    "filter-process": ("status",),
    "filter-smudge": ("checkout", "--", "file.txt"),
    "fsmonitor": ("status",),
    "git-link": ("status",),
    "git-proxy": ("fetch", "origin"),
    "gitfile": ("status",),
    "gpg": COMMIT,
    "hook-index": ("status",),
    "hook-reference": ("branch", "new"),
    "hooks-commit": COMMIT,
    "hooks-path": COMMIT,
    "include": ("status",),
    "include-if": ("status",),
    "merge-driver": ("merge", "other"),
    "nested-bare": ("-C", BARE, "status"),
    "nested-repository": ("-C", "nested", "status"),
    "pager": ("log",),
    "promisor": ("diff",),
    "remote-helper": ("fetch", "origin"),
    "ssh-command": ("fetch", "origin"),
    "submodule-config": ("status",),
    "submodule-update": ("submodule", "update"),
    "tools": ("archive", "--format=evil", "HEAD"),
    "upload-pack": ("fetch", "origin"),
    "worktree-config": ("status",),
}
"""Each builder, with what wakes its canary in a user's own hands."""
NAME, EDITED = "file.txt", b"edited\n"
EDIT: dict[str, Any] = {"command": "insert", "path": NAME, "insert_line": 0, "insert_text": "edited\n"}
VIEWS = ({"command": "view", "path": NAME}, {"command": "view", "path": "."})
SEARCHES: dict[str, dict[str, Any]] = {"find_files": {"pattern": "*"}, "search_text": {"pattern": "[0-9]"}}


def git(folder: Path, *arguments: str) -> None:
    """Run git as a user does who knows of nothing, at a terminal."""
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "wb") as terminal:
        subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**os.environ, **identity, "TERM": "xterm"},
            input=b"protocol=https\nhost=host.invalid\n\n",
            stdout=terminal,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=30,
        )


def build(vector: str, folder: Path) -> Built:
    canary, program = folder / "canary", folder / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{canary}"\n')
    program.chmod(0o755)
    builder = ["sh", str(BUILDERS / f"{vector}.sh"), str(folder / "repository"), str(program)]
    subprocess.run(builder, check=True, capture_output=True, timeout=30)
    return folder / "repository", canary


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Each repository is made once; the tests have copies."""
    return cache(lambda vector: build(vector, tmp_path_factory.mktemp(vector)))


@pytest.fixture
def canary(vector: str, built: Callable[[str], Built]) -> Path:
    _, canary = built(vector)
    canary.unlink(missing_ok=True)
    return canary


@pytest.fixture
def workspace(vector: str, built: Callable[[str], Built], tmp_path: Path) -> Path:
    return shutil.copytree(built(vector)[0], tmp_path / "workspace", symlinks=True)


def copydesk(workspace: Path, *arguments: str, given: bytes = b"", api: StrictApi | None = None) -> Ran:
    inside = workspace / BARE
    done = warm_copydesk(*arguments, cwd=inside if inside.exists() else workspace, given=given, api=api)
    assert done.code == 0, done.talk
    return done


def edit(workspace: Path) -> None:
    """An edit by copydesk, from this process."""
    place = open_place(str(workspace), os.environ)
    before = place.files.read(NAME)
    assert before
    place.applier.apply([FileChange(NAME, before, FileImage(EDITED, before.mode))], StepMeta(Operation.EDIT, "s1"))


def history(workspace: Path) -> None:
    edit(workspace)
    assert len(copydesk(workspace, "history", "--json").json["steps"]) == 1


def rollback(workspace: Path) -> None:
    before = (workspace / NAME).read_bytes()
    edit(workspace)
    copydesk(workspace, "rollback")
    assert (workspace / NAME).read_bytes() == before


def redo(workspace: Path) -> None:
    rollback(workspace)
    copydesk(workspace, "redo")
    assert (workspace / NAME).read_bytes() == EDITED


def models(workspace: Path) -> None:
    copydesk(workspace, "models", "--json")


def rules(workspace: Path) -> None:
    copydesk(workspace, "rules", "--json")


def demo(workspace: Path) -> None:
    copydesk(workspace, "demo", "--run", "--keep", str(workspace.with_name("kept")))


def run(workspace: Path) -> None:
    searches = [call(given, name=name) for name, given in SEARCHES.items()]
    with StrictApi([*map(call, VIEWS), *searches, call(EDIT), say("Done.")]) as api:
        result = copydesk(workspace, "run", "--output-format", "json", "go", api=api).json
    assert (api.failures, api.refusals) == ([], [])
    assert [change["path"] for change in result["changes"]] == [NAME]


def tool(workspace: Path) -> None:
    calls: list[dict[str, Any]] = [{"input": given} for given in (*VIEWS, EDIT)]
    calls += [{"name": name, "input": given} for name, given in SEARCHES.items()]
    answers = copydesk(workspace, "tool", given="".join(f"{json.dumps(asked)}\n" for asked in calls).encode()).lines
    assert [answer["is_error"] for answer in answers] == [False] * 5, answers


def mcp(workspace: Path) -> None:
    """The server in this process: it drops what is not answered yet when its input ends, as a file does."""
    asyncio.run(use(connect(open_desk(workspace, Mode.ACCEPT), "modern")))


async def use(connection: Client) -> None:
    edited = {name: value for name, value in EDIT.items() if name != "command"}
    async with connection as client:
        for name, sent in {str(EDIT["command"]): edited, **SEARCHES}.items():
            result = await client.call_tool(name, dict(sent))
            assert not result.is_error, text_of(result)


def hints(workspace: Path) -> None:
    """What a screen shows of the repository."""
    user = UserRepository(workspace)
    assert user.is_ignored(["a.log", NAME]) in (frozenset({"a.log"}), None)
    assert user.is_dirty() in (True, False, None)
    user.branch()
    user.base_commit()


VERBS: tuple[Callable[[Path], None], ...] = (history, run, rollback, models, tool, redo, rules, mcp, hints, demo)


def meetings() -> Iterator[tuple[str, Callable[[Path], None]]]:
    turn = cycle(VERBS)
    for vector in WAKING:
        yield from ((vector, verb) for verb in islice(turn, len(VERBS) if CAMPAIGN else VERBS_EACH))


@pytest.mark.parametrize(("vector", "verb"), [*meetings()], ids=lambda part: getattr(part, "__name__", part))
def test_invariant_6_no_program_of_a_hostile_repository_runs_by_the_verb(
    verb: Callable[[Path], None], workspace: Path, canary: Path
) -> None:
    before = untouchable(workspace, workspace)
    verb(workspace)
    assert not canary.exists(), canary.read_text()
    assert untouchable(workspace, workspace) == before


@pytest.mark.parametrize("vector", ["attributes"])
def test_invariant_6_no_program_of_a_hostile_repository_runs_by_the_server_as_a_process(
    workspace: Path, canary: Path
) -> None:
    asyncio.run(use(connect_process(workspace, "legacy", None, "--mode", "accept")))
    assert not canary.exists(), canary.read_text()


@pytest.mark.parametrize("vector", ["gitfile", "git-link"])
def test_invariant_6_hook_is_not_written_when_the_git_directory_has_another_name(workspace: Path) -> None:
    plant(workspace, "hidden/hooks/pre-commit")


@pytest.mark.parametrize("vector", ["fsmonitor"])
def test_invariant_4_hook_is_not_written_when_the_root_is_a_git_directory(workspace: Path) -> None:
    plant(workspace / ".git", "hooks/pre-commit")


def plant(root: Path, path: str) -> None:
    """Try to have copydesk write a program that git runs."""
    created = {"command": "create", "path": path, "file_text": "touch planted\n"}
    warm_copydesk("tool", "--root", str(root), given=f"{json.dumps({'input': created})}\n".encode())
    assert not (root / path).exists()


@pytest.mark.parametrize("vector", WAKING)
def test_canary_sings_when_git_meets_the_hostile_repository(vector: str, workspace: Path, canary: Path) -> None:
    git(workspace, *WAKING[vector])
    assert canary.exists()


def test_every_builder_has_what_wakes_its_canary() -> None:
    assert {path.stem for path in BUILDERS.glob("*.sh")} == {*WAKING, "common"}
