"""Owns the states that a user's repository can be in, and how each is made.

A builder is given the workspace, an empty directory, and whatever else belongs to the state is made beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.untouched import ask

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
Builder = Callable[[Path], None]


def git(base: Path, *arguments: str, fails: bool = False) -> bytes:
    """Have git do something, which ends in a conflict where it `fails`."""
    code, output = ask(base, *arguments)
    assert (code != 0) is fails, f"git {' '.join(arguments)} ended with {code}"
    return output


def write(base: Path, **contents: bytes) -> None:
    """Write files; two underscores in a name stand for a slash, one for a dot."""
    for name, data in contents.items():
        place = base / name.replace("__", "/").replace("_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def commit(base: Path, message: str, **contents: bytes) -> None:
    write(base, **contents)
    git(base, "add", "-A")
    git(base, "commit", "--quiet", "-m", message)


def init(base: Path, *options: str) -> None:
    base.mkdir(parents=True, exist_ok=True)
    git(base, "init", "--quiet", "--initial-branch=main", "--template=", *options)


def clean(base: Path, *options: str) -> None:
    """Commits, a tag, a branch, a stash, ignore rules, files of several modes and line endings."""
    init(base, *options)
    write(base, tracked=b"tracked\r\n", text=b"1\n2\n3\n4\n5\n", deep__file=b"no newline at its end")
    (base / "tracked").chmod(0o755)
    commit(base, "first", _gitignore=b".env\n/build/\n*.log\n")
    git(base, "tag", "-a", "v1", "-m", "v1")
    git(base, "branch", "other")
    write(base, tracked=b"stashed\n")
    git(base, "stash", "--quiet")


def dirty(base: Path) -> None:
    clean(base)
    write(base, tracked=b"dirty\n", text=b"1\n2 dirty\n3\n4\n5\n")
    (base / "text").chmod(0o600)
    (base / "deep/file").unlink()


def staged(base: Path) -> None:
    clean(base)
    write(base, tracked=b"staged\n", staged=b"staged\n", gone=b"staged and then deleted\n")
    git(base, "rm", "--quiet", "deep/file")
    git(base, "add", "-A")
    (base / "gone").unlink()


def partly_staged(base: Path) -> None:
    clean(base)
    write(base, text=b"1 staged\n2\n3\n4\n5\n")
    git(base, "add", "text")
    write(base, text=b"1 staged\n2\n3\n4\n5 not staged\n", intended=b"to be added\n")
    git(base, "add", "--intent-to-add", "intended")


def untracked(base: Path) -> None:
    clean(base)
    write(base, notes=b"mine alone\n", deep__notes=b"\xff\x00 binary", empty=b"")
    (base / "notes").chmod(0o600)


def ignored(base: Path) -> None:
    clean(base)
    write(base, _env=b"KEY=1\n", build__output=b"built\n", deep__run_log=b"log\n")


def repository(base: Path) -> None:
    """Staged and unstaged work beside an ignored file."""
    staged(base)
    write(base, _env=b"ignored\n", text=b"1\n2\n")


def unborn(base: Path) -> None:
    """A repository with no commit yet, and something staged."""
    init(base)
    write(base, staged=b"staged\n")
    git(base, "add", "staged")


def detached(base: Path) -> None:
    clean(base)
    git(base, "checkout", "--quiet", "--detach")


def _diverged(base: Path) -> None:
    clean(base)
    git(base, "checkout", "--quiet", "other")
    commit(base, "theirs", text=b"1\n2 theirs\n3\n4\n5\n")
    git(base, "checkout", "--quiet", "main")
    commit(base, "ours", text=b"1\n2 ours\n3\n4\n5\n")


def merging(base: Path) -> None:
    _diverged(base)
    git(base, "merge", "--quiet", "other", fails=True)


def rebasing(base: Path) -> None:
    _diverged(base)
    git(base, "rebase", "--quiet", "other", fails=True)


def cherry_picking(base: Path) -> None:
    _diverged(base)
    git(base, "cherry-pick", "other", fails=True)


def bisecting(base: Path) -> None:
    clean(base)
    for number in range(4):
        commit(base, f"{number}", text=b"%d\n" % number)
    git(base, "bisect", "start", "HEAD", "v1")


def linked_worktree(base: Path) -> None:
    main = base.parent / "main"
    clean(main)
    git(main, "worktree", "add", "--quiet", str(base), "other")
    write(base, tracked=b"changed in the worktree\n")


def worktree_of_bare(base: Path) -> None:
    origin = base.parent / "origin"
    clean(origin)
    git(origin, "clone", "--quiet", "--bare", "--template=", ".", "../bare.git")
    git(base.parent / "bare.git", "worktree", "add", "--quiet", str(base), "other")


def inside_bare(base: Path) -> None:
    """The workspace is a plain directory in a bare repository."""
    init(base.parent / "bare.git", "--bare")
    _moved(base, base.parent / "bare.git/workspace")
    write(base, notes=b"in a bare repository\n")


def bare(base: Path) -> None:
    init(base, "--bare")


def sparse(base: Path) -> None:
    clean(base)
    commit(base, "folders", left__file=b"left out\n", left__kept=b"x\n", taken__file=b"taken\n")
    git(base, "sparse-checkout", "set", "taken")
    assert not (base / "left").exists()


def above_submodule(base: Path) -> None:
    library = base.parent / "library"
    clean(library)
    clean(base)
    git(base, "submodule", "--quiet", "add", "../library", "module")
    git(base, "commit", "--quiet", "-m", "module")
    write(base, module__text=b"changed in the module\n", module__new=b"new in the module\n")


def inside_submodule(base: Path) -> None:
    library, above = base.parent / "library", base.parent / "super"
    clean(library)
    clean(above)
    git(above, "submodule", "--quiet", "add", "../library", "workspace")
    git(above, "commit", "--quiet", "-m", "module")
    _moved(base, above / "workspace")
    write(base, text=b"changed in the module\n")


def shallow(base: Path) -> None:
    origin = base.parent / "origin"
    bisecting(origin)
    git(base.parent, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{origin}", str(base))
    write(base, tracked=b"changed\n")


def lfs_pointers(base: Path) -> None:
    """Pointers where git-lfs is required by the configuration and not installed."""
    clean(base)
    commit(base, "pointer", _gitattributes=b"*.bin filter=lfs diff=lfs merge=lfs -text\n", large_bin=POINTER)
    for key, value in {"clean": "clean -- %f", "smudge": "smudge -- %f", "process": "filter-process"}.items():
        git(base, "config", f"filter.lfs.{key}", f"no-such-git-lfs {value}")
    git(base, "config", "filter.lfs.required", "true")


def line_endings(base: Path) -> None:
    """`core.autocrlf` and attributes that make git's bytes others than the disk's."""
    clean(base)
    git(base, "config", "core.autocrlf", "true")
    rules = (
        b"*.txt text\n*.sh text eol=lf\n*.bat text eol=crlf\n*.id ident\n*.utf text working-tree-encoding=UTF-16LE\n"
    )
    write(base, a_txt=b"1\r\n2\r\n", b_txt=b"1\n2\r\n3\n", c_sh=b"1\n2\n", d_bat=b"1\r\n2\r\n", e_id=b"$Id$\n")
    commit(base, "endings", _gitattributes=rules, f_utf="1\n2\n".encode("utf-16le"))
    git(base, "checkout", "--quiet", "HEAD", "--", ".")
    write(base, g_txt=b"new\r\nmixed\n")


def filters(base: Path) -> None:
    """Filters that work, so that git's bytes are others than the disk's."""
    clean(base)
    git(base, "config", "filter.turn.clean", "tr a-z A-Z")
    git(base, "config", "filter.turn.smudge", "tr A-Z a-z")
    commit(base, "filtered", _gitattributes=b"*.txt filter=turn\n", a_txt=b"abc\n", b_txt=b"x\n")
    assert git(base, "show", "HEAD:a.txt") == b"ABC\n"


def clashing_names(base: Path) -> None:
    """Names that are one on many a disk; here they are two files."""
    clean(base)
    commit(base, "clash", Makefile=b"upper\n", makefile=b"lower\n", Deep__other=b"beside deep\n")
    git(base, "config", "core.ignoreCase", "true")


def odd_names(base: Path) -> None:
    """Names that are no UTF-8, and names that look like something else."""
    clean(base)
    for name in (b"caf\xe9", b"new\nline", b"-rf", b" space ", b'quote"d', b":(top)x", b"caf\xc3\xa9"):
        (base / os.fsdecode(name)).write_bytes(b"odd\n")
    git(base, "add", "-A")
    git(base, "commit", "--quiet", "-m", "odd")
    (base / os.fsdecode(b"untracked\xff")).write_bytes(b"odd\n")


def no_repository(base: Path) -> None:
    write(base, tracked=b"x", deep__file=b"y")


def in_ignored_directory(base: Path) -> None:
    """A repository in a directory that the repository around it ignores."""
    above = base.parent / "above"
    clean(above)
    repository(above / "build/workspace")
    _moved(base, above / "build/workspace")


def around_ignored_repository(base: Path) -> None:
    clean(base)
    repository(base / "build/nested")


def sha256(base: Path) -> None:
    clean(base, "--object-format=sha256")
    write(base, tracked=b"dirty\n")


def split_index(base: Path) -> None:
    repository(base)
    git(base, "update-index", "--split-index")
    write(base, another=b"staged on top\n")
    git(base, "add", "another")


def corrupt_index(base: Path) -> None:
    repository(base)
    (base / ".git/index").write_bytes(b"DIRC no index at all")


def index_lock_left(base: Path) -> None:
    repository(base)
    (base / ".git/index.lock").write_bytes(b"half an ind")


def _moved(base: Path, place: Path) -> None:
    """Have the workspace be another directory, which may be there."""
    place.mkdir(exist_ok=True)
    base.rmdir()
    base.symlink_to(place)


_BUILDERS: Sequence[Builder] = (
    *(clean, dirty, staged, partly_staged, untracked, ignored, unborn, detached),
    *(merging, rebasing, cherry_picking, bisecting, linked_worktree, sparse, above_submodule, inside_submodule),
    *(shallow, lfs_pointers, line_endings, filters, clashing_names, odd_names, no_repository),
    *(in_ignored_directory, around_ignored_repository, bare, inside_bare, worktree_of_bare),
    *(repository, sha256, split_index, corrupt_index, index_lock_left),
)
STATES = {builder.__name__: builder for builder in _BUILDERS}
"""Every state that any user may meet, by name."""
