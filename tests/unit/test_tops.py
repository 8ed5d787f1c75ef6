"""Proves that the tree of heights says what adding up the heights would."""

from bisect import bisect_right
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from copydesk.frontends.tui.lines.tops import Tops

HEIGHTS = st.lists(st.integers(0, 9), max_size=70)


@given(HEIGHTS, HEIGHTS, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9)), max_size=20))
def test_tops_are_the_sums_when_heights_are_added_and_changed(
    first: list[int], more: list[int], changes: list[tuple[int, int]]
) -> None:
    tops, heights = Tops(first), [*first, *more]
    for height in first[:3]:
        tops.append(height)
    tops.cut(len(first))
    for height in more:
        tops.append(height)
    for place, height in changes if heights else []:
        tops.change(place % len(heights), height)
        heights[place % len(heights)] = height

    sums = [0, *accumulate(heights)]
    assert list(tops) == sums
    assert [tops[number] for number in range(len(tops))] == sums
    assert tops[-1] == sums[-1]
    found = [tops.block_at(line) for line in range(-1, sums[-1] + 1)]
    assert found == [None, *(bisect_right(sums, line) - 1 for line in range(sums[-1])), None]
