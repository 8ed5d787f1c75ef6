"""Owns what holds between a session and the screens: nothing is lost, and repaints do not follow every token."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.events import (
    Envelope,
    Event,
    FileChangedOutside,
    Noticed,
    ProposalMade,
    TextDelta,
    TextFinished,
    ThinkingDelta,
)
from copydesk.domain.transcript import Transcript, fold
from copydesk.frontends.tui.advancing import advance, merged
from copydesk.frontends.tui.bridge import PAUSE_SECONDS, Bridge, DeskState
from tests.tui.fake_session import STATS, FakeSession

EVENTS: list[Event] = [TextDelta("a"), TextDelta("b"), ThinkingDelta("c"), Noticed("n"), TextFinished("ab")]


def envelopes(events: list[Event]) -> list[Envelope]:
    return [Envelope(number, "s", 1, 0.0, event) for number, event in enumerate(events, 1)]


@given(st.lists(st.sampled_from(EVENTS)))
def test_merged_events_fold_to_the_same_transcript(events: list[Event]) -> None:
    log = envelopes(events)
    assert fold(Transcript(), merged(log)).items == fold(Transcript(), log).items


def test_neighbouring_deltas_are_one_when_merged() -> None:
    log = envelopes([TextDelta("a"), TextDelta("b"), ThinkingDelta("c"), TextDelta("d")])
    assert [envelope.event for envelope in merged(log)] == [TextDelta("ab"), ThinkingDelta("c"), TextDelta("d")]


def test_outside_change_is_known_until_the_path_is_proposed_again() -> None:
    changed = advance(DeskState(), envelopes([FileChangedOutside("src/stats.py"), FileChangedOutside("other.py")]))
    assert changed.changed_outside == {"src/stats.py", "other.py"}
    again = advance(changed, envelopes([ProposalMade("p", "c", "d", (STATS,))]))
    assert again.changed_outside == {"other.py"}


async def test_screen_is_repainted_a_few_times_a_second_when_tokens_stream() -> None:
    session, states = FakeSession(), list[DeskState]()
    bridge = Bridge(session, states.append)
    listening = asyncio.create_task(bridge.listen())
    clock = asyncio.get_running_loop()
    begun = clock.time()
    for _ in range(100):
        session.emit(TextDelta("x"))
        await asyncio.sleep(0.005)
    passed = clock.time() - begun
    await session.close()
    await listening
    assert len(states) <= passed / PAUSE_SECONDS + 2
    assert states[-1].transcript.items[-1].text == "x" * 100  # type: ignore[union-attr]


async def test_first_event_is_shown_at_once_when_nothing_came_before() -> None:
    session, states = FakeSession(), list[DeskState]()
    listening = asyncio.create_task(Bridge(session, states.append).listen())
    await asyncio.sleep(0)
    session.emit(Noticed("now"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(states) == 1
    await session.close()
    await listening
