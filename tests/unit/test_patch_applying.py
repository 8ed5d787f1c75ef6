"""Proves that a patch makes exactly its bytes of a file or nothing, and searches only for a place that is the one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.errors import PatchError
from copydesk.domain.patches.patch import Applied, PatchedFile
from copydesk.domain.patches.placing import MovedHunk
from copydesk.domain.patches.reading import read_patch
from copydesk.domain.patches.writing import write_patch
from copydesk.domain.proposals import FileChange, FileImage
from tests.conftest import CAMPAIGN
from tests.texts import PIECES, edited, texts

PATCH = b"--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@\n a\n-b\n+B\n c\n"
NAMES = ["a.txt", "a file.txt", 'odd "name"\t.txt', "caf\u00e9/\u65e5.txt", "-x", "\\back", "latin\udce9", "b/b b/b"]
CONTENTS = st.one_of(
    st.none(),
    texts().map(str.encode),
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\xe9\xff\n", b"x\r\n", b"\0", b"end"]), max_size=9).map(b"".join),
)


def only(data: bytes) -> PatchedFile:
    (file,) = read_patch(data).files
    return file


def image(data: bytes | None, mode: int) -> FileImage | None:
    return None if data is None else FileImage(data, mode)


@given(CONTENTS, CONTENTS, st.sampled_from(NAMES), st.tuples(*[st.sampled_from([0o644, 0o755])] * 2))
def test_what_is_written_is_read_and_makes_the_same_bytes(
    before: bytes | None, after: bytes | None, name: str, modes: tuple[int, int]
) -> None:
    change = FileChange(name, image(before, modes[0]), image(after, modes[1]))
    patch = write_patch([change])
    if (before, before and modes[0]) == (after, after and modes[1]) or before == after is None:
        return
    file = only(patch)
    assert (file.path, file.apply(before)) == (name, Applied(after))
    if after is not None:
        assert file.new_mode in (None, 0o100000 | modes[1])


@given(edited(), st.permutations(NAMES))
def test_rename_is_read_and_makes_the_same_bytes(sides: tuple[str, str], names: list[str]) -> None:
    before, after = (side.encode() for side in sides)
    change = FileChange(names[0], FileImage(before, 0o644), FileImage(after, 0o755))
    file = only(write_patch([change], {names[0]: names[1]}))
    assert (file.path, file.source, file.apply(before).data) == (names[0], names[1], after)


def test_hunk_is_placed_and_said_when_its_lines_stand_once_elsewhere() -> None:
    assert only(PATCH).apply(b"0\n1\n2\na\nb\nc\n") == Applied(b"0\n1\n2\na\nB\nc\n", (MovedHunk(1, 2),))
    assert only(PATCH).apply(b"a\nb\nc\n").moved == (MovedHunk(1, -1),)
    assert MovedHunk(1, -1).words == "hunk 1 fits 1 line up"


def test_second_hunk_goes_with_the_first_when_both_moved() -> None:
    patch = PATCH + b"@@ -6,2 +6,2 @@\n-e\n+E\n f\n"
    assert only(patch).apply(b"0\n0\n0\na\nb\nc\nd\ne\nf\ne\nf\n").data == b"0\n0\n0\na\nB\nc\nd\nE\nf\ne\nf\n"


@pytest.mark.parametrize(
    "before",
    [b"a\nb \nc\n", b"", b"x\na\nb\nc", b"x\nxa\nb\nc\n", b"a\nb\nc\na\nb\nc\n", b"x\na\r\nb\r\nc\r\n"],
    ids=["other", "empty", "open end", "in a line", "twice", "other line ends"],
)
def test_hunk_is_refused_when_its_lines_stand_nowhere_or_twice(before: bytes) -> None:
    with pytest.raises(PatchError, match="x: Hunk 1 "):
        only(PATCH).apply(before)


def test_insertion_without_context_is_refused_unless_the_file_is_known() -> None:
    bare = b"diff --git a/x b/x\nindex 422c2b7..1234567 100644\n--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+new\n"
    assert only(bare).apply(b"a\nb\n").data == b"a\nnew\nb\n"
    with pytest.raises(PatchError, match="no lines around it"):
        only(bare).apply(b"b\na\n")


@settings(max_examples=CAMPAIGN or 25)
@given(
    sides=edited(), place=st.integers(0, 60), put=st.lists(st.sampled_from(PIECES), max_size=2), cut=st.integers(0, 2)
)
def test_moved_hunks_make_what_git_makes_where_git_takes_them(
    sides: tuple[str, str], place: int, put: list[str], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, after = (f"top\n{side}end\n".encode() for side in sides)
    lines = before.splitlines(keepends=True)
    lines[place : place + cut] = [piece.encode() for piece in put]
    current = b"".join(lines)
    patch = write_patch([FileChange("x", FileImage(before, 0o644), FileImage(after, 0o644))])
    folder = tmp_path_factory.mktemp("moved")
    (folder / "x").write_bytes(current)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, input=patch, cwd=folder, capture_output=True, check=False)
    try:
        made = only(patch).apply(current).data if before != after else current
    except PatchError:
        return
    assert done.returncode or (folder / "x").read_bytes() == made


@pytest.mark.parametrize("options", [["-u"], ["-ruN"], ["-ru", "--label", "old/x", "--label", "new/x"]])
def test_difference_of_the_diff_program_makes_its_new_file(tmp_path: Path, options: list[str]) -> None:
    before, after = b"1\n2\r\n\xff3\n" * 9 + b"end", b"0\n" + b"1\n2\r\n\xff3\n" * 8 + b"\xfe\nopen"
    for name, data in (("old", before), ("new", after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_bytes(data)
    command = ["diff", "-a", *options, "old/x", "new/x"]
    patch = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    file = only(patch)
    assert (file.path, file.apply(before).data) == ("x", after)


def test_line_without_end_is_refused_when_others_follow() -> None:
    patch = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+A\n\\ No newline at end of file\n"
    assert only(patch).apply(b"a\n").data == b"A"
    with pytest.raises(PatchError, match="in the middle"):
        only(patch).apply(b"a\nb\n")


@pytest.mark.parametrize("before", [b"x\na\nb\nc\n", b"x\r\na\r\nb\r\nc\r\n"])
def test_patch_with_carriage_returns_of_its_own_takes_the_line_ends_of_the_file(before: bytes) -> None:
    assert only(PATCH.replace(b"\n", b"\r\n")).apply(before).data == before.replace(b"b", b"B")


def test_empty_line_of_context_is_read_when_its_blank_was_cut_off_in_a_converted_patch() -> None:
    patch = b"--- a/x\r\n+++ b/x\r\n@@ -1,2 +1,2 @@\r\n-b\r\n+B\r\n\r\n"
    assert only(patch).apply(b"b\n\n").data == b"B\n\n"


@pytest.mark.parametrize(
    ("patch", "before", "said"),
    [
        (b"diff --git a/x b/x\nnew file mode 100644\n", b"", "there already"),
        (b"diff --git a/x b/x\ndeleted file mode 100644\n", b"left", "does not have all"),
        (b"diff --git a/x b/x\ndeleted file mode 100644\n", None, "not there"),
        (b"diff --git a/y b/x\nrename from y\nrename to x\n", None, "y, which is not there"),
        (PATCH, None, "not there"),
        (b"diff --git a/x b/x\nBinary files a/x and b/x differ\n", b"\0", "--binary"),
    ],
)
def test_file_in_another_state_is_refused(patch: bytes, before: bytes | None, said: str) -> None:
    with pytest.raises(PatchError, match=f"x: .*{said}"):
        only(patch).apply(before)


def test_binary_patch_is_refused_on_other_bytes() -> None:
    patch = write_patch([FileChange("x", FileImage(b"\0old"), FileImage(b"\0new"))])
    assert only(patch).apply(b"\0old").data == b"\0new"
    with pytest.raises(PatchError, match="not the binary file"):
        only(patch).apply(b"\0other")


def test_binary_content_is_refused_when_its_index_line_names_another() -> None:
    patch = write_patch([FileChange("x", FileImage(b"\0old"), FileImage(b"\0new"))])
    other = write_patch([FileChange("x", FileImage(b"\0old"), FileImage(b"\0two"))])
    mixed = b"GIT".join((patch.partition(b"GIT")[0], other.partition(b"GIT")[2]))
    with pytest.raises(PatchError, match="index line names"):
        only(mixed).apply(b"\0old")


def test_new_file_of_a_tool_that_does_not_say_so_is_made() -> None:
    file = only(b"--- x\t2024\n+++ x\t2024\n@@ -0,0 +1 @@\n+new\n")
    assert (file.apply(None).data, file.apply(b"").data) == (b"new\n", b"new\n")
