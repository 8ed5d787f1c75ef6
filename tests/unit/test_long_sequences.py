"""Proves that a long sequence is a tuple in all but its price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.long_sequences import CHUNK, LongSequence

LENGTHS = st.integers(0, 3 * CHUNK)


@given(LENGTHS, LENGTHS, st.data())
def test_changes_are_those_of_a_tuple_when_a_sequence_is_changed(length: int, kept: int, data: st.DataObject) -> None:
    plain = tuple(range(length))
    sequence = LongSequence(plain).appended(-1)
    place = data.draw(st.integers(0, length))
    changed = sequence.replaced(place, -2).cut(kept)

    expected = [*plain, -1]
    expected[place] = -2
    del expected[kept:]
    assert changed == expected
    assert (list(changed), list(reversed(changed))) == (expected, expected[::-1])
    assert [changed[number] for number in range(len(changed))] == list(changed)
    assert changed == LongSequence(expected)
    assert hash(changed) == hash(LongSequence(expected))
    assert sequence == (*plain, -1)


@given(LENGTHS, LENGTHS)
def test_all_and_only_other_items_are_found_when_sequences_differ(length: int, place: int) -> None:
    items = [object() for _ in range(length + 1)]
    place = min(place, length)
    sequence = LongSequence(items)

    assert sequence.appended(object()).differing(sequence) == []
    assert sequence.replaced(place, object()).differing(sequence) == [place]
    assert sequence.cut(place).appended(object(), object()).differing(sequence)[:1] == [place]


def test_chunks_are_shared_when_a_sequence_grows() -> None:
    sequence = LongSequence(range(10 * CHUNK + 5))
    grown = sequence.appended(1).replaced(-1, 2)
    assert all(old is new for old, new in zip(sequence.chunks[:10], grown.chunks[:10], strict=True))


@pytest.mark.parametrize("index", [3, -4])
def test_there_is_no_item_when_the_place_is_outside(index: int) -> None:
    with pytest.raises(IndexError):
        LongSequence((1, 2, 3))[index]


def test_slice_is_that_of_a_tuple_when_it_is_taken() -> None:
    assert LongSequence(range(300))[120:140:3] == tuple(range(120, 140, 3))
