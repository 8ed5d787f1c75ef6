"""Owns a headless run: one prompt through a session, its events written as they come, and the exit code."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from copydesk.domain.commits import NotCommitted
from copydesk.domain.events import Envelope, Event, TurnFinished
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.session import Session
from copydesk.frontends.headless.decided import DecidedBeforehand
from copydesk.frontends.headless.outcome import ExitCode, Tally
from copydesk.frontends.headless.talk import closing_lines, diff_lines, talk_lines
from copydesk.frontends.headless.wire import RunFacts, StreamLines, result_line, to_text

Write = Callable[[str], None]
ATTEMPTS = 5
"""How often a review is decided again because files changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is written and when it stops."""

    output: str = "text"
    """`text`, `json` or `stream-json`."""
    has_partials: bool = False
    expects_changes: bool = False
    max_seconds: float | None = None
    piped: str = ""
    """Text from standard input: part of the prompt, but nobody's word."""
    shows_diff: bool = False
    """Print the diff of what was applied before the answer (the demo)."""
    has_colour: bool = False
    is_verbose: bool = False
    """Say what each request used."""
    is_kept: bool = True
    """The session can be gone on with, so edits that wait may go on waiting."""
    rollback: str = "copydesk rollback"
    """The command, up to the id, with which a person takes back what was applied."""
    commit: str | None = None
    """Commit what was accepted once all is done, with this message (empty for one that is made up); None for no."""
    commits_anyway: bool = False
    """Also during a merge or the like."""
    decided: DecidedBeforehand | None = None
    """What is to become of the edits that wait for a review when the model is done."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a run writes, and what tells it the time."""

    out: Write
    talk: Write
    clock: Callable[[], float]
    """Seconds that only ever grow."""
    new_id: Callable[[], str]


class Writer(Protocol):
    """Writes events in one output format."""

    def event(self, event: Event, transcript: Transcript) -> None:
        """Write an event as it happens; the transcript holds it already."""

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """Write what a run came to."""


class TextWriter:
    """Talk on stderr while it happens, the answer on stdout at the end."""

    def __init__(self, streams: Streams, options: RunOptions) -> None:
        self._streams = streams
        self._options = options

    def event(self, event: Event, transcript: Transcript) -> None:
        """One line for each call and each thing worth knowing."""
        for line in talk_lines(event, transcript, is_verbose=self._options.is_verbose):
            self._streams.talk(line)

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """The answer, and in one line what it changed and cost."""
        out, talk = closing_lines(tally, transcript, self._options.rollback)
        if self._options.shows_diff:
            out = [*diff_lines(tally, has_colour=self._options.has_colour), *out]
        for line in out:
            self._streams.out(line)
        for line in talk:
            self._streams.talk(line)


class JsonWriter:
    """One result object, after a line for each event where they are wanted."""

    def __init__(self, streams: Streams, options: RunOptions, facts: RunFacts) -> None:
        self._streams = streams
        self._facts = facts
        self._lines: StreamLines | None = None
        if options.output == "stream-json":
            self._lines = StreamLines(facts, streams.new_id, has_partials=options.has_partials)
            streams.out(to_text(self._lines.init()))

    def event(self, event: Event, transcript: Transcript) -> None:
        """The lines of an event."""
        if self._lines:
            for line in self._lines.lines(event):
                self._streams.out(to_text(line))

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """The result object."""
        line = result_line(self._facts, tally, transcript, (seconds, tally.api_seconds))
        self._streams.out(to_text({**line, "uuid": self._streams.new_id()}))


async def run(session: Session, prompt: str, facts: RunFacts, options: RunOptions, streams: Streams) -> ExitCode:
    """Carry out one prompt and write about it; signals close the turn properly."""
    tally, started = Tally(options.expects_changes), streams.clock()
    writer = writer_for(options, streams, facts)
    transcript = Transcript()
    reading = session.subscribe(session.opened_after)
    with _Stops(session, options.max_seconds) as stops:
        await session.submit(prompt, options.piped)
        async for envelope in reading:
            transcript = take(envelope, transcript, tally, writer)
            if isinstance(envelope.event, TurnFinished) and not session.has_prompts:
                break
        # Whoever interrupts a run need not want what they decided before it.
        is_broken_off = tally.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
        decided = None if is_broken_off else options.decided
        for envelope in await _decide(session, decided, is_kept=options.is_kept):
            transcript = take(envelope, transcript, tally, writer)
        if stops.late and not is_broken_off:
            tally.take(TurnFinished(stops.late, "interrupted", f"{stops.late.capitalize()} while it was decided."))
        for envelope in await _commit(session, options, tally):
            transcript = take(envelope, transcript, tally, writer)
    await session.close()
    writer.end(tally, transcript, streams.clock() - started)
    return tally.exit_code


async def _decide(session: Session, decided: DecidedBeforehand | None, *, is_kept: bool) -> Sequence[Envelope]:
    """Carry out what was decided beforehand about the edits that wait; gives what happened."""
    last = session.last_number
    if decided:
        for _ in range(ATTEMPTS if session.waiting_review else 0):
            decision = await decided.review(await session.changeset(), session.is_closed)
            reviewed = await session.decide_review(decision)
            if reviewed.outcome.kind is not OutcomeKind.STALE:
                break
        for sentence in decided.unused():
            session.notice(sentence)
    elif waiting := ", ".join(session.waiting_review):
        if is_kept:
            session.notice(f"Edits of {waiting} wait for a review; --continue --mode review goes on with them.")
        else:
            await session.drop_review()
            session.notice(f"Edits of {waiting} waited for a review and are gone: the session is not kept.")
    return session.events_after(last)


async def _commit(session: Session, options: RunOptions, tally: Tally) -> Sequence[Envelope]:
    """Commit what was accepted, where that was asked for and all else is done; gives what happened."""
    last = session.last_number
    if options.commit is None:
        return ()
    if tally.exit_code is not ExitCode.DONE:
        session.notice("Nothing was committed, since not everything was done.")
    elif not tally.changes:
        session.notice("There is nothing to commit.")
    else:
        done = await session.commit(options.commit, anyway=options.commits_anyway)
        if isinstance(done, NotCommitted):
            reasons = " ".join(done.reasons)
            tally.take(TurnFinished("failed", "not_committed", f"The edits are made, but not committed: {reasons}"))
    return session.events_after(last)


def writer_for(options: RunOptions, streams: Streams, facts: RunFacts) -> Writer:
    """The writer of an output format."""
    return TextWriter(streams, options) if options.output == "text" else JsonWriter(streams, options, facts)


def take(envelope: Envelope, transcript: Transcript, tally: Tally, writer: Writer) -> Transcript:
    """Count an event, write it, and add it to the transcript."""
    tally.take(envelope.event)
    folded = fold(transcript, [envelope])
    writer.event(envelope.event, folded)
    return folded


class _Stops:
    """What interrupts a run from outside: SIGINT, SIGTERM, SIGHUP, and the time limit."""

    def __init__(self, session: Session, max_seconds: float | None) -> None:
        self._session = session
        self._max_seconds = max_seconds
        self._timer: asyncio.TimerHandle | None = None
        self.late = ""
        """What a signal asked for when no turn ran any more."""

    def __enter__(self) -> "_Stops":
        loop = asyncio.get_running_loop()
        if self._max_seconds is not None:
            self._timer = loop.call_later(self._max_seconds, self._session.cancel, "stopped")
        outcomes = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "terminated"}
        for number, outcome in outcomes.items():
            with suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, self._stop, outcome)
        return self

    def _stop(self, outcome: str) -> None:
        self.late = "" if self._session.cancel(outcome) else outcome

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
