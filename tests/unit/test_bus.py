"""Proves that readers get every event in order, and that only deltas are ever merged."""

import asyncio
import time
import tracemalloc

import pytest

from copydesk.domain.events import Envelope, Noticed, TextDelta, TextFinished, ThinkingDelta, ToolDrafted
from copydesk.engine.bus import Bus
from copydesk.frontends.plain.desk import of_before

pytestmark = pytest.mark.anyio


def make_bus(recorded: list[Envelope]) -> Bus:
    return Bus("s", lambda: 1.0, recorded.append)


async def drained(bus: Bus, since: int = 0) -> list[Envelope]:
    reading = bus.subscribe(since)
    bus.close()
    return [envelope async for envelope in reading]


async def test_a_lagging_reader_gets_adjacent_deltas_merged_and_nothing_dropped() -> None:
    bus = make_bus([])
    reading = bus.subscribe()
    for event in (
        TextDelta("a"),
        TextDelta("b"),
        ThinkingDelta("t"),
        TextDelta("c"),
        TextFinished("abc"),
        Noticed("n"),
        ToolDrafted("1", "t", ""),
        ToolDrafted("1", "t", "{"),
        ToolDrafted("2", "t", "["),
    ):
        bus.emit(event)
    bus.close()

    seen = [envelope.event async for envelope in reading]

    texts = [TextDelta("ab"), ThinkingDelta("t"), TextDelta("c"), TextFinished("abc"), Noticed("n")]
    assert seen == [*texts, ToolDrafted("1", "t", "{"), ToolDrafted("2", "t", "[")]


async def test_a_late_reader_gets_what_was_kept_since_a_number() -> None:
    bus = make_bus([])
    for text in "abc":
        bus.emit(Noticed(text))

    assert [envelope.seq for envelope in await drained(bus, since=1)] == [2, 3]


async def test_an_event_is_recorded_before_any_reader_sees_it() -> None:
    recorded: list[Envelope] = []
    bus = make_bus(recorded)
    reading = bus.subscribe()
    bus.emit(Noticed("a"))
    bus.emit(TextDelta("b"))

    first = await anext(reading)

    assert recorded == [first]


async def test_a_reader_waits_for_what_comes() -> None:
    bus = make_bus([])
    reading = bus.subscribe()
    waiting = asyncio.ensure_future(anext(reading))
    await asyncio.sleep(0)
    bus.emit(Noticed("later"))

    assert (await waiting).event == Noticed("later")


async def test_what_was_kept_is_given_as_it_was_emitted_or_restored() -> None:
    recorded = [Envelope(7, "s", 2, 0.25, Noticed("before"))]
    bus = make_bus(recorded)
    bus.restore(recorded[:])
    for text in "ab":
        bus.turn += 1
        bus.emit(Noticed(text))
        bus.emit(TextDelta("is not kept"))

    assert bus.after(0) == await drained(bus) == recorded
    assert bus.after(7) == recorded[1:]
    assert bus.after(recorded[-1].seq) == []


def test_an_event_of_a_long_session_takes_no_envelope() -> None:
    bus, event = Bus("s", time.time, lambda envelope: None), Noticed("again")
    tracemalloc.start()
    try:
        for _ in range(2_000):
            bus.emit(event)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bus.after(0)) == 2_000
    assert taken / 2_000 < 48, "an envelope takes 150 bytes beside what its event says"


def test_what_was_before_an_opening_is_told_from_what_came_after_it() -> None:
    bus = make_bus([])
    for event in (TextDelta("a"), TextDelta("b"), TextFinished("ab")):
        bus.emit(event)
    opened_after = bus.last_number
    bus.emit(Noticed("opened"))
    assert [envelope.event for envelope in of_before(bus.after(0), opened_after)] == [TextFinished("ab")]
