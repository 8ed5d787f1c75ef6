"""Owns the flow of events from a session to its readers.

Adjacent deltas are merged for a reader that lags; nothing else is ever dropped or reordered.
"""

import asyncio
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from copydesk.domain.events import EPHEMERAL, Envelope, Event, continues


class KeptEvents:
    """The durable events of a session, each with the number, turn and time that its envelope had.

    A session of hours has tens of thousands. An envelope for each would take more than what they say, which the
    transcript shares: so envelopes are made again for who asks.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._numbers, self._turns, self._times = array("Q"), array("Q"), array("d")

    def extend(self, envelopes: Iterable[Envelope]) -> None:
        """Keep more; their numbers come after all that is kept."""
        for envelope in envelopes:
            self._events.append(envelope.event)
            self._numbers.append(envelope.seq)
            self._turns.append(envelope.turn)
            self._times.append(envelope.at)

    def after(self, since: int, session: str) -> list[Envelope]:
        """The envelopes after a number."""
        places = range(bisect_right(self._numbers, since), len(self._events))
        return [
            Envelope(self._numbers[place], session, self._turns[place], self._times[place], self._events[place])
            for place in places
        ]


class Bus:
    """Numbers events, remembers the durable ones, and hands them to any number of readers."""

    def __init__(self, session: str, clock: Callable[[], float], record: Callable[[Envelope], None]) -> None:
        self.session = session
        self._clock = clock
        self._record = record
        self._seq = 0
        self.kept = KeptEvents()
        self._readers: list[_Reader] = []
        self.turn = 0
        self.observers: list[Callable[[Event], None]] = []
        """Parts of the session that must know of an event before any reader does."""

    def restore(self, envelopes: list[Envelope]) -> None:
        """Take over what a journal remembers; only before anything was emitted."""
        self.kept.extend(envelopes)
        if envelopes:
            self._seq, self.turn = envelopes[-1].seq, envelopes[-1].turn

    @property
    def last_number(self) -> int:
        """The number of the last event."""
        return self._seq

    def emit(self, event: Event) -> None:
        """Number an event, record it, and only then show it to the readers; must run on the loop's thread."""
        self._seq += 1
        envelope = Envelope(self._seq, self.session, self.turn, self._clock(), event)
        if not isinstance(event, EPHEMERAL):
            self._record(envelope)
            self.kept.extend([envelope])
        for observe in self.observers:
            observe(event)
        for reader in self._readers:
            reader.put(envelope)

    def after(self, since: int) -> list[Envelope]:
        """What came after number `since`, less what is not kept."""
        return self.kept.after(since, self.session)

    def subscribe(self, since: int = 0) -> AsyncIterator[Envelope]:
        """Read what came after number `since`, and then whatever comes, until the session is closed."""
        reader = _Reader(self.after(since))
        self._readers.append(reader)
        return self._read(reader)

    async def _read(self, reader: "_Reader") -> AsyncIterator[Envelope]:
        try:
            while (envelope := await reader.get()) is not None:
                yield envelope
        finally:
            self._readers.remove(reader)

    def close(self) -> None:
        """End every reader once it has read what is there."""
        for reader in self._readers:
            reader.close()


class _Reader:
    """One subscriber's queue."""

    def __init__(self, envelopes: list[Envelope]) -> None:
        self._queue: deque[Envelope] = deque(envelopes)
        self._ready = asyncio.Event()
        self._closed = False
        if envelopes:
            self._ready.set()

    def put(self, envelope: Envelope) -> None:
        """Add an envelope, merged into the one before where it goes on with the same text."""
        last = self._queue[-1].event if self._queue else None
        event = envelope.event
        if isinstance(event, EPHEMERAL) and isinstance(last, EPHEMERAL) and continues(event, last):
            self._queue[-1] = replace(envelope, event=replace(event, text=last.text + event.text))
        else:
            self._queue.append(envelope)
        self._ready.set()

    async def get(self) -> Envelope | None:
        """The next envelope, or None at the end."""
        while not self._queue:
            if self._closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self._queue.popleft()

    def close(self) -> None:
        """No more will come."""
        self._closed = True
        self._ready.set()
