"""Owns the way between a session and the screens: events in, folded into a transcript, published a few times a second.

Beside the screens that it serves, it is the only place that holds the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from copydesk.domain.accounts import Account
from copydesk.domain.transcript import Transcript

if TYPE_CHECKING:
    from copydesk.changes.changeset import Changeset
    from copydesk.domain.checkpoints import Aim, Answers, HistoryRow, RollbackPreview
    from copydesk.domain.checks import Check
    from copydesk.domain.commits import CommitPreview, Committed, CommitWish, NotCommitted
    from copydesk.domain.decisions import Decision
    from copydesk.domain.events import Envelope
    from copydesk.domain.proposals import FileChange, Proposal
    from copydesk.domain.rewinds import RewindPreview, TurnRow
    from copydesk.domain.rules import Rule, RuleScope, Verdict
    from copydesk.engine.reviews import Reviewed

PAUSE_SECONDS = 0.125
"""Between two repaints while events keep coming: eight a second."""
FOLDED_AT_ONCE = 1_000
"""Events; between two such batches keys have their turn. Only a resumed session brings more."""


class ToolsPort(Protocol):
    """What the person does with tools that the model has too."""

    async def files(self) -> Sequence[str]:
        """The files that may be mentioned, by path."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks there are, by name."""

    def find_check(self, name: str) -> Check:
        """The check of a name; UsageError that names those there are."""

    def needs_consent(self, check: Check) -> bool:
        """Whether a check was only detected, so that running it needs a person's word."""

    def stop_check(self) -> bool:
        """Stop the check that the person runs; True if one ran."""


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

    @property
    def queued(self) -> tuple[str, ...]:
        """The prompts that wait for their turn, the next one first."""

    def take_back(self) -> str | None:
        """Take the last prompt that waits out again."""

    @property
    def tools(self) -> ToolsPort:
        """What the person does with tools that the model has too."""

    async def run_check(self, check: Check) -> None:
        """Run a check at the person's word, show what it wrote, and tell the model with the next prompt."""

    def decide(self, proposal: str, decision: Decision) -> bool:
        """Answer a proposal; False where it no longer waits, or waits with another digest."""

    def proposal(self, proposal: str) -> Proposal | None:
        """The edit that waits under this id, with its images; None where it is another question, or waits no more."""

    @property
    def waiting_review(self) -> tuple[str, ...]:
        """The paths whose edits were gathered and wait for a review."""

    async def changeset(self, overruled: Collection[str] = ()) -> Changeset:
        """What waits for a review, against the disk at this moment."""

    async def decide_review(self, decision: Decision) -> Reviewed:
        """Land what is accepted of it."""

    def is_closed(self, change: FileChange) -> bool:
        """Whether a change needs a person's own word."""

    def cancel(self, outcome: str = "interrupted") -> bool:
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

    async def preview_commit(self, wish: CommitWish) -> CommitPreview | NotCommitted:
        """What a commit of what was accepted would hold."""

    async def commit(self, wish: CommitWish) -> Committed | NotCommitted:
        """Commit it, or what is chosen of it."""

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

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs or prompts wait."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that count, in order."""

    async def remember(self, verdict: Verdict, glob: str, scope: RuleScope, reason: str = "") -> str:
        """Rule so from now on; gives the rule's id. UsageError for what may not be remembered."""

    async def forget(self, identity: str) -> None:
        """Take a remembered rule back; UsageError where none has this id."""

    async def close(self) -> None:
        """End the session properly."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """What the screens show of a session."""

    transcript: Transcript = field(default_factory=Transcript)
    changed_outside: frozenset[str] = frozenset()
    """Paths that somebody else changed since they were last proposed."""
    account: Account = field(default_factory=Account)


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
                self._advance(first)
                await asyncio.sleep(0)
            self._show_pending()
            await asyncio.sleep(PAUSE_SECONDS)

    def _show_pending(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, []
            self._advance(pending)
            self._publish(self.state)

    def _advance(self, envelopes: Sequence[Envelope]) -> None:
        """Take events in; what knows them is loaded with the first, since the screen is painted before there is one."""
        from copydesk.frontends.tui.advancing import advance

        self.state = advance(self.state, envelopes)
