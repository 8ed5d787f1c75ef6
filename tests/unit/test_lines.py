"""Proves that the regions which differ are right, short, and found in time that does not grow with their square."""

import random
import subprocess
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from copydesk.domain.lines import Opcode, changed_regions, split_bytes, split_lines
from copydesk.domain.stretches import changed_byte_regions, same_end, same_start
from tests.texts import edited, texts

UNIQUE = [f"{number}\n" for number in range(60_000)]


def applied(old: Sequence[Any], new: Sequence[Any], regions: Sequence[Opcode]) -> list[Any]:
    result: list[Any] = []
    position = 0
    for old_start, old_end, new_start, new_end in regions:
        result += [*old[position:old_start], *new[new_start:new_end]]
        position = old_end
    return [*result, *old[position:]]


def size(regions: Sequence[Opcode]) -> int:
    return sum(old_end - old_start + new_end - new_start for old_start, old_end, new_start, new_end in regions)


def mutated(old: Sequence[str], share: float, values: Sequence[str], seed: int = 1) -> tuple[list[str], int]:
    """A text with lines taken out and put in, and how many that were."""
    chance = random.Random(seed)
    new, edits = [], 0
    for line in old:
        if chance.random() < share:
            edits += 1
            if chance.random() < 0.5:
                continue
            new.append(chance.choice(values))
        new.append(line)
    return new, edits


def has_anchor(old: list[str], new: list[str]) -> bool:
    """Whether a line occurs once on each side of what is left when both begin and end alike is taken off."""
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    old, new = old[start:], new[start:]
    end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old[::-1], new[::-1], strict=False)))
    old, new = old[: len(old) - end], new[: len(new) - end]
    return any(old.count(line) == 1 == new.count(line) for line in set(old))


@given(texts())
def test_split_lines_loses_nothing(text: str) -> None:
    assert "".join(split_lines(text)) == text
    assert [line.decode() for line in split_bytes(text.encode())] == split_lines(text)
    assert all(line.count("\n") == line.endswith("\n") for line in split_lines(text))


@given(texts(), texts())
def test_regions_turn_the_old_lines_into_the_new_ones(before: str, after: str) -> None:
    old, new = split_lines(before), split_lines(after)
    regions = list(changed_regions(old, new))

    assert applied(old, new, regions) == new
    assert all(left[1] < right[0] and left[3] < right[2] for left, right in pairwise(regions))
    assert not any(old[a:b] == new[c:d] for a, b, c, d in regions)


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.lists(st.sampled_from("abcd"), max_size=40))
def test_regions_are_the_shortest_where_no_line_is_an_anchor(old: list[str], new: list[str]) -> None:
    old, new = [*old, *old], [*new, *new]
    assume(not has_anchor(old, new))
    assert size(list(changed_regions(old, new))) == len(old) + len(new) - 2 * longest_common(old, new)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_regions_between_anchors_are_the_shortest(old: list[str], new: list[str]) -> None:
    around = list("abcdabcd"), list("dcbadcba")
    olds, news = ([*around[0], "first", *side, "last", *around[1]] for side in (old, new))
    regions = list(changed_regions(["old", *olds, "old"], ["new", *news, "new"]))
    assert size(regions) == len(old) + len(new) - 2 * longest_common(old, new) + 4


def longest_common(old: Sequence[str], new: Sequence[str]) -> int:
    row = [0] * (len(new) + 1)
    for line in old:
        above = list(row)
        for place, other in enumerate(new):
            row[place + 1] = above[place] + 1 if line == other else max(above[place + 1], row[place])
    return row[-1]


def test_regions_are_minimal_on_a_moved_block() -> None:
    new = [*UNIQUE[:10], "new\n", *UNIQUE[10:50], *UNIQUE[51:100]]
    assert list(changed_regions(UNIQUE[:100], new)) == [(10, 10, 10, 11), (50, 51, 51, 51)]


def test_regions_leave_the_larger_of_two_blocks_that_changed_places() -> None:
    new = [*UNIQUE[20:100], *UNIQUE[:20]]
    assert list(changed_regions(UNIQUE[:100], new)) == [(0, 20, 0, 0), (100, 100, 80, 100)]


LARGE = {
    "four values": (["a\n", "b\n", "c\n", "d\n"] * 10_000, 0.07, 1.6),
    "five thousand of four values": (["a\n", "b\n", "c\n", "d\n"] * 1_250, 0.07, 1.0),
    "braces": (["}\n"] * 40_000, 0.02, 1.1),
    "periods": (["same\n", "other\n", "third\n"] * 12_000, 0.1, 1.6),
    "unique": (UNIQUE[:40_000], 0.3, 1.0),
    "blocks": (["{\n", " x: null\n", " y: null\n", "},\n"] * 10_000, 0.05, 1.5),
}
"""Old lines; the share that is edited; how many times as long as the edits the difference may be."""


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.timeout(30)
def test_large_texts_without_anchors_are_told_apart_soon_and_well(name: str) -> None:
    old, share, most = LARGE[name]
    random.Random(7).shuffle(old)
    new, edits = mutated(old, share, ["}\n", "a\n", "other\n"])
    old_lines, new_lines, regions = changed_byte_regions("".join(old).encode(), "".join(new).encode())

    assert applied(old_lines, new_lines, regions) == new_lines
    assert size(regions) <= most * edits
    assert all(left[1] < right[0] and left[3] < right[2] for left, right in pairwise(regions))


@pytest.mark.timeout(30)
@pytest.mark.timeout(30)
def test_lines_that_are_alike_are_told_apart_soon() -> None:
    chance = random.Random(3)
    old = chance.choices(["a", "b", "c", "d"], k=100_000)
    new, _ = mutated(old, 0.07, ["a", "b", "c", "d"])
    assert applied(old, new, list(changed_regions(old, new))) == new


@pytest.mark.timeout(30)
def test_texts_that_share_no_order_are_told_apart_soon() -> None:
    old, shuffled = list(UNIQUE), list(UNIQUE)
    random.Random(1).shuffle(shuffled)
    for new in (shuffled, old[::-1], [f"x{line}" for line in old], [line[:-1] + "\r\n" for line in old]):
        assert applied(old, new, list(changed_regions(old, new))) == new


@pytest.mark.parametrize("seed", range(3))
def test_five_hundred_changes_are_as_few_lines_as_git_makes_them(seed: int, tmp_path: Path) -> None:
    old = [f"    value_{number} = {number}\n" if number % 7 else "    return None\n" for number in range(50_000)]
    new, _ = mutated(old, 0.01, ["    changed = 1\n", "\n", "    return None\n"], seed)
    sides = [tmp_path / "a", tmp_path / "b"]
    for path, lines in zip(sides, (old, new), strict=True):
        path.write_text("".join(lines))
    command = ["git", "diff", "--no-index", "--histogram", "--numstat", *map(str, sides)]
    told = subprocess.run(command, capture_output=True, check=False).stdout.split()

    _, _, regions = changed_byte_regions(*(path.read_bytes() for path in sides))

    assert size(regions) <= int(told[0]) + int(told[1])


@given(edited(), st.integers(0, 3_000), st.integers(0, 3_000))
def test_bytes_differ_as_their_lines_do_however_large_they_are(sides: tuple[str, str], before: int, after: int) -> None:
    head, tail = "".join(UNIQUE[:before]), "".join(UNIQUE[before : before + after])
    old, new = (f"{head}{side}{tail}{side}{head}".encode() for side in sides)
    old_lines, new_lines, regions = changed_byte_regions(old, new)

    assert applied(old_lines, new_lines, regions) == new_lines
    assert size(regions) <= 1.25 * size(list(changed_regions(old_lines, new_lines)))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("around", [b"", b"before\n" * 9_000, b"x" * 70_000 + b"\n"])
def test_long_lines_that_begin_alike_are_told_apart(around: bytes) -> None:
    line = b"word " * 200_000
    old, new = (around + line + middle + line + b"\n" + around for middle in (b"old", b"new"))
    _, _, regions = changed_byte_regions(old, new)

    assert size(regions) == 2


def test_blocks_that_look_alike_are_not_mistaken_for_each_other() -> None:
    fields = [f"  field {place}: null\n" for place in range(300)]
    blocks = [[f"{{ id: {number}\n", *fields] for number in range(40)]
    sides = [*blocks, UNIQUE], [*blocks[:20], ["{ id: new\n", *fields], *blocks[20:], UNIQUE]
    old, new = ("".join(line for block in side for line in block).encode() for side in sides)
    _, _, regions = changed_byte_regions(old, new)

    assert size(regions) == 301


def test_a_line_that_is_found_inside_of_another_is_not_taken_for_it() -> None:
    head, tail = "".join(UNIQUE[:9_000]), "".join(UNIQUE[9_000:18_000])
    line = "word " * 100 + "\n"
    old, new = (f"{head}{before}{line}{tail}".encode() for before in ("", "put before "))
    old_lines, new_lines, regions = changed_byte_regions(old, new)

    assert regions == [(9_000, 9_001, 9_000, 9_001)]
    assert applied(old_lines, new_lines, regions) == new_lines


@given(st.text("ab", max_size=300), st.text("ab", max_size=300), st.integers(0, 200_000))
def test_same_start_and_end_are_counted_to_the_last_character(old: str, new: str, length: int) -> None:
    common = "c" * length
    start = next((place for place, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), None)
    expected = min(len(old), len(new)) if start is None else start

    assert same_start(common + old, common + new) == length + expected
    assert same_end((common + old)[::-1], (common + new)[::-1]) == length + expected
    assert same_start((common + old).encode(), (common + new).encode()) == length + expected
