"""Proves that no damage turns a record of a journal into another one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.engine.journal import Record, decode_record, encode_record, load

TEXTS = st.text(max_size=8)
RECORDS = st.builds(
    Record,
    st.integers(1, 10**6),
    st.floats(0, 4e9),
    st.sampled_from(["meta", "event", "message", "cut"]),
    st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=3),
)


@settings(max_examples=200)
@given(RECORDS, st.data())
def test_invariant_9_a_record_is_itself_or_nothing_when_a_byte_of_it_changed(
    record: Record, data: st.DataObject
) -> None:
    line = bytearray(encode_record(record)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] = data.draw(st.integers(0, 255))

    assert decode_record(bytes(line)) in (None, record)


@given(RECORDS, RECORDS)
def test_invariant_9_two_records_are_never_taken_for_one_when_the_line_end_between_them_is_lost(
    first: Record, second: Record
) -> None:
    joined = encode_record(first)[:-1] + encode_record(second)

    loaded = load(joined)

    assert (loaded.records, loaded.damaged) == ((), (1,))
