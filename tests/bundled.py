"""Owns hand-made changes of every kind, and the trees that they are made from and to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from copydesk.domain.bundles import Bundle, BundledFile
from copydesk.domain.proposals import FileImage
from tests.repositories import git

Tree = Mapping[str, tuple[bytes, int]]
"""Path → bytes and whether the owner may run it, as git has modes."""

LONG = b"".join(b"line %d\n" % number for number in range(1, 41))
BEFORE: Tree = {
    "text.txt": (LONG, 0o644),
    "crlf.txt": (LONG.replace(b"\n", b"\r\n"), 0o644),
    "open end.txt": (b"one\ntwo", 0o644),
    "bytes.bin": (bytes(range(256)), 0o644),
    "run.sh": (b"#!/bin/sh\n", 0o644),
    "old name.txt": (LONG, 0o755),
    "deep/er/gone.txt": (b"gone\n", 0o644),
    "gone.bin": (b"\0gone", 0o644),
    "caf\u00e9/\u65e5.txt": (b"\xe9 latin\nb\n", 0o644),
    "left alone.txt": (b"alone\n", 0o644),
}
CHANGED: Tree = {
    "text.txt": (LONG.replace(b"line 5\n", b"line five\n").replace(b"line 30\n", b"line thirty\nand more\n"), 0o644),
    "crlf.txt": (LONG.replace(b"line 7\n", b"line seven\n").replace(b"\n", b"\r\n"), 0o644),
    "open end.txt": (b"one\nthree", 0o644),
    "bytes.bin": (bytes(range(255)) + b"\0\0end", 0o644),
    "run.sh": (b"#!/bin/sh\n", 0o755),
    "caf\u00e9/\u65e5.txt": (b"\xe8 latin\nb\n", 0o644),
    'new "dir"/\u00fc file\t1.txt': (b"new\n", 0o755),
    "empty": (b"", 0o644),
    "latin\udce9.txt": (b"\xff\n", 0o644),
}
RENAMED = {"new name.txt": ("old name.txt", LONG.replace(b"line 9\n", b"line nine\n"), 0o755)}
DELETED = ("deep/er/gone.txt", "gone.bin")
AFTER: Tree = {
    **{path: image for path, image in BEFORE.items() if path not in (*DELETED, "old name.txt")},
    **CHANGED,
    **{path: (data, mode) for path, (_, data, mode) in RENAMED.items()},
}


def every_kind() -> Bundle:
    """A bundle with a change of every kind that a file can have."""
    files = [BundledFile(path, image_of(BEFORE.get(path)), image_of(image)) for path, image in CHANGED.items()]
    files += [BundledFile(path, image_of(BEFORE[path]), None) for path in DELETED]
    for path, (old, data, mode) in RENAMED.items():
        files.append(BundledFile(path, image_of(BEFORE[old]), FileImage(data, mode), old))
    return Bundle(tuple(files), copydesk="0.1.0")


def image_of(image: tuple[bytes, int] | None) -> FileImage | None:
    return FileImage(*image) if image else None


def plant(base: Path, tree: Tree) -> Path:
    """Write a tree into a new directory."""
    base.mkdir(parents=True, exist_ok=True)
    for name, (data, mode) in tree.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)
        (base / name).chmod(mode)
    return base


def tree_of(base: Path) -> Tree:
    """All files of a directory, without git's, as git would have them."""
    files = (place for place in base.rglob("*") if place.is_file() and ".git" not in place.parts)
    return {
        str(place.relative_to(base)): (place.read_bytes(), 0o755 if place.stat().st_mode & 0o100 else 0o644)
        for place in files
    }


def repository(base: Path, tree: Tree = BEFORE) -> Path:
    """A repository in which a tree is committed."""
    plant(base, tree)
    git(base, "init", "--quiet", "--initial-branch=main", "--template=")
    git(base, "add", "-A")
    git(base, "commit", "--quiet", "-m", "base")
    return base
