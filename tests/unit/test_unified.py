"""Proves that git applies the unified form to the byte, and that unidiff reads in it what the difference says."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.hunks import split_at, split_everywhere
from copydesk.domain.splicing import splice_hunks
from copydesk.domain.unified import quoted_path
from tests.texts import edited, parts_of, texts

Image = tuple[bytes, int] | None
"""Bytes and permission bits, or no file."""

NAMES = ["a.txt", "a file.txt", 'odd "name"\t.txt', "caf\u00e9/\u65e5.txt", "-x", "\\back"]


def put(folder: Path, name: str, image: Image) -> None:
    if image is not None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(image[0])
        (folder / name).chmod(image[1])


def found(folder: Path, name: str) -> Image:
    path = folder / name
    return (path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644) if path.exists() else None


def git_applies(folder: Path, diff: FileDiff) -> None:
    patch = diff.to_unified().encode("utf-8", "surrogateescape")
    for arguments in (["--check"], []):
        command = ["git", "apply", "--whitespace=nowarn", *arguments, "-"]
        done = subprocess.run(command, input=patch, cwd=folder, check=False, capture_output=True)
        assert done.returncode == 0, (done.stderr, patch)


def fresh(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("patch")


IMAGES = st.one_of(st.none(), st.tuples(texts().map(str.encode), st.sampled_from([0o644, 0o755])))


@settings(max_examples=40)
@given(before=IMAGES, after=IMAGES, name=st.sampled_from(NAMES))
def test_git_applies_what_to_unified_writes(
    before: Image, after: Image, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = fresh(tmp_path_factory)
    put(folder, name, before)
    modes = before and before[1], after and after[1]
    diff = diff_images(name, before and before[0], after and after[0], modes=modes)
    if before == after:
        assert before is None or diff.to_unified() == ""
        return

    git_applies(folder, diff)

    assert found(folder, name) == after


@settings(max_examples=25)
@given(sides=edited(), modes=st.tuples(*[st.sampled_from([0o644, 0o755])] * 2), names=st.permutations(NAMES))
def test_git_applies_renames(
    sides: tuple[str, str], modes: tuple[int, int], names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, (old, new) = fresh(tmp_path_factory), (side.encode() for side in sides)
    put(folder, names[0], (old, modes[0]))

    git_applies(folder, diff_images(names[1], old, new, modes=modes, old_path=names[0]))

    assert (found(folder, names[0]), found(folder, names[1])) == (None, (new, modes[1]))


@settings(max_examples=40)
@given(
    sides=st.tuples(texts(), texts()) | edited(),
    chosen=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), max_size=4),
    is_split=st.booleans(),
)
def test_git_applies_what_is_selected_and_makes_of_it_what_we_do(
    sides: tuple[str, str],
    chosen: list[tuple[int, int, int]],
    is_split: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    before, after = (f"{side}same\nsame\n{side}".encode() for side in sides)
    diff = diff_images("x", before, after)
    if is_split:
        halves = (half for hunk in diff.hunks for half in split_at(hunk, len(hunk.lines) // 2))
        diff = replace(diff, hunks=tuple(part for half in halves for part in split_everywhere(half)))
    part = diff.select(parts_of(diff, chosen))
    if part.is_void:
        return
    folder = fresh(tmp_path_factory)
    put(folder, "x", (before, 0o644))

    git_applies(folder, part)

    assert found(folder, "x") == (splice_hunks(before, part.hunks), 0o644)


@given(st.tuples(texts(), texts()) | edited(), st.sampled_from(NAMES[:2]), st.sampled_from([0o644, 0o755]))
def test_unidiff_reads_the_same(sides: tuple[str, str], name: str, mode: int) -> None:
    diff = diff_images(name, sides[0].encode(), sides[1].encode(), modes=(0o644, mode))

    parsed = PatchSet(diff.to_unified())
    hunks = [hunk for file in parsed for hunk in file]

    assert sum(file.added for file in parsed) == diff.added
    assert sum(file.removed for file in parsed) == diff.removed
    assert [(h.source_start, h.target_start) for h in hunks] == [(h.old_start, h.new_start) for h in diff.hunks]
    assert [(h.source_length, h.target_length) for h in hunks] == [(h.old_length, h.new_length) for h in diff.hunks]


def test_unidiff_reads_renames_modes_and_empty_files() -> None:
    renamed = diff_images("new name", b"a\n", b"b\n", modes=(0o644, 0o755), old_path="old")
    created = diff_images("empty", None, b"", modes=(None, 0o755))
    deleted = diff_images("gone", b"", None)
    binary = diff_images("bytes", None, b"\0")
    files = PatchSet("".join(diff.to_unified() for diff in (renamed, created, deleted, binary)))

    assert [(file.is_rename, file.is_added_file, file.is_removed_file, file.is_binary_file) for file in files] == [
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, True, False, True),
    ]
    assert (files[0].source_mode, files[0].target_mode) == ("100644", "100755")


def test_unified_form_of_every_header() -> None:
    diff = diff_images("b c", b"x\n", b"y", modes=(0o600, 0o700), old_path="a")

    assert diff.to_unified().splitlines() == [
        "diff --git a/a b/b c",
        "old mode 100644",
        "new mode 100755",
        "rename from a",
        "rename to b c",
        "--- a/a",
        "+++ b/b c\t",
        "@@ -1 +1 @@",
        "-x",
        "+y",
        "\\ No newline at end of file",
    ]


def test_unified_form_of_a_split_hunk_is_the_whole() -> None:
    diff = diff_images("x", b"a\nb\nc\n", b"A\nB\nC\n")
    parts = [part for half in split_at(diff.hunks[0], 4) for part in split_at(half, 2)]

    assert len(parts) > 2
    assert replace(diff, hunks=tuple(parts)).to_unified() == diff.to_unified()


def test_quoted_path_is_as_git_quotes_it() -> None:
    assert [quoted_path(name) for name in ("a b", "caf\u00e9", 'a"b', "a\\b", "a\n\x01", "\x7f")] == [
        "a b",
        "caf\u00e9",
        '"a\\"b"',
        '"a\\\\b"',
        '"a\\n\\001"',
        '"\\177"',
    ]
