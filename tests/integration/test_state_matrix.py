"""Proves that going back is exact, keeps what the user wrote, and leaves git alone, in every state of a repository.

The commands, each a process, do so in every third state, and in all of them with COPYDESK_CAMPAIGN.
"""

from __future__ import annotations

import json
import os
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from copydesk.domain.errors import RollbackConflict
from tests.desk import Desk
from tests.programs import WARM, Ran, warm_copydesk
from tests.repositories import STATES, clean
from tests.untouched import answers, armed, git_directories, untouchable

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
Images = dict[str, tuple[int, bytes]]

MADE, MADE_TOO, YOURS = "made/here/new", "left/file", "yours"
MUTE = ("no_repository", "bare", "inside_bare", "corrupt_index")
"""States in which `git status` gets no further than to say that something is wrong."""
EVIDENCE = {
    "detached": "HEAD",
    "merging": "MERGE_HEAD",
    "rebasing": "rebase-merge",
    "cherry_picking": "CHERRY_PICK_HEAD",
    "bisecting": "BISECT_LOG",
    "sparse": "info/sparse-checkout",
    "shallow": "shallow",
    "above_submodule": "modules/module/HEAD",
    "index_lock_left": "index.lock",
}
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator may give files away")


def images(base: Path) -> Images:
    """Everything in the workspace with its mode and bytes, folders and git's own files included."""
    return {
        str(path.relative_to(base)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in base.rglob("*")
        if not path.is_symlink()
    }


def subjects(base: Path) -> list[str]:
    """The user's files in the workspace."""
    inside = git_directories(base)
    files = [path for path in sorted(base.rglob("*")) if path.is_file() and path.name != ".git"]
    return [str(path.relative_to(base)) for path in files if not any(place in path.parents for place in inside)]


def play(desk: Desk) -> None:
    """Edit everything → the user edits → rollback → redo, and the same with an edit of the user's in the way."""
    before, files = images(desk.base), subjects(desk.base)
    changes = [desk.change(name, b"edited $Id$\r\n" + (desk.base / name).read_bytes() + b"\n") for name in files]
    step = desk.apply([*changes, desk.change(MADE, b"made\r\n"), desk.change(MADE_TOO, b"made too")])
    desk.edit(files[0] if files else MADE_TOO, None if files else b"made again")
    after = images(desk.base)
    assert after.keys() - before.keys() >= {"made", "made/here", MADE}

    desk.write(YOURS, b"yours\n")
    yours = {YOURS: images(desk.base)[YOURS]}
    assert desk.go_back(step)
    assert images(desk.base) == before | yours
    assert desk.redo()
    assert images(desk.base) == after | yours

    contested = desk.base / (files[-1] if len(files) > 1 else MADE)
    kept = contested.read_bytes()
    contested.write_bytes(kept + b"theirs\n")
    moved = images(desk.base)
    with pytest.raises(RollbackConflict):
        desk.go_back(step)
    assert images(desk.base) == moved
    contested.write_bytes(kept)
    assert desk.go_back(step)
    assert images(desk.base) == before | yours
    (desk.base / YOURS).unlink()


def play_verbs(desk: Desk) -> None:
    """The same by commands, each a process of its own."""
    before = images(desk.base)
    edits = [{"command": "create", "path": path, "file_text": "made\n"} for path in (MADE, MADE_TOO)]
    given = "".join(f"{json.dumps({'input': edit})}\n" for edit in edits).encode()
    answered = copydesk(desk, "tool", given=given).lines
    assert [line["is_error"] for line in answered] == [False, False]
    after = images(desk.base)

    desk.write(YOURS, b"yours\n")
    rows = copydesk(desk, "history", "--json").json["steps"]
    assert [row["paths"] for row in rows] == [[MADE_TOO], [MADE]]
    back = copydesk(desk, "rollback", rows[-1]["id"], "--json").json
    assert sorted(change["path"] for change in back["changes"]) == sorted((MADE, MADE_TOO))
    (desk.base / YOURS).unlink()
    assert images(desk.base) == before
    copydesk(desk, "redo")
    assert images(desk.base) == after
    copydesk(desk, "rollback", rows[-1]["id"])
    assert images(desk.base) == before


def copydesk(desk: Desk, *arguments: str, code: int = 0, given: bytes | None = None) -> Ran:
    done = warm_copydesk(*arguments, cwd=desk.base, given=given)
    assert done.code == code, done.talk
    return done


def made(state: str, folder: Path) -> Path:
    """Make a state in a folder of the user's; gives the workspace."""
    base = folder / "user/workspace"
    base.mkdir(parents=True)
    STATES[state](base)
    return base


def desk_for(base: Path, folder: Path) -> Desk:
    """A desk on a workspace; its store lies where the user has nothing."""
    folder.mkdir()
    (folder / "workspace").symlink_to(base)
    return Desk(folder)


@contextmanager
def untouched(base: Path, canary: Path, *, sings: bool) -> Iterator[None]:
    """What is of git stays as it was, whatever was looked at or asked, and no program that it names is run."""
    user = base.parent
    asked = answers(user)
    with armed(user, canary):
        before = untouchable(user, base)
        yield
        assert untouchable(user, base) == before
        assert not canary.exists()
        subprocess.run(
            ["git", "-C", str(base), "status"],
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
            capture_output=True,
            timeout=30,
        )
        assert canary.exists() is sings
    assert answers(user) == asked


@pytest.mark.parametrize("state", STATES)
def test_invariant_6_going_back_is_exact_and_git_is_untouched_in_the_state(state: str, tmp_path: Path) -> None:
    base = made(state, tmp_path)
    with untouched(base, tmp_path / "canary", sings=state not in MUTE):
        play(desk_for(base, tmp_path / "mine"))


@pytest.mark.parametrize("state", [*STATES][:: 1 if CAMPAIGN else 3])
def test_invariant_6_commands_go_back_exactly_and_git_is_untouched_in_the_state(state: str, tmp_path: Path) -> None:
    base = made(state, tmp_path)
    with untouched(base, tmp_path / "canary", sings=state not in MUTE):
        play_verbs(desk_for(base, tmp_path / "mine"))


@pytest.mark.parametrize("state", EVIDENCE)
def test_state_is_what_its_name_says(state: str, tmp_path: Path) -> None:
    evidence = made(state, tmp_path) / ".git" / EVIDENCE[state]
    assert evidence.exists()
    assert state != "detached" or not evidence.read_bytes().startswith(b"ref:")


@as_root
def test_invariant_6_going_back_is_exact_when_git_refuses_the_owner(tmp_path: Path) -> None:
    base = made("repository", tmp_path)
    with owned_by_nobody(base.parent), untouched(base, tmp_path / "canary", sings=False):
        refused = subprocess.run(["git", "-C", str(base), "status"], check=False, capture_output=True, timeout=30)
        assert b"dubious ownership" in refused.stderr
        play(desk_for(base, tmp_path / "mine"))


@pytest.mark.parametrize("state", ["repository", "linked_worktree", "merging"])
def test_invariant_6_going_back_is_exact_when_git_is_read_only(state: str) -> None:
    with TemporaryDirectory() as folder, dropped(Path(folder)) as run:
        base = made(state, Path(folder))
        with untouched(base, Path(folder) / "canary", sings=True), owned_by_nobody(base.parent), read_only(base.parent):
            run(_play_without_rights, base)


def _play_without_rights(base: Path) -> None:
    for place in git_directories(base.parent):
        with pytest.raises(PermissionError):
            (place / "index").open("ab")
    play(desk_for(base, base.parent.with_name("mine")))


@contextmanager
def owned_by_nobody(folder: Path) -> Iterator[None]:
    """Everything below belongs to another user for a while, where this one can give it away."""
    _give(folder, NOBODY)
    yield
    _give(folder, os.geteuid())


def _give(folder: Path, user: int) -> None:
    with suppress(PermissionError):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """No git directory below can be written to for a while."""
    modes = {path: path.stat().st_mode for place in git_directories(folder) for path in (place, *place.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    yield
    for path, mode in modes.items():
        path.chmod(mode)


@contextmanager
def dropped(folder: Path) -> Iterator[Callable[..., None]]:
    """Run a function in a process that is nobody's, in a folder that it may write to: no right is exempt there."""
    if os.geteuid() != 0:
        yield lambda function, *arguments: function(*arguments)
        return
    _give(folder, NOBODY)
    yield lambda function, *arguments: _run_dropped(folder / "failure", function, arguments)


def _run_dropped(failure: Path, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    process = WARM.Process(target=_become_nobody, args=(failure, function, arguments))
    process.start()
    process.join(50)
    assert process.exitcode == 0, failure.read_text() if failure.exists() else process.exitcode


def _become_nobody(failure: Path, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    # What is loaded on the way is not readable for nobody, so all of it is gone through before.
    with TemporaryDirectory() as rehearsal:
        base = Path(rehearsal) / "user/workspace"
        base.mkdir(parents=True)
        clean(base)
        play(desk_for(base, Path(rehearsal) / "mine"))
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    try:
        function(*arguments)
    except BaseException:
        failure.write_text(traceback.format_exc())
        raise
