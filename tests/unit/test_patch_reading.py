"""Proves that patches of many tools are read to the byte, and that what is hostile or half is refused with its line."""

from __future__ import annotations

import re
import subprocess
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.errors import PatchError
from copydesk.domain.patches.patch import PatchedFile
from copydesk.domain.patches.reading import read_patch

HUNK = b"@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
BEFORE, AFTER = b"one\ntwo\n", b"one\n2\n"
MAIL = (
    b"From "
    + b"a" * 40
    + b" Mon Sep 17 00:00:00 2001\nFrom: A <a@example.com>\nSubject: [PATCH] x\n\nOnly in jest: yes.\n"
)
ODD = b'"a/t\\t\\303\\244\\""', b'"b/t\\t\\303\\244\\""'
EPOCH = b"1970-01-01 00:00:00.000000000 +0000"

TOOLS: dict[str, tuple[bytes, str]] = {
    "git diff": (b"diff --git a/d/x b/d/x\nindex 1234567..89abcde 100644\n--- a/d/x\n+++ b/d/x\n" + HUNK, "d/x"),
    "git without prefix": (b"diff --git d/x d/x\n--- d/x\n+++ d/x\n" + HUNK, "d/x"),
    "git with mnemonics": (b"diff --git i/d/x w/d/x\n--- i/d/x\n+++ w/d/x\n" + HUNK, "d/x"),
    "git no-index": (b"diff --git a/old/x b/new/x\n--- a/old/x\n+++ b/new/x\n" + HUNK, "x"),
    "format-patch": (
        MAIL + b"---\n x | 2 +-\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n" + HUNK + b"-- \n2.39.5\n\n",
        "x",
    ),
    "diff -u": (b"--- old/x y\t2024-01-02 03:04:05.0 +0000\n+++ new/x y\t2024-01-02 03:04:06.0 +0000\n" + HUNK, "x y"),
    "diff -u of a copy": (b"--- x.orig\t2024\n+++ x\t2024\n" + HUNK, "x"),
    "diff -ruN": (b"diff -ruN a/x b/x\n--- a/x\t2024\n+++ b/x\t2024\n" + HUNK, "x"),
    "hg": (b"diff -r 0123456789ab x\n--- a/x\tThu Nov 19 10:00:00 2026 +0000\n+++ b/x\tFri\n" + HUNK, "x"),
    "hg export": (b"# HG changeset patch\n# User a\n\nmessage\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n" + HUNK, "x"),
    "svn": (
        b"Index: d/x\n=====\n--- d/x\t(revision 1)\n+++ d/x\t(working copy)\n"
        + HUNK
        + b"\nProperty changes on: d/x\n____\nAdded: svn:eol-style\n## -0,0 +1 ##\n+native\n",
        "d/x",
    ),
    "quoted": (b"diff --git %b %b\n--- %b\n+++ %b\n" % (*ODD, *ODD) + HUNK, 't\tä"'),
    "marked": (b"\xef\xbb\xbf--- a/x\n+++ b/x\n" + HUNK, "x"),
    "cut blanks": (b"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n\n", "x"),
}


def only(data: bytes) -> PatchedFile:
    (file,) = read_patch(data).files
    return file


@pytest.mark.parametrize("name", TOOLS)
def test_patch_of_a_tool_is_read_and_applied(name: str) -> None:
    data, path = TOOLS[name]
    file = only(data)
    tail = b"\n" if name == "cut blanks" else b""
    assert (file.path, file.status) == (path, ChangeStatus.MODIFIED)
    assert file.apply(BEFORE + tail).data == AFTER + tail


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in ("svn", "cut blanks")])
def test_unidiff_finds_the_same_lines(name: str) -> None:
    data, _ = TOOLS[name]
    (known,) = PatchSet(data.removeprefix(b"\xef\xbb\xbf").decode())
    ours = [(line.kind[0], line.text) for hunk in only(data).hunks for line in hunk.lines]
    kinds = {" ": "c", "+": "a", "-": "r"}
    assert ours == [(kinds[line.line_type], line.value) for hunk in known for line in hunk]


CREATED = b"@@ -0,0 +1 @@\n+new\n"
DELETED = b"@@ -1 +0,0 @@\n-old\n"
STATES: dict[str, tuple[bytes, ChangeStatus, str]] = {
    "git creates": (
        b"diff --git a/x b/x\nnew file mode 100755\nindex 0000000..1234567\n--- /dev/null\n+++ b/x\n" + CREATED,
        ChangeStatus.CREATED,
        "x",
    ),
    "git deletes": (
        b"diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n" + DELETED,
        ChangeStatus.DELETED,
        "x",
    ),
    "git creates an empty file": (
        b"diff --git a/a b b/a b\nnew file mode 100644\nindex 0000000..e69de29\n",
        ChangeStatus.CREATED,
        "a b",
    ),
    "git renames": (
        b"diff --git a/a b/b c\nsimilarity index 100%\nrename from a\nrename to b c\n",
        ChangeStatus.RENAMED,
        "b c",
    ),
    "git changes the mode": (b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", ChangeStatus.MODIFIED, "x"),
    "diff creates": (b"--- a/x\t" + EPOCH + b"\n+++ b/x\t2024\n" + CREATED, ChangeStatus.CREATED, "x"),
    "diff deletes": (b"--- a/x\t2024\n+++ b/x\t" + EPOCH + b"\n" + DELETED, ChangeStatus.DELETED, "x"),
    "hg creates": (
        b"--- /dev/null\tThu Jan 01 00:00:00 1970 +0000\n+++ b/d/x\tFri\n" + CREATED,
        ChangeStatus.CREATED,
        "d/x",
    ),
    "svn creates": (
        b"Index: x\n===\n--- x\t(nonexistent)\n+++ x\t(working copy)\n" + CREATED,
        ChangeStatus.CREATED,
        "x",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_state_of_the_file_is_read(name: str) -> None:
    data, status, path = STATES[name]
    file = only(data)
    assert (file.status, file.path) == (status, path)


def test_lone_name_loses_the_prefix_that_the_others_have() -> None:
    others = b"--- old/x\n+++ new/x\n" + HUNK + b"--- old/z\n+++ new/z\n" + HUNK
    created = b"--- /dev/null\n+++ new/y\n" + CREATED
    assert [file.path for file in read_patch(created + others).files] == ["y", "x", "z"]


def test_later_mail_may_change_the_file_again() -> None:
    mail = MAIL + b"---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n" + HUNK + b"-- \n2.39.5\n\n"
    patch = read_patch(mail + mail)
    assert (patch.parts, len(patch.files)) == (2, 2)


def test_blank_text_is_a_patch_without_files() -> None:
    assert read_patch(b"\n  \n").files == ()


GIT = b"diff --git a/x b/x\n"
BIG = zlib.compress(bytes(1000))
REFUSED: dict[str, tuple[bytes, str]] = {
    "absolute": (b"--- /etc/passwd\n+++ /etc/passwd\n" + HUNK, "Line 1 .*absolute"),
    "absolute in git": (b"diff --git /etc/x /etc/x\n--- /etc/x\n+++ /etc/x\n" + HUNK, "Line 1 .*absolute"),
    "above the root": (b"--- a/../../x\n+++ b/../../x\n" + HUNK, "Line 1 .*`..`"),
    "renamed to above": (GIT + b"rename from x\nrename to ../y\n", "Line 1 .*`..`"),
    "copied from git": (GIT + b"copy from .git/config\ncopy to y\n", r"Line 1 .*\.git"),
    "in .git": (b"--- a/.GIT/config\n+++ b/.GIT/config\n" + HUNK, r"Line 1 .*\.git"),
    "NUL in the name": (b'--- "a/\\000x"\n+++ "b/\\000x"\n' + HUNK, "Line 1 .*NUL"),
    "too deep": (b"--- a/" + b"d/" * 300 + b"x\n+++ b/" + b"d/" * 300 + b"x\n" + HUNK, "levels"),
    "quotes not closed": (b'--- "a/x\n+++ "b/x\n' + HUNK, "Line 1 .*not closed"),
    "short hunk": (b"--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n one\n-two\n+2\n", "Line 3 .*ends before"),
    "long hunk": (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+1\n+2\n", "Line 6 .*goes on"),
    "lying hunk": (b"--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-one\n-two\n+1\n", "Line 5 .*more lines"),
    "void hunk": (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n one\n", "Line 3 .*changes nothing"),
    "huge counts": (b"--- a/x\n+++ b/x\n@@ -1,999999999 +1 @@\n-one\n+1\n", "Line 3 .*ends before"),
    "endless number": (b"--- a/x\n+++ b/x\n@@ -1," + b"9" * 50 + b" +1 @@\n-one\n", "Line 3 .*no header"),
    "overlapping": (b"--- a/x\n+++ b/x\n" + HUNK + b"@@ -2 +2 @@\n-two\n+2\n", "Line 7 .*overlaps"),
    "line 0": (b"--- a/x\n+++ b/x\n@@ -0 +1 @@\n-one\n+1\n", "Line 3 .*counted from 1"),
    "open in the middle": (
        b"--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-one\n\\ No newline at end of file\n-two\n+2\n",
        "Line 4 .*last line",
    ),
    "stray hunk": (HUNK, "Line 1 .*no file"),
    "twice": ((GIT + b"--- a/x\n+++ b/x\n" + HUNK) * 2, "Line 8 .*second time"),
    "two names": (GIT + b"--- a/y\n+++ b/x\n" + HUNK, "Line 2 .*called"),
    "two modes": (GIT + b"old mode 100644\nold mode 100755\n", "Line 3 .*second time"),
    "link": (GIT + b"new file mode 120000\n", "symbolic link"),
    "link by its index": (GIT + b"index 1234567..89abcde 120000\n--- a/x\n+++ b/x\n" + HUNK, "symbolic link"),
    "submodule": (GIT + b"index 1234567..89abcde 160000\n", "submodule"),
    "created with lines before": (GIT + b"new file mode 100644\n--- a/x\n+++ b/x\n" + HUNK, "lines before"),
    "combined": (b"diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n--a\n++b\n", "Line 1 .*merge"),
    "context": (b"*** x\n--- y\n***************\n*** 1 ****\n! a\n", "Line 3 .*context"),
    "binary without bytes": (b"Binary files x and y differ\n", "Line 1 .*binary"),
    "one side": (b"Only in new: x\n", "Line 1 .*one side"),
    "encoded mail": (b"From: a\nContent-Transfer-Encoding: base64\n\nZGlm\n", "Line 2 .*encoded"),
    "wide": ("--- a/x\n".encode("utf-16"), "UTF-16"),
    "prose": (b"Dear all,\nplease change this.\n", "no unified difference"),
    "damaged base85": (GIT + b"GIT binary patch\nliteral 3\nK \n\n", "Line 4 .*no line of a binary"),
    "damaged bytes": (GIT + b"GIT binary patch\nliteral 3\nD00000\n\n", "Line 3 .*damaged"),
    "binary without size": (GIT + b"GIT binary patch\nverbatim\n", "Line 3 .*literal"),
    "huge binary": (GIT + b"GIT binary patch\nliteral 9999999999\n", "Line 3 .*at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_patch_is_refused_with_its_line_and_reason_when_it_is_hostile_or_half(name: str) -> None:
    data, said = REFUSED[name]
    with pytest.raises(PatchError) as caught:
        read_patch(data)
    assert re.search(said, str(caught.value)), str(caught.value)


@given(st.data())
def test_damaged_patch_is_read_or_refused(data: st.DataObject) -> None:
    known = [case[0] for case in TOOLS.values()] + [case[0] for case in STATES.values()]
    sample = bytearray(data.draw(st.sampled_from(known)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(sample)))
        sample[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
    said = ""
    try:
        for file in read_patch(bytes(sample)).files:
            file.apply(BEFORE)
    except PatchError as error:
        said = str(error)
    assert not re.search(r"[\0-\x1f]", said)


def test_hostile_patch_takes_little_memory_when_it_announces_much() -> None:
    tracemalloc.start()
    for name in ("huge counts", "huge binary", "endless number"):
        with pytest.raises(PatchError):
            read_patch(REFUSED[name][0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


OLD = {
    "text": b"1\n2\n3\n" * 9,
    "crlf": b"a\r\nb\r\n",
    "open": b"x\ny",
    "bytes": bytes(range(256)) * 9,
    "a b": b"q\n" * 20,
    "latin\udce9": b"\xe9\n\xff\n",
    "gone": b"g\n",
}
NEW = {
    "text": b"0\n" + b"1\n2\n3\n" * 9 + b"4",
    "crlf": b"a\r\nc\r\n",
    "open": b"x\nz",
    "bytes": bytes(range(256)) * 8 + b"\0end",
    "b c": b"q\n" * 20 + b"r\n",
    "latin\udce9": b"\xe8\n\xff\n",
    "new d/\u00e4": b"n\n",
    "none": b"",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which `OLD` is committed and `NEW` staged."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "--quiet")
    for files in (OLD, NEW):
        for place in folder.iterdir():
            place.unlink() if place.is_file() else None
        for name, data in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
        git(folder, "add", "-A")
        if files is OLD:
            git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "x")
    return folder


@pytest.mark.parametrize("options", ["", "-M -C", "--no-prefix -U0 --full-index", "--no-renames --full-index"])
def test_what_git_writes_is_read_and_makes_what_git_has(repository: Path, options: str) -> None:
    made = dict(OLD)
    for file in read_patch(git(repository, "diff", "--binary", *options.split(), "HEAD")).files:
        new = file.apply(OLD.get(file.source)).data
        if file.status in (ChangeStatus.DELETED, ChangeStatus.RENAMED):
            made.pop(file.source)
        if new is not None:
            made[file.path] = new
    assert made == NEW
