"""Owns journals for tests: written as a session writes them, by the bus and the recorder, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from copydesk.domain.events import (
    Event,
    SessionStarted,
    TextFinished,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from copydesk.domain.usage import Usage
from copydesk.engine.bus import Bus
from copydesk.engine.journal import FileJournal, create_journal
from copydesk.engine.recorder import Recorder
from copydesk.engine.shelf import SessionShelf

BEGUN = 1_700_000_000.0
MODEL = "claude-opus-5-5"


def write_journal(
    directory: Path, session: str, prompts: Sequence[str] = ("fix it",), *, begun: float = BEGUN, price: str = "0.25"
) -> Path:
    """Write a session that has ended, with one model call in each turn; each record is a second after the last."""
    journal, bus = open_for_writing(directory, session, begun)
    for turn, prompt in enumerate(prompts, 1):
        bus.turn = turn
        for event in turn_events(prompt, price):
            bus.emit(event)
    journal.close()
    return journal.path


def open_for_writing(directory: Path, session: str, begun: float = BEGUN) -> tuple[FileJournal, Bus]:
    """Begin a session; the journal is locked until it is closed."""
    seconds = count()
    journal = create_journal(directory / f"{session}.jsonl", lambda: begun + next(seconds))
    journal.append("meta", {"session": session, "root": "/shop", "model": MODEL, "system": "s" * 3000, "tools": []})
    journal.append("opened", {"process": 4711})
    bus = Bus(session, lambda: begun, Recorder(journal).event)
    bus.emit(SessionStarted("/shop", MODEL, "text_editor_20250728", "ask"))
    return journal, bus


def turn_events(prompt: str, price: str) -> Iterator[Event]:
    yield TurnStarted(prompt)
    yield TextFinished(f"As you say: {prompt}")
    yield UsageReported(Usage(1000, 0, 0, 500, 100), price or None)
    yield TurnFinished("done")


def shelf(directory: Path, waiting: dict[str, Sequence[str]] | None = None, live: Sequence[str] = ()) -> SessionShelf:
    return SessionShelf(directory, lambda: waiting or {}, lambda session: session in live)
