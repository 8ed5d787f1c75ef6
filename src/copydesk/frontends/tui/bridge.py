"""Owns the way between a session and the screens: events in, folded into a transcript, published a few times a second.

Beside the screens that it serves, it is the only place that holds the session.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, RollbackPreview
from copydesk.domain.commits import CommitPreview, Committed, NotCommitted
from copydesk.domain.decisions import Decision
from copydesk.domain.events import Envelope, FileChangedOutside, ProposalMade, TextDelta, ThinkingDelta
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.domain.transcript import Transcript, fold

if TYPE_CHECKING:
    from copydesk.changes.changeset import Changeset
    from copydesk.engine.reviews import Reviewed

PAUSE_SECONDS = 0.125
"""Between two repaints while events keep coming: eight a second."""
FOLDED_AT_ONCE = 1_000
"""Events; between two such batches keys have their turn. Only a resumed session brings more."""


class SessionPort(Protocol):
    """What the interface asks of a session."""

    @property
    def id(self) -> str:
        """Whose steps are this session's own."""

    @property
    def has_credentials(self) -> bool:
        """Whether the model can be reached at all."""

    def subscribe(self, since: int = 0) -> AsyncIterator[Envelope]:
        """Every event after sequence number `since`, then those to come, until the session closes."""

    async def submit(self, prompt: str) -> None:
        """Begin a turn, or queue the prompt while one runs."""

    def decide(self, proposal: str, decision: Decision) -> bool:
        """Answer a proposal; False where it no longer waits, or waits with another digest."""

    def proposal(self, proposal: str) -> Proposal | None:
        """The edit that waits under this id, with its images; None where it is another question, or waits no more."""

    @property
    def waiting_review(self) -> tuple[str, ...]:
        """The paths whose edits were gathered and wait for a review."""

    async def changeset(self) -> "Changeset":
        """What waits for a review, against the disk at this moment."""

    async def decide_review(self, decision: Decision) -> "Reviewed":
        """Land what is accepted of it."""

    def is_closed(self, change: FileChange) -> bool:
        """Whether a change needs a person's own word."""

    def cancel(self) -> bool:
        """Interrupt the running turn; True if one ran."""

    def set_mode(self, mode: str) -> None:
        """Change the mode from the next tool call on."""

    def use_key(self, key: str) -> None:
        """Take an API key for this session only."""

    async def history(self) -> Sequence[HistoryRow]:
        """The applied steps of this workspace, newest first."""

    async def preview_rollback(self, aim: Aim, answers: Answers | None = None) -> RollbackPreview:
        """What going back, or taking a rollback back, would do."""

    async def rollback(self, aim: Aim, answers: Answers | None = None, decision: Decision | None = None) -> str:
        """Go back, and say what was done; raises RollbackConflict where that would lose something."""

    async def preview_commit(self, *, anyway: bool = False) -> CommitPreview | NotCommitted:
        """What a commit of what was accepted would hold."""

    async def commit(self, message: str = "", *, anyway: bool = False, shown: str = "") -> Committed | NotCommitted:
        """Commit it; `shown` is the digest of the preview that was agreed to."""

    async def turns(self) -> Sequence[TurnRow]:
        """The turns to whose beginning the conversation can be cut back, oldest first."""

    async def preview_rewind(self, turn: int, answers: Answers | None = None) -> RewindPreview:
        """What cutting the conversation back to before a turn would do, to it and to the files."""

    async def rewind(
        self, turn: int, with_files: bool, answers: Answers | None = None, digest: str | None = None
    ) -> str:
        """Cut the conversation back to before a turn, and say what was done; raises RollbackConflict as `rollback`.

        `digest` binds it to a preview of the files.
        """

    async def trust(self) -> str:
        """Trust the workspace's instruction files as they are now, and say which."""

    async def close(self) -> None:
        """End the session properly."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """What the screens show of a session."""

    transcript: Transcript = field(default_factory=Transcript)
    changed_outside: frozenset[str] = frozenset()
    """Paths that somebody else changed since they were last proposed."""


class Bridge:
    """Listens to one session; `publish` is called on the event loop with each new state."""

    def __init__(self, session: SessionPort, publish: Callable[[DeskState], None]) -> None:
        self.session = session
        self.state = DeskState()
        self._publish = publish
        self._pending: list[Envelope] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """Follow the session until it closes; the first event after a pause is shown at once."""
        async with asyncio.TaskGroup() as tasks:
            publishing = tasks.create_task(self._publish_news())
            async for envelope in self.session.subscribe():
                self._pending.append(envelope)
                self._news.set()
            publishing.cancel()
        self._show_pending()

    async def _publish_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while len(self._pending) > FOLDED_AT_ONCE:
                first, self._pending = self._pending[:FOLDED_AT_ONCE], self._pending[FOLDED_AT_ONCE:]
                self.state = advance(self.state, first)
                await asyncio.sleep(0)
            self._show_pending()
            await asyncio.sleep(PAUSE_SECONDS)

    def _show_pending(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, []
            self.state = advance(self.state, pending)
            self._publish(self.state)


def advance(state: DeskState, envelopes: Sequence[Envelope]) -> DeskState:
    """Take events into a state."""
    outside = set(state.changed_outside)
    for envelope in envelopes:
        match envelope.event:
            case FileChangedOutside(path=path):
                outside.add(path)
            case ProposalMade(diffs=diffs):
                outside -= {diff.path for diff in diffs}
            case _:
                pass
    return DeskState(fold(state.transcript, merged(envelopes)), frozenset(outside))


def merged(envelopes: Sequence[Envelope]) -> Iterator[Envelope]:
    """Join neighbouring deltas of one kind, so that a batch is folded once and not once a token."""
    for _, group in groupby(envelopes, key=lambda envelope: _delta_kind(envelope) or object()):
        members = list(group)
        texts = [e.event.text for e in members if isinstance(e.event, TextDelta | ThinkingDelta)]
        match members[-1].event:
            case TextDelta() | ThinkingDelta() as delta:
                yield replace(members[-1], event=replace(delta, text="".join(texts)))
            case _:
                yield members[-1]


def _delta_kind(envelope: Envelope) -> type[TextDelta] | type[ThinkingDelta] | None:
    match envelope.event:
        case TextDelta():
            return TextDelta
        case ThinkingDelta():
            return ThinkingDelta
        case _:
            return None
