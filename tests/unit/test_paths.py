"""Owns the law of paths: one table of cases for both ways of opening, and the search for the root."""

from __future__ import annotations

import os
import posixpath
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.errors import NotRegularFile, PathRefused, WorkspaceError
from copydesk.workspace.files import DiskFiles, Entry, Files
from copydesk.workspace.gitdirs import git_directories, is_git_name
from copydesk.workspace.paths import (
    Opener,
    Root,
    choose_opener,
    find_root,
    open_by_openat2,
    open_by_walk,
)
from tests.fakes import MemoryFiles

SECRET = b"outside"

READABLE = {
    "plain.txt": "plain.txt",
    "./folder//inner.txt": "folder/inner.txt",
    "folder/../plain.txt": "plain.txt",
    "a..b.txt": "a..b.txt",
    "..hidden": "..hidden",
    "backup~.txt": "backup~.txt",
    "~/plain.txt": "~/plain.txt",
    "%2e%2e": "%2e%2e",
    "back\\slash": "back\\slash",
    " spaced ": " spaced ",
    ".gitignore": ".gitignore",
    ".github/ci.yml": ".github/ci.yml",
    "git": "git",
    "odd-\udcff-name": "odd-\udcff-name",
    "link-to-file": "plain.txt",
    "link-to-folder/inner.txt": "folder/inner.txt",
    "link-to-link": "plain.txt",
    "folder/link-up": "plain.txt",
    "link-down-and-up/plain.txt": "plain.txt",
    "folder/link-to-self/inner.txt": "folder/inner.txt",
}
"""Names and the real paths that they lead to."""

REFUSED = {
    "": "empty",
    "nul\0byte": "NUL",
    "half\ud800pair": "surrogate",
    "..": "outside",
    "../secret.txt": "outside",
    "folder/../../secret.txt": "outside",
    "/etc/passwd": "outside",
    "link-out": "outside",
    "link-out-folder/secret.txt": "outside",
    "link-to-link-out": "outside",
    "link-dangling-out": "outside",
    "link-absolute": "absolute",
    "link-absolute-inside": "absolute",
    "link-to-proc": "absolute",
    "link-loop": "symbolic links",
    "link-to-git": ".git",
    "link-to-git-config": ".git",
    "link-to-git/config": ".git",
    ".git": ".git",
    ".git/config": ".git",
    "folder/.git/hooks/pre-commit": ".git",
    ".GIT/config": ".git",
    ".g\u200cit/config": ".git",
    "\uff0egit/config": ".git",
    ".git./config": ".git",
    ".git /config": ".git",
    "git~1/config": ".git",
    ".git::$INDEX_ALLOCATION/config": ".git",
    "x" * 300: "too long",
}
"""Names and a word of the sentence that refuses them."""

IRREGULAR = ["folder", "fifo", "socket", ".", "link-to-folder", "plain.txt/below", "link-to-fifo"]


@pytest.fixture(params=[open_by_openat2, open_by_walk])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Root]:
    build_tree(tmp_path)
    opener: Opener = request.param
    with Root.open(tmp_path / "root", opener) as root:
        yield root


def build_tree(outer: Path) -> None:
    base = outer / "root"
    for folder in ("folder", ".github", ".git/hooks", "~"):
        (base / folder).mkdir(parents=True)
    for name in {*READABLE.values(), ".git/config"}:
        (base / name).write_bytes(os.fsencode(name))
    (outer / "secret.txt").write_bytes(SECRET)
    (outer / "root-evil").mkdir()
    (outer / "root-evil" / "plain.txt").write_bytes(SECRET)
    for name, target in links(outer).items():
        (base / name).symlink_to(target)
    os.mkfifo(base / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        descriptor = os.open(base, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)


def links(outer: Path) -> dict[str, str]:
    return {
        "link-to-file": "plain.txt",
        "link-to-folder": "folder",
        "link-to-link": "link-to-file",
        "folder/link-up": "../plain.txt",
        "folder/link-to-self": "../folder",
        "link-down-and-up": "folder/..",
        "link-out": "../secret.txt",
        "link-out-folder": "..",
        "link-to-link-out": "folder/../link-out",
        "link-dangling-out": "../new.txt",
        "link-dangling": "folder/new.txt",
        "link-absolute": str(outer / "secret.txt"),
        "link-absolute-inside": str(outer / "root" / "plain.txt"),
        "link-to-proc": "/proc/self/cwd/x",
        "link-loop": "link-loop",
        "link-to-git": ".git",
        "link-to-git-config": ".git/config",
        "link-to-fifo": "fifo",
    }


@pytest.mark.parametrize("name", READABLE)
def test_file_is_read_when_it_is_inside(root: Root, name: str) -> None:
    image = DiskFiles(root).read(name)
    assert image is not None
    assert image.data == os.fsencode(READABLE[name])
    assert root.real_path(name) == READABLE[name]


@pytest.mark.parametrize("name", REFUSED)
def test_invariant_4_path_is_refused_when_it_leaves_or_enters_git(root: Root, name: str) -> None:
    files = DiskFiles(root)
    for look in (files.read, files.entries, files.kind, files.real_path):
        with pytest.raises(PathRefused, match=REFUSED[name].replace(".", r"\.")):
            look(name)


@pytest.mark.parametrize("name", IRREGULAR)
def test_read_is_refused_at_once_when_it_is_no_regular_file(root: Root, name: str) -> None:
    with pytest.raises(NotRegularFile):
        DiskFiles(root).read(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can make device nodes")
def test_read_is_refused_when_it_is_a_device(root: Root) -> None:
    os.mknod(Path(root.path) / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    with pytest.raises(NotRegularFile):
        DiskFiles(root).read("zero")


@pytest.mark.parametrize("name", ["absent", "folder/absent", "absent/deep/er", "link-dangling"])
def test_read_gives_none_when_nothing_is_there(root: Root, name: str) -> None:
    assert DiskFiles(root).read(name) is None
    assert DiskFiles(root).kind(name) is None


def test_real_path_is_the_target_when_a_link_dangles_inside(root: Root) -> None:
    assert root.real_path("link-dangling") == "folder/new.txt"


def test_real_path_is_given_when_forty_links_lead_to_it(root: Root) -> None:
    base = Path(root.path)
    for number in range(41):
        (base / f"hop{number}").symlink_to(f"hop{number - 1}" if number else "plain.txt")
    assert root.real_path("hop39") == "plain.txt"
    with pytest.raises(PathRefused, match="40 symbolic links"):
        root.real_path("hop40")


def test_invariant_4_directory_is_not_opened_when_a_link_took_its_place(root: Root) -> None:
    (Path(root.path) / "folder").rename(Path(root.path) / "moved")
    (Path(root.path) / "folder").symlink_to("..")
    with pytest.raises(WorkspaceError):
        root.open_directory("folder")
    with pytest.raises(WorkspaceError):
        root.place("folder/root/plain.txt")


def test_opener_refuses_when_the_path_climbs(root: Root) -> None:
    with pytest.raises(WorkspaceError):
        root.open_directory("folder/../..")


def test_entries_are_sorted_and_without_git_when_a_directory_is_listed(root: Root) -> None:
    listed = DiskFiles(root).entries(".")
    assert [entry.name for entry in listed] == sorted({path.name for path in Path(root.path).iterdir()} - {".git"})
    kinds = {entry.name: entry.kind for entry in listed}
    assert kinds["folder"] == "directory"
    assert kinds["link-out"] == "link"
    assert kinds["fifo"] == "other"
    assert Entry("plain.txt", "file", len(b"plain.txt")) in listed


def test_entries_are_refused_when_it_is_no_directory(root: Root) -> None:
    with pytest.raises(NotRegularFile, match=r"plain\.txt is not a directory"):
        DiskFiles(root).entries("plain.txt")
    with pytest.raises(WorkspaceError, match="absent does not exist"):
        DiskFiles(root).entries("absent")


def test_kind_follows_links_when_they_stay_inside(root: Root) -> None:
    kinds = [DiskFiles(root).kind(name) for name in (".", "link-to-folder", "link-to-file", "fifo")]
    assert kinds == ["directory", "directory", "file", "other"]


def test_absolute_path_is_taken_when_it_is_under_the_root(root: Root, tmp_path: Path) -> None:
    assert root.relative(f"{root.path}/folder/inner.txt") == "folder/inner.txt"
    assert root.relative(root.path) == "."
    (tmp_path / "alias").symlink_to("root")
    with Root.open(tmp_path / "alias") as other:
        assert other.relative(str(tmp_path / "alias/plain.txt")) == "plain.txt"
        assert other.relative(str(tmp_path / "root/plain.txt")) == "plain.txt"


def test_invariant_4_absolute_path_is_refused_when_it_only_begins_like_the_root(root: Root) -> None:
    with pytest.raises(PathRefused, match=r"outside the workspace .*; did you mean plain\.txt\?"):
        root.relative(f"{root.path}-evil/plain.txt")


def test_refusal_names_the_longest_tail_when_it_exists_inside(root: Root) -> None:
    (Path(root.path) / "inner.txt").touch()
    with pytest.raises(PathRefused, match=r"did you mean folder/inner\.txt\?"):
        root.relative("/repo/folder/inner.txt")
    with pytest.raises(PathRefused, match=r"use a path relative to it\.$"):
        root.relative("/repo/nowhere.txt")


@given(st.text(alphabet="ab./\\~", max_size=20))
def test_relative_agrees_with_normalisation_when_it_does_not_climb(name: str) -> None:
    normal = posixpath.normpath(name) if name else ""
    with Root.open("/usr") as root:
        if not name or name.startswith("/") or normal.startswith("../") or normal == "..":
            return
        assert root.relative(name) == normal


@given(st.sampled_from([".git", "git~1"]), st.data())
def test_git_name_is_seen_when_it_is_disguised(name: str, data: st.DataObject) -> None:
    letters = [data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in name]
    hidden = data.draw(st.sampled_from(["", "\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u00ad"]))
    place = data.draw(st.integers(0, len(letters)))
    tail = data.draw(st.sampled_from(["", ".", " ", " . .", "::$DATA", ":x", "\\x"]))
    assert is_git_name("".join([*letters[:place], hidden, *letters[place:]]) + tail)


@pytest.mark.parametrize("name", [".gitignore", ".gitmodules", "git", ".github", "x.git", ".gi", "git~2", ". git", ""])
def test_git_name_is_not_seen_when_it_is_another(name: str) -> None:
    assert not is_git_name(name)


def test_kernel_is_used_when_it_can(root: Root) -> None:
    assert choose_opener(root.descriptor) is open_by_openat2


def test_root_is_an_error_when_it_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "absent"):
        with pytest.raises(WorkspaceError, match="cannot be opened as a workspace"):
            Root.open(tmp_path / name)


def test_what_git_runs_is_refused_when_the_root_is_a_bare_repository(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare.git")], check=True)
    with Root.open(tmp_path / "bare.git") as root:
        for path in ("hooks/post-update", "Hooks/x", "config", "HEAD", "refs/heads/x"):
            with pytest.raises(PathRefused, match="git directory"):
                root.real_path(path)
        assert root.real_path("notes.txt") == "notes.txt"
    with pytest.raises(PathRefused, match=r"inside the git directory .*bare\.git"):
        Root.open(tmp_path / "bare.git" / "hooks")


def test_same_names_are_open_when_the_root_is_no_bare_repository(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    (tmp_path / "hooks").mkdir()
    (tmp_path / "HEAD").touch()
    with Root.open(tmp_path / "hooks"):
        pass
    with Root.open(tmp_path) as root:
        assert root.real_path("hooks/x.py") == "hooks/x.py"


def test_memory_files_answer_as_the_disk_when_asked_the_same(root: Root) -> None:
    disk: Files = DiskFiles(root)
    base = Path(root.path)
    (base / "twin/deep").mkdir(parents=True)
    (base / "twin/deep/a").write_bytes(b"1")
    (base / "twin/b").write_bytes(b"22")
    memory: Files = MemoryFiles({"twin/deep/a": b"1", "twin/b": b"22"})
    for name in ("twin", "twin/deep"):
        assert memory.entries(name) == disk.entries(name)
    for name in ("twin/b", "twin/absent", "./twin/deep/a"):
        assert memory.read(name) == disk.read(name)
        assert memory.kind(name) == disk.kind(name)
    for files in (memory, disk):
        with pytest.raises(NotRegularFile):
            files.read("twin")


def test_root_is_found_when_an_ancestor_holds_git(tmp_path: Path) -> None:
    (tmp_path / "repo/src/deep").mkdir(parents=True)
    (tmp_path / "repo/.git").write_text("gitdir: elsewhere")
    assert find_root(tmp_path / "repo/src/deep", "/nowhere") == tmp_path / "repo"
    assert find_root(tmp_path / "repo", "/nowhere") == tmp_path / "repo"


def test_root_is_the_start_when_git_is_only_above_home(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "home/work").mkdir(parents=True)
    assert find_root(tmp_path / "home/work", tmp_path / "home") == tmp_path / "home/work"
    assert find_root(tmp_path / "home/work", tmp_path / "other") == tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can give a directory away")
def test_root_is_the_start_when_git_is_in_another_owners_directory(tmp_path: Path) -> None:
    (tmp_path / "theirs/mine").mkdir(parents=True)
    (tmp_path / "theirs/.git").mkdir()
    os.chown(tmp_path / "theirs", 1234, 1234)
    assert find_root(tmp_path / "theirs/mine", "/nowhere") == tmp_path / "theirs/mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can mount")
def test_root_is_the_start_when_git_is_beyond_a_mount_point(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "disk").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(tmp_path / "disk")], check=True)
    try:
        (tmp_path / "disk/work").mkdir()
        assert find_root(tmp_path / "disk/work", "/nowhere") == tmp_path / "disk/work"
    finally:
        subprocess.run(["umount", str(tmp_path / "disk")], check=True)


def test_path_is_refused_when_it_is_too_deep(tmp_path: Path) -> None:
    with Root.open(tmp_path) as root:
        assert root.relative("d/" * 249 + "x").endswith("/x")
        with pytest.raises(PathRefused, match="251 levels deep; at most 250"):
            root.relative("d/" * 250 + "x")


@pytest.mark.parametrize("entry", ["directory", "file", "link", "missing"])
def test_looking_where_a_git_entry_leads_leaves_no_descriptor_open(tmp_path: Path, entry: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / ".git"
    if entry == "directory":
        place.mkdir()
    elif entry == "file":
        place.write_text("gitdir: elsewhere\n")
    elif entry == "link":
        place.symlink_to("elsewhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert git_directories(str(tmp_path)) == (("elsewhere",) * (entry in ("file", "link")))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
