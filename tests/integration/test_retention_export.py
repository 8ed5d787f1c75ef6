"""Proves that an export adds commits and refs to the user's repository and changes nothing else in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.changes.export import WARNING, export
from copydesk.changes.retention import purge
from copydesk.domain.errors import GitError, UsageError
from copydesk.workspace.git import UserRepository
from tests.desk import Desk
from tests.repositories import git, repository, unborn
from tests.untouched import QUESTIONS, answers, armed, untouchable


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    repository(desk.base)
    desk.edit("tracked", b"edited\n" * 100, "s1")
    desk.edit("new/file", os.urandom(500), "s2")
    desk.edit("tracked", b"edited again\n" * 100, "s1")
    return desk


def refs(desk: Desk) -> dict[str, str]:
    lines = git(desk.base, "for-each-ref", "--format=%(refname) %(objectname)", "refs/copydesk").decode().splitlines()
    return dict(line.split() for line in lines)


def test_log_of_the_user_shows_the_steps_when_they_were_exported(desk: Desk) -> None:
    exported = export(desk.history, UserRepository(desk.base))
    assert exported.moved == ("refs/copydesk/s1", "refs/copydesk/s2")
    assert refs(desk) == {
        f"refs/copydesk/{name}": tip for name, tip in desk.history.store.refs("refs/sessions").items()
    }
    assert git(desk.base, "log", "--format=%s", "refs/copydesk/s1") == b"an edit\nan edit\n"
    assert git(desk.base, "show", "refs/copydesk/s1:post-0") == b"edited again\n" * 100
    assert git(desk.base, "fsck", "--strict", "--no-dangling") == b""


def test_second_export_adds_what_came_since(desk: Desk) -> None:
    user = UserRepository(desk.base)
    export(desk.history, user, ["s2"])
    assert list(refs(desk)) == ["refs/copydesk/s2"]
    assert export(desk.history, user, ["s2"]).kept == ("refs/copydesk/s2",)
    desk.edit("new/file", b"since\n", "s2")
    purge(desk.history, ["s1"])
    assert export(desk.history, user).moved == ("refs/copydesk/s2",)
    assert git(desk.base, "show", "refs/copydesk/s2:post-0") == b"since\n"
    assert git(desk.base, "rev-list", "--count", "refs/copydesk/s2") == b"2\n"
    assert git(desk.base, "fsck", "--strict", "--no-dangling") == b""


def test_refs_stay_when_their_sessions_left_the_history(desk: Desk) -> None:
    export(desk.history, UserRepository(desk.base))
    before = refs(desk)
    purge(desk.history, ["s1", "s2"])
    assert export(desk.history, UserRepository(desk.base)).moved == ()
    assert refs(desk) == before


def shown(base: Path) -> list[tuple[int, bytes]]:
    """What git says of a repository beside its refs and commits."""
    said = zip(QUESTIONS, answers(base)[base], strict=True)
    return [answer for question, answer in said if question[0] not in ("for-each-ref", "log")]


@pytest.mark.parametrize("build", [repository, unborn])
def test_invariant_6_nothing_else_changes_and_no_program_runs(tmp_path: Path, build: Callable[[Path], None]) -> None:
    desk = Desk(tmp_path)
    build(desk.base)
    desk.edit("staged", b"edited\n")
    asked = shown(desk.base)
    canary = tmp_path / "canary"
    with armed(desk.base, canary):
        with (desk.base / ".git/config").open("a") as configuration:
            configuration.write("[core]\n\tlogAllRefUpdates = always\n")
        before = untouchable(desk.base, desk.base)
        export(desk.history, UserRepository(desk.base))
        after = untouchable(desk.base, desk.base)
        added = {name.partition("/.git/")[2] for name in after if name not in before}
        assert {name: after[name] for name in before if Path(name).is_file()} == {
            name: value for name, value in before.items() if Path(name).is_file()
        }
    assert not canary.exists()
    assert {name for name in added if not name.startswith("objects/")} == {"refs/copydesk", "refs/copydesk/s1"}
    assert shown(desk.base) == asked


def test_export_is_refused_when_there_is_no_repository(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit("a", b"a\n")
    with pytest.raises(UsageError, match="There is no repository in the root of this workspace to export to"):
        export(desk.history, UserRepository(desk.base))
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(desk.base)], check=True, timeout=30)
    with pytest.raises(UsageError, match="SHA-256"):
        export(desk.history, UserRepository(desk.base))


def test_export_is_refused_when_a_session_is_unknown(desk: Desk) -> None:
    with pytest.raises(UsageError, match="has no session nobody"):
        export(desk.history, UserRepository(desk.base), ["s1", "nobody"])
    assert refs(desk) == {}


def test_no_ref_moves_when_one_cannot(desk: Desk) -> None:
    (desk.base / ".git/refs/copydesk").mkdir()
    (desk.base / ".git/refs/copydesk/s2.lock").touch()
    with pytest.raises(GitError, match="update-ref failed"):
        export(desk.history, UserRepository(desk.base))
    assert refs(desk) == {}
    assert not list(desk.store.glob("export-*"))


def test_person_can_remove_what_was_exported_as_the_warning_says(desk: Desk) -> None:
    export(desk.history, UserRepository(desk.base))
    subprocess.run(["sh", "-c", WARNING.split("`")[5]], cwd=desk.base, check=True, timeout=30)
    assert refs(desk) == {}
