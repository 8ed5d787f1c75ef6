"""Owns the law of asking git for files and lines: exactly the files that count, and nothing of the repository's."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer

import pytest

from copydesk.domain.errors import EditError, GitError
from copydesk.workspace.files import DiskFiles, Files
from copydesk.workspace.git import GitRunner, find_git
from copydesk.workspace.listing import MOST_REPOSITORIES
from copydesk.workspace.paths import Root
from copydesk.workspace.search import COPIES_LIMIT, COPY_LIMIT, FileSearch, Hit, Query, Search
from tests.overlays import OverlaidFiles

ODD_NAMES = [
    "with space.txt",
    'quote".txt',
    "new\nline.txt",
    ":(glob)x.txt",
    ":colon.txt",
    "-dash.txt",
    "star*.txt",
    "back\\slash.txt",
    "café.txt",
    "non-utf8-\udcff.txt",
    "tab\t.txt",
    "gitlike.git.txt",
]


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, check=True, timeout=20)


def write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    write(folder, {"tracked.txt": b"word\n", "src/deep/code.py": b"word = 1\n", "forced.log": b"word\n"})
    write(folder, {".gitignore": b"*.log\nbuild/\n", "gone.txt": b"word\n"})
    git(folder, "add", "--force", ".")
    write(folder, {"new.txt": b"word\n", "other.log": b"word\n", "build/out.txt": b"word\n"})
    (folder / "gone.txt").unlink()
    return folder


@contextmanager
def search(
    folder: Path, overlay: dict[str, bytes | None] | None = None, runner: GitRunner | None = None
) -> Iterator[Search]:
    """A search that may take as long as it needs, in a root that is closed again."""
    with Root.open(folder) as root:
        files: Files = OverlaidFiles(root, overlay) if overlay else DiskFiles(root)
        scratch = folder.parent / "state/scratch"
        with FileSearch(files, Path(root.path), runner or GitRunner(find_git(), 10), scratch).begin(Event()) as begun:
            yield begun
        assert list(scratch.iterdir()) == []


def listed(folder: Path, under: str = ".") -> list[str]:
    with search(folder) as begun:
        return begun.listing.paths(under)


def counted(
    folder: Path, pattern: str = "word", unseen: str = "", *, literal: bool = False, case: bool = True
) -> dict[str, int]:
    with search(folder) as begun:
        paths = begun.listing.paths(".")
        return begun.counts(paths, Query(pattern, literal, not case), lambda path: path != unseen)


def hits(folder: Path, pattern: str, most: int = 10) -> dict[str, list[Hit]]:
    with search(folder) as begun:
        counts = begun.counts(begun.listing.paths("."), Query(pattern), lambda path: True)
        return begun.hits(counts, Query(pattern), most)


def test_tracked_and_untracked_files_are_listed_when_they_are_not_ignored(repository: Path) -> None:
    there = [".gitignore", "forced.log", "gone.txt", "new.txt", "src/deep/code.py", "tracked.txt"]
    assert listed(repository) == there
    assert listed(repository, "src") == ["src/deep/code.py"]
    assert listed(repository, "src/deep/code.py") == ["src/deep/code.py"]
    assert listed(repository, "build") == []


def test_files_on_disk_are_searched_when_they_are_not_ignored(repository: Path) -> None:
    assert counted(repository) == {"forced.log": 1, "new.txt": 1, "src/deep/code.py": 1, "tracked.txt": 1}


def test_disk_is_searched_when_the_index_says_that_a_file_is_unchanged(repository: Path) -> None:
    git(repository, "update-index", "--assume-unchanged", "tracked.txt", "gone.txt")
    write(repository, {"tracked.txt": b"other\n"})
    assert counted(repository, "word|other") == {"forced.log": 1, "new.txt": 1, "src/deep/code.py": 1, "tracked.txt": 1}


def test_ignore_rules_hold_when_there_is_no_repository(folder: Path) -> None:
    write(folder, {".gitignore": b"*.log\n", "a.log": b"word\n", "b/.gitignore": b"c.txt\n", "b/c.txt": b"word\n"})
    write(folder, {"b/d.txt": b"word\n"})
    assert listed(folder) == [".gitignore", "b/.gitignore", "b/d.txt"]
    assert counted(folder) == {"b/d.txt": 1}


@pytest.mark.parametrize("damage", ["HEAD", "config", "owner"])
def test_ignore_rules_hold_when_the_repository_is_of_no_use(repository: Path, damage: str) -> None:
    if damage == "HEAD":
        (repository / ".git/HEAD").unlink()
    elif damage == "config":
        (repository / ".git/config").write_text("[nonsense\n")
    elif os.geteuid() == 0:
        for path in (repository, repository / ".git"):
            os.chown(path, 12345, 12345)
    else:
        pytest.skip("only root can give a directory to somebody else")
    assert counted(repository) == {"new.txt": 1, "src/deep/code.py": 1, "tracked.txt": 1}


def test_path_is_told_to_be_ignored_when_the_rules_say_so(repository: Path) -> None:
    write(repository, {":(glob)x.log": b""})
    with search(repository) as begun:
        names = ["build", "build/out.txt", "other.log", ":(glob)x.log", "src", "tracked.txt", "forced.log"]
        assert [name for name in names if begun.listing.is_ignored(name)] == names[:4]


@pytest.mark.parametrize("is_tracked", [True, False])
def test_file_is_found_when_its_name_is_odd(folder: Path, is_tracked: bool) -> None:
    git(folder, "init", "--quiet")
    write(folder, {f"{name}/{name}": b"x\nword\n" for name in ODD_NAMES})
    if is_tracked:
        git(folder, "add", ".")
    paths = sorted(f"{name}/{name}" for name in ODD_NAMES)
    assert listed(folder) == paths
    assert hits(folder, "word") == {path: [Hit(2, 1)] for path in paths}
    assert listed(folder, ":(glob)x.txt") == [":(glob)x.txt/:(glob)x.txt"]
    assert listed(folder, "star*.txt") == ["star*.txt/star*.txt"]


def test_nothing_inside_git_is_listed_when_its_name_is_spelled_in_another_way(folder: Path) -> None:
    spelled = (".GIT/config", "git~1/config", ".g\u200cit/config", "a/.git/x", "b.git/y")
    write(folder, dict.fromkeys(spelled, b"word\n"))
    assert listed(folder) == ["b.git/y"]
    assert counted(folder) == {"b.git/y": 1}


def test_repositories_in_the_workspace_are_listed_by_their_own_ignore_rules(repository: Path) -> None:
    inner = repository / "vendor/inner"
    write(inner, {"a.txt": b"word\n", "b/c.txt": b"word\n", ".gitignore": b"skipped\n", "skipped": b"word\n"})
    git(inner, "init", "--quiet")
    write(inner / "third", {"d.txt": b"word\n"})
    git(inner / "third", "init", "--quiet")
    expected = [f"vendor/inner/{name}" for name in (".gitignore", "a.txt", "b/c.txt", "third/d.txt")]
    assert listed(repository, "vendor") == listed(repository, "vendor/inner") == expected
    assert set(expected) < set(listed(repository))
    assert listed(repository, "vendor/inner/b") == ["vendor/inner/b/c.txt"]
    with search(repository) as begun:
        assert begun.listing.is_ignored("vendor/inner/skipped")


def test_list_says_that_it_is_cut_when_there_are_very_many_repositories(folder: Path) -> None:
    for number in range(MOST_REPOSITORIES):
        write(folder, {f"{number:03}/.git/HEAD": b"ref: refs/heads/none\n", f"{number:03}/a": b""})
        for part in ("objects", "refs"):
            (folder / f"{number:03}/.git/{part}").mkdir()
    with search(folder) as begun:
        assert len(begun.listing.paths(".")) == MOST_REPOSITORIES - 1
        assert begun.listing.is_cut


def test_submodule_is_listed_when_there_is_one(repository: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    write(origin, {"inside.txt": b"word\n"})
    git(origin, "init", "--quiet")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "one")
    git(repository, "submodule", "--quiet", "add", str(origin), "sub")
    assert listed(repository, "sub") == ["sub/inside.txt"]
    assert {"sub/inside.txt", ".gitmodules"} < set(listed(repository))
    assert counted(repository)["sub/inside.txt"] == 1


def test_link_is_not_followed_when_files_are_searched(repository: Path, tmp_path: Path) -> None:
    write(tmp_path, {"outside/deep/code.py": b"word\n", "outside/a.txt": b"word\n"})
    (repository / "link").symlink_to("tracked.txt")
    (repository / "out").symlink_to(tmp_path / "outside")
    (repository / "loop").symlink_to("loop")
    git(repository, "add", "link", "out")
    # A directory whose files are tracked is a link by now.
    (repository / "src/deep/code.py").unlink()
    (repository / "src/deep").rmdir()
    (repository / "src/deep").symlink_to(tmp_path / "outside/deep")
    assert {"link", "out", "loop"} < set(listed(repository))
    assert counted(repository) == {"forced.log": 1, "new.txt": 1, "tracked.txt": 1}


def test_file_takes_the_place_of_a_directory_when_git_still_knows_that(repository: Path) -> None:
    (repository / "src/deep/code.py").unlink()
    (repository / "src/deep").rmdir()
    write(repository, {"src/deep": b"word\n"})
    (repository / "tracked.txt").unlink()
    write(repository, {"tracked.txt/now/inside": b"word\n"})
    assert counted(repository) == {"forced.log": 1, "new.txt": 1, "src/deep": 1, "tracked.txt/now/inside": 1}


def test_lines_are_counted_when_they_end_in_crlf_or_not_at_all(folder: Path) -> None:
    write(folder, {"crlf": b"a\r\nword\r\nword", "mixed": b"a\rword\n\x0cword\n\xe2\x80\xa8word\n", "nul": b"\0word\n"})
    assert hits(folder, "word") == {"crlf": [Hit(2, 1), Hit(3, 1)], "mixed": [Hit(1, 3), Hit(2, 2), Hit(3, 4)]}
    assert hits(folder, "word", most=1) == {"crlf": [Hit(2, 1)], "mixed": [Hit(1, 3)]}


def test_pattern_speaks_of_characters_when_text_is_utf_8(folder: Path) -> None:
    write(folder, {"utf": "CAFÉ x\n".encode(), "latin": b"caf\xe9 x\n", "damaged": b"\xff\xfe caf\xc3\xa9 x\n"})
    assert counted(folder, "^caf. x", case=False) == {"utf": 1}
    assert counted(folder, "café", case=False) == {"damaged": 1, "utf": 1}
    assert counted(folder, "café", literal=True, case=False) == {"damaged": 1, "utf": 1}
    assert counted(folder, "caf") == {"damaged": 1, "latin": 1}


def test_pattern_is_text_when_it_is_literal(folder: Path) -> None:
    write(folder, {"a": b"f(x) \\d -v\n", "b": b"f1 7\n"})
    assert counted(folder, "f(x) \\d", literal=True) == {"a": 1}
    assert counted(folder, r"f\d", literal=False) == {"b": 1}
    assert counted(folder, "-v", literal=True) == counted(folder, "-v") == {"a": 1}


@pytest.mark.parametrize("pattern", ["foo(", "[", "a{2,1}", r"\K*", "(?<=a+)b"])
def test_pattern_is_refused_when_it_is_no_regular_expression(repository: Path, pattern: str) -> None:
    with pytest.raises(EditError, match=r"no valid regular expression: .*literal: true"):
        counted(repository, pattern)


def test_pattern_is_read_as_posix_when_git_has_no_perl_expressions(repository: Path, tmp_path: Path) -> None:
    complaint = "fatal: cannot use Perl-compatible regexes when not compiled with USE_LIBPCRE"
    wrapper = script(
        tmp_path, f'case " $* " in *" -P "*) echo "{complaint}" >&2; exit 128;; esac; exec {find_git()} "$@"'
    )
    with search(repository, runner=GitRunner(str(wrapper), 10)) as begun:
        paths = begun.listing.paths(".")
        assert begun.counts(paths, Query("wor(d|t) ="), lambda path: True) == {"src/deep/code.py": 1}
        assert begun.is_posix
        assert begun.hits(["src/deep/code.py"], Query("wor(d|t) ="), 5) == {"src/deep/code.py": [Hit(1, 1)]}


def script(folder: Path, body: str) -> Path:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


ENDLESS = "(?=x)(?R)|y"
"""Makes git fail as soon as a line holds an x."""


def test_failure_tells_nothing_when_it_comes_from_a_file_that_may_not_be_seen(folder: Path) -> None:
    write(folder, {"secret": b"x\n", "plain": b"y\n"})
    with pytest.raises(GitError, match="git could not search"):
        counted(folder, ENDLESS)
    assert counted(folder, ENDLESS, unseen="secret") == {"plain": 1}
    write(folder, {"secret": b"z\n"})
    assert counted(folder, ENDLESS, unseen="secret") == {"plain": 1}


def test_overlay_is_searched_when_it_differs_from_the_disk(repository: Path) -> None:
    overlay: dict[str, bytes | None] = {
        "tracked.txt": b"text\nword word\n",
        "new.txt": None,
        "fresh/made.txt": b"word\n",
        "fresh/made.log": b"word\n",
        "src/deep/code.py": b"changed\n",
        "unseen.txt": b"word\n",
    }
    with search(repository, overlay) as begun:
        paths = begun.listing.paths(".")
        assert {"fresh/made.txt", "tracked.txt"} < set(paths)
        assert "fresh/made.log" not in paths
        assert begun.listing.paths("fresh") == ["fresh/made.txt"]
        counts = begun.counts(paths, Query("word"), lambda path: path != "unseen.txt")
        assert counts == {"forced.log": 1, "fresh/made.txt": 1, "tracked.txt": 1}
        assert begun.hits(counts, Query("word"), 5)["tracked.txt"] == [Hit(2, 1)]


def test_copies_are_left_out_when_there_is_no_room_for_them(folder: Path) -> None:
    write(folder, {"first": b"word\n", "last": b"word\n", "large0": b"word\n".ljust(COPY_LIMIT, b"\n")})
    large = [f"large{number}" for number in range(COPIES_LIMIT // COPY_LIMIT)]
    for name in large[1:]:
        (folder / name).hardlink_to(folder / "large0")
    with search(folder) as begun:
        assert list(begun.hits(["first", *large, "last"], Query("word"), 1)) == ["first", *large[:-1], "last"]


HOSTILE = """
[grep]
\tpatternType = fixed
\tfullName = true
\tlineNumber = true
\tcolumn = true
\textendedRegexp = true
\tfallbackToNoIndex = false
[color]
\tgrep = always
\tui = always
[submodule]
\trecurse = true
[core]
\tfsmonitor = {canary}
\tquotePath = true
\tworktree = /
\tignoreCase = true
[diff "plain"]
\ttextconv = {canary}
\tcommand = {canary}
[filter "plain"]
\tclean = {canary}
\tprocess = {canary}
"""


def test_configuration_changes_nothing_when_it_is_hostile(repository: Path, tmp_path: Path) -> None:
    expected, paths = hits(repository, r"w\wrd"), listed(repository)
    canary = script(tmp_path, f'touch "{tmp_path}/ran"; cat "$1"')
    with (repository / ".git/config").open("a") as file:
        file.write(HOSTILE.format(canary=canary))
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text("* diff=plain filter=plain\n")
    (repository / ".gitattributes").write_text("* diff=plain filter=plain\n")
    assert hits(repository, r"w\wrd") == expected
    assert listed(repository) == sorted([*paths, ".gitattributes"])
    assert not (tmp_path / "ran").exists()
    subprocess.run(["git", "grep", "--textconv", "-e", "word"], cwd=repository, capture_output=True, timeout=20)
    assert (tmp_path / "ran").exists(), "the canary does not sing"


def test_repository_is_the_same_byte_for_byte_when_it_was_searched(repository: Path) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    counted(repository)
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before


def test_search_is_killed_when_it_is_not_wanted_any_more(repository: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    hanging = script(
        tmp_path, f'case " $* " in *" grep "*) echo $$ > "{started}"; exec sleep 30;; esac; exec {find_git()} "$@"'
    )
    stop = Event()
    timer = Timer(0.6, stop.set)
    timer.start()
    began = time.monotonic()
    with Root.open(repository) as root:
        looking = FileSearch(DiskFiles(root), Path(root.path), GitRunner(str(hanging), 20), tmp_path / "scratch")
        with pytest.raises(GitError, match="no longer wanted"), looking.begin(stop) as begun:
            begun.counts(begun.listing.paths("."), Query("word"), lambda path: False)
    assert time.monotonic() - began < 5
    assert not Path(f"/proc/{started.read_text().strip()}").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_search_is_broken_off_when_it_takes_too_long(folder: Path, tmp_path: Path) -> None:
    write(folder, {"a": b"word\n"})
    os.mkfifo(folder / ".gitattributes")
    with (
        search(folder, runner=GitRunner(find_git(), 0.5)) as begun,
        pytest.raises(GitError, match=r"git grep did not end within 0\.5 seconds"),
    ):
        begun.counts(begun.listing.paths("."), Query("word"), lambda path: True)


def test_error_says_so_when_there_is_no_git(repository: Path) -> None:
    with search(repository, runner=GitRunner(None, 5)) as begun, pytest.raises(GitError, match="not installed"):
        begun.listing.paths(".")


def test_scratch_is_private_when_a_search_is_under_way(repository: Path) -> None:
    with search(repository, {"tracked.txt": b"word\n", "unseen.txt": b"word\n"}) as begun:
        begun.counts(begun.listing.paths("."), Query("word"), lambda path: path != "unseen.txt")
        (directory,) = (repository.parent / "state/scratch").iterdir()
        assert directory.stat().st_mode & 0o077 == directory.parent.stat().st_mode & 0o077 == 0
        assert [copy.read_bytes() for copy in (directory / "copies").iterdir()] == [b"word\n"]
