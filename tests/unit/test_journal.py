"""Proves that a journal survives whatever happens to its file, and never loses a record before the damage."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.errors import JournalError
from copydesk.engine.journal import Record, create_journal, decode_record, encode_record, load, open_journal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    Record,
    st.integers(1, 10**6),
    st.floats(0, 4e9),
    st.sampled_from(["meta", "event"]),
    st.dictionaries(st.text(), JSON),
)


@given(RECORDS)
def test_invariant_9_a_record_comes_back_as_it_was(record: Record) -> None:
    line = encode_record(record)

    assert line.count(b"\n") == 1
    assert line.isascii()
    assert decode_record(line[:-1]) == record


@settings(max_examples=100)
@given(st.lists(RECORDS, min_size=1, max_size=5), st.data())
def test_invariant_9_records_before_a_torn_tail_survive(records: list[Record], data: st.DataObject) -> None:
    lines = [encode_record(record) for record in records]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))

    loaded = load(whole[:cut])

    expected, end = [], 0
    for record, line in zip(records, lines, strict=True):
        end += len(line)
        if end <= cut:
            expected.append(record)
    assert list(loaded.records) == expected
    assert whole[: loaded.good_bytes] == b"".join(encode_record(record) for record in expected)


@settings(max_examples=100)
@given(st.lists(RECORDS, min_size=1, max_size=4), st.data())
def test_damage_loses_only_the_records_that_it_hits(records: list[Record], data: st.DataObject) -> None:
    lines = [encode_record(record) for record in records]
    whole = bytearray(b"".join(lines))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))

    loaded = load(bytes(whole))

    end = 0
    for record, line in zip(records, lines, strict=True):
        start, end = end, end + len(line)
        if end <= place or start > place + 1:
            assert record in loaded.records


def test_a_torn_tail_is_cut_off_on_disk_before_the_next_record(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "s.jsonl"
    journal = create_journal(path, lambda: 1.0)
    journal.append("meta", {"a": 1})
    journal.close()
    with path.open("ab") as stream:
        stream.write(b'{"v":1,"n":2,"half')

    journal, loaded = open_journal(path, lambda: 2.0)
    journal.append("event", {"b": "\u2028\ud800"})
    journal.close()

    assert [record.kind for record in loaded.records] == ["meta"]
    again = load(path.read_bytes())
    assert [(record.number, record.kind) for record in again.records] == [(1, "meta"), (2, "event")]
    assert again.damaged == ()
    assert (tmp_path / "sessions" / "s.bad").read_bytes().endswith(b"half")


def test_a_journal_is_private_and_has_one_opener(tmp_path: Path) -> None:
    path = tmp_path / "ws" / "sessions" / "s.jsonl"
    journal = create_journal(path, lambda: 1.0)

    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent)} == {0o700}
    with pytest.raises(JournalError, match="open in another copydesk"):
        open_journal(path, lambda: 1.0)
    journal.close()
    open_journal(path, lambda: 1.0)[0].close()


def test_a_full_disk_is_an_error_that_names_the_file() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    from copydesk.engine.journal import FileJournal

    journal = FileJournal(descriptor, Path("s.jsonl"), 0, lambda: 1.0)

    with pytest.raises(JournalError, match=r"s\.jsonl"):
        journal.append("event", {})
    journal.close()


def test_a_record_of_a_newer_version_is_skipped() -> None:
    line = encode_record(Record(1, 1.0, "event", {}))
    newer = json.dumps({**json.loads(line), "v": 99}).encode()

    assert decode_record(newer) is None
