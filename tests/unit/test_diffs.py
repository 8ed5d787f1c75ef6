"""Proves that a diff says exactly what changed, for us, for git and for unidiff."""

import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from copydesk.domain.diffs import (
    ChangeStatus,
    LineKind,
    apply_hunks,
    changed_regions,
    diff_bytes,
    diff_images,
    diff_lines,
    split_lines,
)

LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "c\n", "\n", "x\r\n", "\x0c\n", "d\u2028e\n", "--- x\n", "@@\n"]), max_size=30
)
TAIL = st.sampled_from(["", "end", "\t"])


def texts() -> st.SearchStrategy[str]:
    return st.builds(lambda lines, tail: "".join(lines) + tail, LINES, TAIL)


@given(texts(), texts(), st.integers(0, 4))
def test_apply_gives_the_new_lines_whatever_the_context(before: str, after: str, context: int) -> None:
    old, new = split_lines(before), split_lines(after)

    assert apply_hunks(old, diff_lines(old, new, context)) == new


@given(texts())
def test_split_lines_loses_nothing(text: str) -> None:
    assert "".join(split_lines(text)) == text


@given(texts())
def test_no_hunks_where_nothing_changed(text: str) -> None:
    assert diff_lines(split_lines(text), split_lines(text)) == ()


@given(texts(), texts())
def test_unidiff_reads_the_same_counts(before: str, after: str) -> None:
    diff = diff_images("a file.txt", before.encode(), after.encode())

    parsed = PatchSet(diff.to_unified())
    hunks = [hunk for file in parsed for hunk in file]

    assert sum(file.added for file in parsed) == diff.added
    assert sum(file.removed for file in parsed) == diff.removed
    assert [(h.source_start, h.target_start) for h in hunks] == [(h.old_start, h.new_start) for h in diff.hunks]


@settings(max_examples=25)
@given(before=st.one_of(st.none(), texts()), after=st.one_of(st.none(), texts()))
def test_git_applies_what_to_unified_writes(before: str | None, after: str | None, tmp_path_factory: object) -> None:
    folder: Path = tmp_path_factory.mktemp("patch")  # type: ignore[attr-defined]
    name = 'odd "name".txt'
    if before is not None:
        (folder / name).write_bytes(before.encode())
    diff = diff_images(
        name, before.encode() if before is not None else None, after.encode() if after is not None else None
    )
    if before == after:
        return

    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, input=diff.to_unified().encode(), cwd=folder, check=True)

    assert ((folder / name).read_bytes() if (folder / name).exists() else None) == (
        after.encode() if after is not None else None
    )


def test_changed_regions_are_minimal_on_a_moved_block() -> None:
    old = [f"{number}\n" for number in range(100)]
    new = [*old[:10], "new\n", *old[10:50], *old[51:]]

    assert list(changed_regions(old, new)) == [(10, 10, 10, 11), (50, 51, 51, 51)]


def test_a_large_gap_of_repeated_lines_does_not_take_for_ever() -> None:
    old = ["same\n", "other\n"] * 4_000
    new = ["other\n", "same\n", "same\n"] * 3_000

    assert apply_hunks(old, diff_lines(old, new)) == new


def test_status_says_created_deleted_and_binary() -> None:
    assert diff_images("x", None, b"a\n").status is ChangeStatus.CREATED
    assert diff_images("x", b"a\n", None).status is ChangeStatus.DELETED
    assert diff_images("x", b"a\0", b"b").is_binary


def test_line_ends_are_part_of_the_change() -> None:
    diff = diff_images("x", b"a\r\nb\r\n", b"a\nb\r\n")

    changed = [(line.kind, line.text) for line in diff.hunks[0].lines if line.kind is not LineKind.CONTEXT]

    assert changed == [(LineKind.REMOVED, "a\r\n"), (LineKind.ADDED, "a\n")]


@given(st.integers(0, 3_000), texts(), texts(), st.integers(0, 3_000), st.integers(0, 4))
def test_texts_differ_as_their_lines_do_however_much_is_the_same(
    before: int, old: str, new: str, after: int, context: int
) -> None:
    head, tail = "same\n" * before, "a\nsame\n" * after
    before_text, after_text = head + old + tail, head + new + tail
    whole = diff_lines(split_lines(before_text), split_lines(after_text), context)
    assert diff_bytes(before_text.encode(), after_text.encode(), context=context) == whole
