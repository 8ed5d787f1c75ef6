"""Proves which sessions leave the History: never a live one, the oldest first, and no more than is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.retention import Tidied
from copydesk.domain.retention import DAY, KeptSession, Retention, plan

NOW = 1_700_000_000.0
RETENTION = Retention(days=30, sessions=2, size=100)

RETENTIONS = st.builds(Retention, st.integers(1, 60), st.integers(1, 5), st.integers(1, 400))


@st.composite
def sessions(draw: st.DrawFn) -> list[KeptSession]:
    ages = draw(st.lists(st.integers(-5, 90), max_size=12))
    return [
        KeptSession(str(number), NOW - age * DAY, draw(st.integers(0, 99)), draw(st.booleans()), draw(st.booleans()))
        for number, age in enumerate(ages)
    ]


def session(name: str, age: int, size: int = 10, *, is_live: bool = False, is_waiting: bool = False) -> KeptSession:
    return KeptSession(name, NOW - age * DAY, size, is_live, is_waiting)


def dropped(kept: list[KeptSession], retention: Retention = RETENTION) -> list[str]:
    return [one.session for one in plan(kept, retention, NOW)]


def age(one: KeptSession) -> tuple[float, str]:
    return (one.used_at, one.session)


@given(sessions(), RETENTIONS)
def test_no_session_goes_when_it_is_live_or_new_or_waits_within_its_time(
    kept: list[KeptSession], retention: Retention
) -> None:
    gone = plan(kept, retention, NOW)
    newest = sorted(kept, key=age)[-retention.sessions :]
    assert not [one for one in gone if one.is_live or one in newest]
    assert not [one for one in gone if one.is_waiting and one.used_at >= NOW - retention.days * DAY]


@given(sessions(), RETENTIONS)
def test_sessions_go_oldest_first_and_never_one_too_many(kept: list[KeptSession], retention: Retention) -> None:
    gone = plan(kept, retention, NOW)
    assert list(gone) == sorted(gone, key=age)
    early = [one for one in gone if one.used_at >= NOW - retention.days * DAY]
    left = [one for one in kept if one not in gone]
    if early:
        assert sum(one.size for one in (*left, early[-1])) > retention.size
        newest = sorted(kept, key=age)[-retention.sessions :]
        could_go = [one for one in left if not (one.is_live or one.is_waiting or one in newest)]
        assert all(age(one) > age(early[-1]) for one in could_go)


@given(sessions(), RETENTIONS)
def test_size_is_kept_or_nothing_more_can_go(kept: list[KeptSession], retention: Retention) -> None:
    left = [one for one in kept if one not in plan(kept, retention, NOW)]
    newest = sorted(kept, key=age)[-retention.sessions :]
    could_go = [one for one in left if not (one.is_live or one.is_waiting or one in newest)]
    assert sum(one.size for one in left) <= retention.size or not could_go
    assert not plan(left, retention, NOW)
    assert not [one for one in could_go if one.used_at < NOW - retention.days * DAY]


def test_order_in_which_sessions_are_given_does_not_matter() -> None:
    kept = [session("b", 40), session("a", 50), session("c", 1), session("d", 0)]
    assert dropped(kept) == dropped(kept[::-1]) == ["a", "b"]


def test_session_goes_when_its_days_are_over() -> None:
    kept = [session("old", 31), session("young", 29), session("c", 1), session("d", 0)]
    assert dropped(kept) == ["old"]
    assert dropped([replace(one, is_waiting=True) for one in kept]) == ["old"]
    assert dropped([replace(one, is_live=True) for one in kept]) == []


def test_oldest_go_early_when_there_is_too_much() -> None:
    kept = [session("a", 9, 30), session("b", 8, 30), session("c", 1, 30), session("d", 0, 30)]
    assert dropped(kept) == ["a"]
    assert dropped([replace(kept[0], is_waiting=True), *kept[1:]]) == ["b"]
    assert dropped(kept, replace(RETENTION, size=90)) == ["a"]
    assert dropped(kept, replace(RETENTION, size=1)) == ["a", "b"]


@pytest.mark.parametrize(
    ("size", "expected"), [(79, ""), (80, "takes 0.0 MiB of"), (100, "takes 0.0 MiB of"), (101, "and may take")]
)
def test_person_is_told_when_the_size_comes_near_the_bound(size: int, expected: str) -> None:
    said = Tidied((), size, RETENTION).sentences
    assert expected in " ".join(said)
    assert bool(said) is bool(expected)
