"""Owns a headless run: one prompt through a session, its events written as they come, and the exit code."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from copydesk.domain.commits import CommitWish, NotCommitted
from copydesk.domain.errors import BundleError, CopydeskError
from copydesk.domain.events import Envelope, TurnFinished
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.session import Session
from copydesk.frontends.headless.delivery import Delivery
from copydesk.frontends.headless.outcome import ExitCode, Tally
from copydesk.frontends.headless.stops import Stops
from copydesk.frontends.headless.talk import summary_line
from copydesk.frontends.headless.wire import RunFacts, result_line
from copydesk.frontends.headless.writers import RunOptions, Streams, Writer, writer_for
from copydesk.tools.checks import told

ATTEMPTS = 5
"""How often a review is decided again because files changed meanwhile."""
BROKEN_OFF = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
FIX = "After your edits these checks fail. Find out why, and mend it."


async def run(session: Session, prompt: str, facts: RunFacts, options: RunOptions, streams: Streams) -> ExitCode:
    """Carry out one prompt and write about it; signals close the turn properly.

    Where its output cannot be written, the command that takes back what was changed is said all the same.
    """
    work = _Work(session, options, writer_for(options, streams, facts))
    try:
        await _carry_out(session, work, prompt, facts, options, streams)
    except OSError:
        if work.tally.changes:
            streams.talk(summary_line(work.tally, work.transcript, options.rollback))
        raise
    return work.tally.exit_code


async def _carry_out(
    session: Session, work: "_Work", prompt: str, facts: RunFacts, options: RunOptions, streams: Streams
) -> None:
    started = streams.clock()
    with Stops(session, options.max_seconds) as stops:
        await work.turn(prompt, options.piped)
        await work.decide()
        await work.verify(stops)
        if stops.late and work.tally.exit_code not in BROKEN_OFF:
            work.tally.take(stops.finished)
        await work.commit()
    seconds = streams.clock() - started
    await work.deliver(facts, seconds)
    await session.close()
    work.writer.end(work.tally, work.transcript, seconds)


class _Work:
    """A run under way: what was read of the session's events so far."""

    def __init__(self, session: Session, options: RunOptions, writer: Writer) -> None:
        self.tally = Tally(options.expects_changes)
        self.transcript = Transcript()
        self.writer = writer
        self._session = session
        self._options = options
        self._read = session.opened_after
        """The number of the last event that was read."""
        self._at: float | None = None
        """When it happened, in seconds since the epoch."""
        self._prompt = ""
        self._is_decided = False

    async def turn(self, words: str, piped: str, *, goes_on: bool = False) -> None:
        """Give the model a prompt and read until it is done."""
        self._prompt = self._prompt or words
        reading = cast("AsyncGenerator[Envelope]", self._session.subscribe(self._read))
        async with aclosing(reading):
            await self._session.submit(words, piped, goes_on=goes_on)
            async for envelope in reading:
                self._take(envelope)
                if isinstance(envelope.event, TurnFinished) and not self._session.has_prompts:
                    return

    async def decide(self) -> None:
        """Carry out what was decided beforehand about the edits that wait."""
        decided = self._options.decided
        # Whoever interrupts a run need not want what they decided before it.
        if decided and self.tally.exit_code not in BROKEN_OFF:
            self._is_decided = True
            for _ in range(ATTEMPTS if self._session.waiting_review else 0):
                decision = await decided.review(await self._session.changeset(), self._session.is_closed)
                reviewed = await self._session.decide_review(decision)
                if reviewed.outcome.kind is not OutcomeKind.STALE:
                    break
        self._catch_up()

    async def verify(self, stops: Stops) -> None:
        """Put the result to the checks; while some fail the model is told, as often as it may be."""
        for left in reversed(range(self._options.fix_rounds + 1 if self._options.checks else 0)):
            if self.tally.is_done:
                await self._check(stops)
            failing = self.tally.failing
            if not (left and failing and self.tally.is_done) or stops.event.is_set():
                return
            await self.turn(FIX, "\n\n".join(map(told, failing)), goes_on=True)
            await self.decide()

    async def _check(self, stops: Stops) -> None:
        try:
            results = await self._session.verify(self._options.checks, stops.event)
        except (CopydeskError, OSError) as error:
            self.tally.take(TurnFinished("failed", "no_check", f"The checks could not be run: {error}"))
            return
        self._catch_up()
        self.tally.verified = tuple(results)
        for result in results:
            self.writer.verified(result)

    async def commit(self) -> None:
        """Commit what was accepted, where that was asked for and all else is done."""
        options, session = self._options, self._session
        if options.commit is None:
            return
        if self.tally.exit_code is not ExitCode.DONE:
            session.notice("Nothing was committed, since not everything was done.")
        elif not self.tally.changes:
            session.notice("There is nothing to commit.")
        else:
            done = await session.commit(CommitWish(options.commit, options.commits_anyway))
            if isinstance(done, NotCommitted):
                reason = f"The edits are made, but not committed: {' '.join(done.reasons)}"
                self.tally.take(TurnFinished("failed", "not_committed", reason))
        self._catch_up()

    async def deliver(self, facts: RunFacts, seconds: float) -> None:
        """Hand the edits over, and say what becomes of those that wait."""
        tally, session = self.tally, self._session
        tally.waiting = session.waiting_review
        try:
            wanted = self._options.deliver is not None or self._options.expects_changes
            changes = await session.net_changes() if wanted else ()
            tally.comes_to_nothing = wanted and not changes
            if self._options.deliver is not None:
                tally.proposed = tuple(change.diff for change in changes if change.path in tally.waiting)
                result = result_line(facts, tally, self.transcript, (seconds, tally.api_seconds))
                said = self._prompt, session.messages
                self._options.deliver(Delivery(changes, tally.verified, result, self.transcript, *said, self._at))
        except (CopydeskError, OSError) as error:
            why = "withheld" if isinstance(error, BundleError) else "not_delivered"
            tally.proposed = ()
            tally.take(TurnFinished("failed", why, f"The edits could not be handed over: {error}"))
        else:
            await self._let_go()
        await self._say_waiting()
        self._catch_up()

    async def _let_go(self) -> None:
        """Edits that were handed over need not be kept where the session is not."""
        if self._options.is_delivered and not self._options.is_kept:
            await self._session.drop_review()

    async def _say_waiting(self) -> None:
        session, options = self._session, self._options
        if self._is_decided and options.decided:
            for sentence in options.decided.unused():
                session.notice(sentence)
            return
        waiting = ", ".join(session.waiting_review)
        if not waiting or (options.is_delivered and self.tally.is_done):
            return
        if options.is_kept:
            session.notice(f"Edits of {waiting} wait for a review; --continue --mode review goes on with them.")
        else:
            await session.drop_review()
            session.notice(f"Edits of {waiting} waited for a review and are gone: the session is not kept.")

    def _catch_up(self) -> None:
        """Read what happened while no turn ran."""
        for envelope in self._session.events_after(self._read):
            self._take(envelope)

    def _take(self, envelope: Envelope) -> None:
        """Count an event, add it to the transcript, and write it."""
        self._read, self._at = envelope.seq, envelope.at
        self.tally.take(envelope.event)
        self.transcript = take(envelope, self.transcript, self.writer)


def take(envelope: Envelope, transcript: Transcript, writer: Writer) -> Transcript:
    """Add an event to the transcript, and write it."""
    folded = fold(transcript, [envelope])
    writer.event(envelope, folded)
    return folded
