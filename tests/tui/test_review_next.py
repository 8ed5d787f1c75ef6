"""Proves what the next round of a review knows of the one before: comments whose place has changed, what is new."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from copydesk.domain.decisions import Remark, Weight
from copydesk.frontends.tui.review.carrying import GATHERED, Remembered
from copydesk.frontends.tui.review.looks import FileLooks
from copydesk.frontends.tui.review.offer import Offer
from copydesk.frontends.tui.review.rounds import Rounds, Subject
from copydesk.frontends.tui.review.state import ReviewState
from tests.tui.test_review_state import NEW, OLD, REJECT, offered, reviewing


@pytest.mark.parametrize(
    ("then", "became"),
    [
        ("top\n" + NEW, "as it was"),
        (NEW.replace("thirty", "30"), "changed since you said this"),
        (NEW.replace("more", "most"), "as it was"),
        (NEW.replace("five", "5"), "as it was"),
    ],
)
def test_next_round_says_whether_the_place_of_a_comment_has_changed(then: str, became: str, tmp_path: Path) -> None:
    store, state = FileLooks(tmp_path / "looks.json"), reviewing(offered(OLD, NEW))
    about = next(number for number, line in enumerate(NEW.split("\n"), 1) if line == "thirty")
    state = state.remarked(Remark("a.txt", about, "why?\nso", Weight.MUST))
    Remembered({}, partial(store.save, "s1")).settle(GATHERED, state, frozenset({"a.txt"}))
    again = Remembered(store.load("s1")).begin(GATHERED, Offer("", "d2", (offered(OLD, then),)))
    assert again.offer.file("a.txt").notes == (f"you said of line {about}: why? so ({became})",)
    assert not again.has_words


def test_words_that_are_not_sent_yet_say_so_where_their_place_has_changed(tmp_path: Path) -> None:
    store, state = FileLooks(tmp_path / "looks.json"), reviewing(offered(OLD, NEW))
    state = state.remarked(Remark("a.txt", 5, "why?", Weight.MUST)).remarked(Remark("a.txt", 30, "good", Weight.NIT))
    Remembered({}, partial(store.save, "s1")).leave(GATHERED, state, frozenset())
    again = Remembered(store.load("s1")).begin(GATHERED, Offer("", "d2", (offered(OLD, NEW.replace("five", "5")),)))
    assert again.offer.file("a.txt").notes == ("you said of line 5: why? (changed since you said this)",)
    assert [remark.text for remark in again.remarks] == ["why?", "good"]


def round_of(store: FileLooks, name: str, offer: Offer) -> tuple[Rounds, ReviewState, Remembered]:
    rounds = Rounds(store, Subject(name, True, is_proposed=True))
    memory = rounds.memory(offer)
    return rounds, memory.begin(name, offer), memory


def test_next_round_of_a_proposal_is_known_by_what_it_holds_whatever_it_is_called(tmp_path: Path) -> None:
    store, first = FileLooks(tmp_path / "looks.json"), Offer("", "d1", (offered(OLD, NEW), offered("1\n", "2\n", "b")))
    rounds, state, memory = round_of(store, "review-one", first)
    memory.leave("review-one", state.answered(state.parts[1:2], REJECT), frozenset({"a.txt"}))
    rounds.close()
    later = (offered(OLD, NEW.replace("five", "5")), offered("1\n", "2\n", "b"), offered("1\n", "2\n", "c"))
    _, state, _ = round_of(store, "review-two", Offer("", "d2", later))
    assert state.fresh == {("a.txt", 1), ("c", 1)}
    assert [part.hunk for part in state.answers] == [2]
    other = (offered("1\n", "2\n"), offered(OLD, OLD.replace("line 7", "seven"), "b"))
    _, state, _ = round_of(store, "review-two", Offer("", "d3", other))
    assert (state.fresh, state.answers) == (frozenset(), {})
    assert round_of(store, "review-one", Offer("", "d3", other))[1].fresh == {("a.txt", 1)}


def test_what_was_said_is_kept_while_the_review_is_open(tmp_path: Path) -> None:
    store, offer = FileLooks(tmp_path / "looks.json"), Offer("", "d1", (offered(OLD, NEW),))
    rounds, state, memory = round_of(store, "review-one", offer)
    memory.say("review-one", state, state.answered(state.parts[:1], REJECT))
    for _ in range(2000):
        if store.load_all():
            break
        time.sleep(0.005)
    assert "reject" in store.path.read_text()
    store.path.unlink()
    store.path.mkdir()
    memory.say("review-one", state, state.noted("a.txt", "why?"))
    with pytest.raises(OSError, match="directory"):
        rounds.close()
