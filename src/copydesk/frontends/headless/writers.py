"""Owns how a run is written: as text for a person, as one JSON object, or as a line for each event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from copydesk.domain.checks import Check, CheckFinished
from copydesk.domain.events import Envelope
from copydesk.domain.transcript import Transcript
from copydesk.frontends.headless.decided import DecidedBeforehand
from copydesk.frontends.headless.delivery import Deliver
from copydesk.frontends.headless.outcome import Tally
from copydesk.frontends.headless.talk import check_line, closing_lines, diff_lines, talk_lines
from copydesk.frontends.headless.wire import RunFacts, StreamLines, result_line, to_text

Write = Callable[[str], None]


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
    checks: tuple[Check, ...] = ()
    """What the result is put to."""
    fix_rounds: int = 0
    """How often the model is told of checks that fail, and goes on."""
    deliver: Deliver | None = None
    """None where its edits and its output are all."""
    is_delivered: bool = False
    """The edits that wait are handed over, so nothing needs to be said of them."""
    keeps_stdout: bool = False
    """Something else goes to standard output: the answer is talk, too."""


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

    def event(self, envelope: Envelope, transcript: Transcript) -> None:
        """Write an event as it happens; the transcript holds it already."""

    def verified(self, check: CheckFinished) -> None:
        """Write how a check of the result ended; the event was written before."""

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """Write what a run came to."""


class TextWriter:
    """Talk on stderr while it happens, the answer on stdout at the end."""

    def __init__(self, streams: Streams, options: RunOptions) -> None:
        self._streams = streams
        self._options = options

    def event(self, envelope: Envelope, transcript: Transcript) -> None:
        """One line for each call and each thing worth knowing."""
        for line in talk_lines(envelope.event, transcript, is_verbose=self._options.is_verbose):
            self._streams.talk(line)

    def verified(self, check: CheckFinished) -> None:
        """A line of talk."""
        self._streams.talk(check_line(check))

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """The answer, and in one line what it changed and cost."""
        out, talk = closing_lines(tally, transcript, self._options.rollback)
        if self._options.shows_diff:
            out = [*diff_lines(tally, has_colour=self._options.has_colour), *out]
        for line in out:
            (self._streams.talk if self._options.keeps_stdout else self._streams.out)(line)
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

    def event(self, envelope: Envelope, transcript: Transcript) -> None:
        """The lines of an event."""
        if self._lines:
            for line in self._lines.lines(envelope.event, envelope.at):
                self._streams.out(to_text(line))

    def verified(self, check: CheckFinished) -> None:
        """Nothing more than the line of the event."""

    def end(self, tally: Tally, transcript: Transcript, seconds: float) -> None:
        """The result object."""
        line = result_line(self._facts, tally, transcript, (seconds, tally.api_seconds))
        self._streams.out(to_text({**line, "uuid": self._streams.new_id()}))


def writer_for(options: RunOptions, streams: Streams, facts: RunFacts) -> Writer:
    """The writer of an output format."""
    return TextWriter(streams, options) if options.output == "text" else JsonWriter(streams, options, facts)
