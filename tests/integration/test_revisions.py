"""Proves which files differ between states of a real repository, and that looking changes nothing of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from copydesk.domain.errors import UsageError
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import UserRepository
from copydesk.workspace.paths import Root
from copydesk.workspace.revisions import RevisedFile, Revisions

WHO = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid", "-c", "commit.gpgSign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *WHO, *arguments], cwd=folder, check=True, timeout=20, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name in ("kept", "edited", "gone", "sp ace", "ünï"):
        (folder / name).write_text(f"{name}\n")
    (folder / ".gitignore").write_text("*.log\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def looking(folder: Path) -> Revisions:
    return Revisions(UserRepository(folder), DiskFiles(Root.open(folder)))


def sides(files: tuple[RevisedFile, ...]) -> dict[str, tuple[bytes | None, bytes | None]]:
    return {
        file.path: (file.before.data if file.before else None, file.after.data if file.after else None)
        for file in files
    }


def test_working_tree_has_edits_deletions_and_files_that_git_does_not_know(repository: Path) -> None:
    (repository / "edited").write_text("changed\n")
    (repository / "gone").unlink()
    (repository / "sp ace").write_text("staged\n")
    git(repository, "add", "sp ace")
    (repository / "new ü").write_text("new\n")
    (repository / "noise.log").write_text("ignored\n")
    (repository / "kept").touch()
    before = (repository / ".git" / "index").read_bytes()

    assert sides(looking(repository).working_tree()) == {
        "edited": (b"edited\n", b"changed\n"),
        "gone": (b"gone\n", None),
        "new ü": (None, b"new\n"),
        "sp ace": (b"sp ace\n", b"staged\n"),
    }
    assert (repository / ".git" / "index").read_bytes() == before


def test_file_with_line_ends_of_the_checkout_is_not_changed_in_every_line(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    (repository / "kept").write_bytes(b"kept\r\nmore\r\n")

    assert sides(looking(repository).working_tree()) == {"kept": (b"kept\r\n", b"kept\r\nmore\r\n")}


def test_commit_is_compared_with_its_first_parent(repository: Path) -> None:
    git(repository, "mv", "ünï", "uni")
    (repository / "kept").chmod(0o755)
    git(repository, "commit", "--quiet", "-am", "two")

    found = looking(repository).of_commit("HEAD")
    assert [(file.path, file.old_path) for file in found] == [("kept", ""), ("uni", "ünï")]
    kept = found[0]
    assert (kept.before and kept.before.mode, kept.after and kept.after.mode) == (0o644, 0o755)
    assert set(sides(looking(repository).of_commit("HEAD~1"))) == {
        ".gitignore", "edited", "gone", "kept", "sp ace", "ünï",
    }  # fmt: skip


def test_range_is_compared_from_end_to_end_or_from_where_it_began(repository: Path) -> None:
    git(repository, "switch", "--quiet", "-c", "feature")
    (repository / "edited").write_text("feature\n")
    git(repository, "commit", "--quiet", "-am", "two")
    git(repository, "switch", "--quiet", "main")
    (repository / "gone").write_text("main\n")
    git(repository, "commit", "--quiet", "-am", "three")
    here = looking(repository)

    assert set(sides(here.between("main", "feature"))) == {"edited", "gone"}
    assert sides(here.between(here.merge_base("main", "feature"), "feature")) == {"edited": (b"edited\n", b"feature\n")}


def test_links_and_submodules_are_told_apart_from_files(repository: Path, tmp_path: Path) -> None:
    (repository / "link").symlink_to("kept")
    git(repository, "add", "link")
    git(repository, "commit", "--quiet", "-m", "two")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{git(repository, 'rev-parse', 'HEAD')},inner")
    git(repository, "commit", "--quiet", "-m", "three")
    here = looking(repository)

    assert [(file.path, file.note) for file in here.of_commit("HEAD~1")] == [
        ("link", "It is a symbolic link; its text is where it leads.")
    ]
    assert here.of_commit("HEAD") == ()


def test_first_commit_is_still_to_come(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("one\n")
    git(tmp_path, "add", "a")

    assert sides(looking(tmp_path).working_tree()) == {"a": (None, b"one\n")}


def test_files_in_a_merge_are_listed_once(repository: Path) -> None:
    git(repository, "switch", "--quiet", "-c", "other")
    (repository / "edited").write_text("other\n")
    git(repository, "commit", "--quiet", "-am", "two")
    git(repository, "switch", "--quiet", "main")
    (repository / "edited").write_text("main\n")
    git(repository, "commit", "--quiet", "-am", "three")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")

    assert list(sides(looking(repository).working_tree())) == ["edited"]


@pytest.mark.parametrize("name", ["nope", "--output=x", "main..nope"])
def test_what_is_no_commit_is_said(name: str, repository: Path) -> None:
    with pytest.raises(UsageError, match="is no commit"):
        looking(repository).of_commit(name)
    assert not (repository / "x").exists()
