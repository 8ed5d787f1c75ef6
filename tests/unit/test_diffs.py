"""Proves what a file's difference says, and that a part of it is a right difference against the same old file."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.diffs import ChangeStatus, FileDiff, HunkPart, diff_images
from copydesk.domain.events import ChangeApplied, event_from_json, event_to_json
from copydesk.domain.hunks import LineKind, split_at, split_everywhere
from copydesk.domain.lines import split_lines
from copydesk.domain.splicing import splice_hunks
from tests.texts import edited, parts_of, texts


def between(sides: tuple[str, str]) -> tuple[bytes, FileDiff]:
    """The old text and the difference, with the same edits twice and room between them."""
    room = "same\n" * 9
    before, after = (f"{side}{room}{side}".encode() for side in sides)
    return before, diff_images("x", before, after)


def everything(diff: FileDiff) -> range:
    return range(1, len(diff.hunks) + 1)


@given(edited())
def test_selecting_all_is_the_whole_and_selecting_none_is_nothing(sides: tuple[str, str]) -> None:
    before, diff = between(sides)

    assert not diff.hunks or diff.select(everything(diff)) == diff
    assert diff.select(()).is_void
    assert splice_hunks(before, diff.select(()).hunks) == before


@given(edited(), st.sets(st.integers(1, 12)))
def test_disjoint_selections_do_together_what_their_union_does(sides: tuple[str, str], chosen: set[int]) -> None:
    before, diff = between(sides)
    chosen = chosen.intersection(everything(diff))
    others = set(everything(diff)) - chosen
    first, second = diff.select(chosen).hunks, diff.select(others).hunks
    whole = splice_hunks(before, diff.hunks)

    assert splice_hunks(before, sorted([*first, *second], key=lambda hunk: hunk.old_start)) == whole
    # Once the first are made, the others stand where the first have moved them to.
    made = splice_hunks(before, first)
    rest = diff_images("x", made, whole)
    assert splice_hunks(made, rest.select(everything(rest)).hunks) == whole


def expected(diff: FileDiff, before: bytes, chosen: Iterable[HunkPart]) -> bytes:
    """What lands, written down line by line."""
    parts = list(chosen)
    result: list[str] = []
    position, old = 0, split_lines(before.decode())
    for number, hunk in enumerate(diff.hunks, 1):
        result += old[position : hunk.old_from]
        position = hunk.old_from + hunk.old_length
        for index, line in enumerate(hunk.lines):
            is_chosen = any(part.hunk == number and part.first <= index < part.end for part in parts)
            if line.kind is LineKind.CONTEXT or is_chosen is (line.kind is LineKind.ADDED):
                result.append(line.text)
    return "".join([*result, *old[position:]]).encode()


PARTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 30)), max_size=4)


@given(edited(), PARTS, st.booleans())
def test_selected_lines_alone_are_changed(
    sides: tuple[str, str], chosen: list[tuple[int, int, int]], is_split: bool
) -> None:
    before, diff = between(sides)
    if is_split:
        parts = (half for hunk in diff.hunks for half in split_at(hunk, len(hunk.lines) // 2))
        diff = FileDiff("x", diff.status, tuple(part for half in parts for part in split_everywhere(half)))
    wanted = parts_of(diff, chosen)
    part = diff.select(wanted)
    after = splice_hunks(before, part.hunks)

    assert after == expected(diff, before, wanted)
    for hunk in part.hunks:
        assert split_lines(after.decode())[hunk.new_from : hunk.new_from + hunk.new_length] == hunk.new_texts


def test_selecting_a_line_makes_removed_lines_context_and_leaves_added_ones_out() -> None:
    diff = diff_images("x", b"a\nb\nc\n", b"a\nB\nC\n")
    (hunk,) = diff.select([HunkPart(1, 1, 2)]).hunks

    assert [(line.kind, line.text) for line in hunk.lines] == [
        (LineKind.CONTEXT, "a\n"),
        (LineKind.REMOVED, "b\n"),
        (LineKind.CONTEXT, "c\n"),
    ]


def test_selecting_a_line_after_the_last_one_without_line_end_ends_that_one() -> None:
    diff = diff_images("x", b"a\r\nb", b"a\r\nB\r\nc")
    added = [index for index, line in enumerate(diff.hunks[0].lines) if line.text == "c"]

    part = diff.select([HunkPart(1, added[0], added[0] + 1)])

    assert splice_hunks(b"a\r\nb", part.hunks) == b"a\r\nb\r\nc"


def test_selecting_some_lines_gives_no_more_context_than_a_hunk_has() -> None:
    before, after = "".join(f"{n}\n" for n in range(50)), "".join(f"x{n}\n" for n in range(50))
    diff = diff_images("x", before.encode(), after.encode())

    assert diff.select([HunkPart(1, 20, 21)]).hunks[0].header == "@@ -18,7 +18,6 @@"


@pytest.mark.parametrize("wrong", [0, 2, -1, HunkPart(2, 0, 1), HunkPart(1, 0, 9), HunkPart(1, 2, 1)])
def test_selecting_what_is_not_there_is_an_error(wrong: int | HunkPart) -> None:
    with pytest.raises(ValueError, match=r"hunk|Hunk"):
        diff_images("x", b"a\n", b"b\n").select([wrong])


def test_selecting_a_part_keeps_what_concerns_the_whole_file_unless_lines_of_it_stay() -> None:
    renamed = diff_images("new", b"a\nb\n", b"A\nB\n", modes=(0o644, 0o755), old_path="old")
    created = diff_images("x", None, b"a\nb\n", modes=(None, 0o755))
    deleted = diff_images("x", b"a\nb\n", None, modes=(0o600, None))
    part = [HunkPart(1, 0, 1)]

    assert (renamed.select(part).old_path, renamed.select(part).changes_mode) == ("old", True)
    assert (renamed.select(()).path, renamed.select(()).old_path, renamed.select(()).changes_mode) == ("old", "", False)
    assert (created.select(part).status, created.select(part).added) == (ChangeStatus.CREATED, 1)
    assert deleted.select(part).status is ChangeStatus.MODIFIED
    assert deleted.select([1]).status is ChangeStatus.DELETED
    assert created.select(()).is_void
    assert deleted.select(()).is_void


def test_status_says_created_deleted_renamed_and_binary() -> None:
    assert diff_images("x", None, b"a\n").status is ChangeStatus.CREATED
    assert diff_images("x", b"a\n", None).status is ChangeStatus.DELETED
    assert diff_images("x", b"a\n", b"a\n", old_path="y").status is ChangeStatus.RENAMED
    assert diff_images("x", b"a\0", b"b").is_binary
    assert not diff_images("x", b"a\0", b"a\0").is_binary


@given(texts(), st.sampled_from([None, 0o600, 0o644, 0o755]), st.sampled_from([None, 0o640, 0o700]))
def test_modes_are_what_git_keeps_of_them(text: str, old: int | None, new: int | None) -> None:
    diff = diff_images("x", text.encode(), text.encode(), modes=(old, new))

    assert diff.is_void is (old is None or new is None or (old & 0o100) == (new & 0o100))
    assert {diff.old_mode, diff.new_mode} <= {None, 0o100644, 0o100755}


def test_names_and_modes_come_back_from_a_journal_and_one_that_has_none_is_read() -> None:
    renamed = diff_images("new", b"a\n", b"b\n", modes=(0o644, 0o755), old_path="old")
    plain = diff_images("x", b"a\n", b"b\n")
    written = json.loads(json.dumps(event_to_json(ChangeApplied("p", "c", "x", "0", plain))))
    for name in ("old_path", "old_mode", "new_mode"):
        del written["diff"][name]

    assert event_from_json(written) == ChangeApplied("p", "c", "x", "0", plain)
    for diff in (renamed, plain):
        event = ChangeApplied("p", "c", "x", "0", diff)
        assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_line_ends_are_part_of_the_change() -> None:
    diff = diff_images("x", b"a\r\nb\r\n", b"a\nb\r\n")

    changed = [(line.kind, line.text) for line in diff.hunks[0].lines if line.kind is not LineKind.CONTEXT]

    assert changed == [(LineKind.REMOVED, "a\r\n"), (LineKind.ADDED, "a\n")]
