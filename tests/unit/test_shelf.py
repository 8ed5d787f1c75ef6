"""Proves that the kept sessions are listed and read whatever became of their files, and never written to by that."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from copydesk.domain.errors import JournalError, UsageError
from copydesk.domain.events import Noticed, TurnStarted, UsageReported
from copydesk.domain.transcript import Prompt, Transcript, fold
from copydesk.domain.usage import Usage
from copydesk.engine.journal import SessionHeld, fork_journal, load, open_journal, require_free
from copydesk.engine.shelf import HEAD_BYTES, NOTHING, TAIL_BYTES, find_journal, summarize
from tests.journals import BEGUN, MODEL, open_for_writing, shelf, turn_events, write_journal


def clock() -> float:
    return BEGUN


def test_line_says_what_the_session_came_to(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "s-1", ["\n  the average is wrong\nfix it", "and a test"])

    one = summarize(path)

    assert (one.id, one.model, one.prompt) == ("s-1", MODEL, "the average is wrong")
    assert (one.tally.turns, one.tally.cost_usd) == (2, Decimal("0.50"))
    assert one.tally.usage == Usage(2000, 0, 0, 1000, 200)
    assert (one.begun_at, one.used_at) == (BEGUN, BEGUN + 12)
    assert (one.is_torn, one.fault) == (False, "")


def test_line_is_whole_when_the_last_turn_was_cut_short(tmp_path: Path) -> None:
    journal, bus = open_for_writing(tmp_path, "s-1")
    for turn, prompt in enumerate(["one", "x" * 3 * TAIL_BYTES], 1):
        bus.turn = turn
        for event in list(turn_events(prompt, "0.25"))[: 4 if turn == 1 else 3]:
            bus.emit(event)
    journal.close()

    assert summarize(journal.path).tally.turns == 2
    assert summarize(journal.path).tally.cost_usd == Decimal("0.50")


def test_cost_is_unknown_when_a_price_was(tmp_path: Path) -> None:
    assert summarize(write_journal(tmp_path, "s-1", price="")).tally.cost_usd is None


def test_prompt_is_found_when_a_long_system_prompt_stands_before_it(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "s-1", ["here I am"])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n" + b"damaged" * (HEAD_BYTES // 4) + b"\n", 1))

    assert summarize(path).prompt == "here I am"


def test_only_head_and_tail_are_read_when_a_journal_is_long(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "s-1", [f"{number} " + "y" * 4000 for number in range(200)])
    lines = path.read_bytes().split(b"\n")
    middle = b"\n".join([*lines[:20], b"\0" * 500_000, *lines[-30:]])
    path.write_bytes(middle)

    assert summarize(path).tally.turns == 200
    assert summarize(path).fault == ""


@pytest.mark.parametrize("torn", [1, 40, 200])
def test_torn_tail_is_said_and_cut_off_by_nobody_who_only_reads(tmp_path: Path, torn: int) -> None:
    path = write_journal(tmp_path, "s-1", ["one", "two"])
    data = path.read_bytes()[:-torn]
    path.write_bytes(data)

    one, kept = summarize(path), shelf(tmp_path).read("s-1")

    assert (one.is_torn, one.tally.turns, one.tally.cost_usd) == (True, 2, Decimal("0.50"))
    assert [event.event.prompt for event in kept.envelopes if isinstance(event.event, TurnStarted)] == ["one", "two"]
    assert path.read_bytes() == data
    assert not path.with_suffix(".bad").exists()


@pytest.mark.parametrize("content", [b"", b"\0" * 70_000, b"{}\n" * 9, b"no lines at all", b"\n\n\n"])
def test_journal_is_listed_as_damaged_when_nothing_can_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s-1.jsonl").write_bytes(content)
    write_journal(tmp_path, "s-2")

    faults = {one.id: one.fault for one in shelf(tmp_path).sessions()}

    assert faults == {"s-1": NOTHING, "s-2": ""}


def test_what_is_no_file_is_listed_as_damaged(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "link.jsonl").symlink_to(write_journal(tmp_path / "elsewhere", "s-1"))

    assert all(one.fault for one in shelf(tmp_path).sessions())
    assert len(shelf(tmp_path).sessions()) == 3


def test_damage_in_the_middle_is_counted_and_all_else_is_read(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "s-1", ["one", "two", "three"])
    lines = path.read_bytes().split(b"\n")
    lines[3] = b"\0" * 40
    path.write_bytes(b"\n".join(lines))

    kept = shelf(tmp_path).read("s-1")

    assert kept.damaged == 1
    items = fold(Transcript(), kept.envelopes).items
    assert [item.text for item in items if isinstance(item, Prompt)] == ["two", "three"]


def test_sessions_are_listed_by_their_last_use(tmp_path: Path) -> None:
    write_journal(tmp_path, "old", begun=BEGUN)
    write_journal(tmp_path, "new", begun=BEGUN + 500)
    write_journal(tmp_path, "mid", begun=BEGUN + 100)

    listed = shelf(tmp_path, {"old": ["a.py"]}, live=["mid"]).sessions()

    assert [(one.id, one.waiting, one.is_live) for one in listed] == [
        ("new", (), False),
        ("mid", (), True),
        ("old", ("a.py",), False),
    ]


def test_words_are_looked_for_in_prompt_and_id_and_files(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1", ["Fix the Average"])
    (one,) = shelf(tmp_path, {"s-1": ["src/cart.py"]}).sessions()

    assert [one.fits(words) for words in ["average fix", "CART", "s-1 opus", "median", ""]] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_session_is_found_by_its_whole_id_when_another_begins_so(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1")
    write_journal(tmp_path, "s-10")

    assert find_journal(tmp_path, "s-1").stem == "s-1"
    with pytest.raises(UsageError, match="fits 2 sessions"):
        find_journal(tmp_path, "s-")


def test_second_opener_is_told_who_holds_the_session(tmp_path: Path) -> None:
    journal, _ = open_for_writing(tmp_path, "s-1")

    for opens in (lambda: open_journal(journal.path, clock), lambda: require_free(journal.path)):
        with pytest.raises(SessionHeld, match=r"another copydesk \(process 4711\).*sessions show s-1.*--fork"):
            opens()
    journal.close()
    require_free(journal.path)


def test_copy_goes_on_from_the_last_finished_turn_while_the_session_is_held(tmp_path: Path) -> None:
    journal, bus = open_for_writing(tmp_path, "s-1")
    for event in [*turn_events("one", "0.25"), TurnStarted("two"), UsageReported(Usage(), "9")]:
        bus.emit(event)
    before = journal.path.read_bytes()

    copy, loaded = fork_journal(journal.path, tmp_path / "s-2.jsonl", clock)
    copy.close()

    assert journal.path.read_bytes() == before
    assert loaded.records[0].data["session"] == "s-2"
    assert loaded.records[0].data["copy_of"] == "s-1"
    assert summarize(copy.path).tally.cost_usd == Decimal("0.25")
    said = [record.data.get("event") for record in load(copy.path.read_bytes()).records]
    assert (said.count("TurnStarted"), said.count("TurnFinished")) == (1, 1)
    journal.close()


def test_copy_has_what_came_after_the_last_turn_when_none_runs(tmp_path: Path) -> None:
    journal, bus = open_for_writing(tmp_path, "s-1")
    for event in [*turn_events("one", "0.25"), Noticed("decided since")]:
        bus.emit(event)
    journal.close()

    copy, loaded = fork_journal(journal.path, tmp_path / "s-2.jsonl", clock)
    copy.close()

    assert loaded.records[-1].data["text"] == "decided since"


def test_nothing_is_copied_when_no_turn_is_finished(tmp_path: Path) -> None:
    journal, _ = open_for_writing(tmp_path, "s-1")
    with pytest.raises(JournalError, match="no finished turn"):
        fork_journal(journal.path, tmp_path / "s-2.jsonl", clock)
    assert not (tmp_path / "s-2.jsonl").exists()
    journal.close()


def test_session_is_deleted_only_when_nobody_is_in_it_and_nothing_waits(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "s-1")
    path.with_suffix(".bad").write_bytes(b"torn")

    with pytest.raises(UsageError, match=r"Edits of a\.py wait"):
        shelf(tmp_path, {"s-1": ["a.py"]}).delete("s-1")
    with pytest.raises(UsageError, match="in use"):
        shelf(tmp_path, live=["s-1"]).delete("s-1")
    held, _ = open_journal(path, clock)
    with pytest.raises(JournalError, match="open in another copydesk"):
        shelf(tmp_path).delete("s-1")
    held.close()
    assert path.exists()

    shelf(tmp_path).delete("s-")
    assert list(tmp_path.iterdir()) == []
