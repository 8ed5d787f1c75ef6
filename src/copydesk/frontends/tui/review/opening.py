"""Owns which review of a session is open: the edit that waits, or all that was gathered; it follows what becomes of it.

It decides nothing; a review that is left goes on where it was left.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual.app import App

from copydesk.domain.decisions import Choice, Decision
from copydesk.domain.display import show
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import ToolCard
from copydesk.frontends.tui.bridge import DeskState, SessionPort
from copydesk.frontends.tui.review.carrying import GATHERED, Remembered
from copydesk.frontends.tui.review.looks import Look, LookStore, UnkeptLooks
from copydesk.frontends.tui.review.offer import Answered, Edit, Offer, Review
from copydesk.frontends.tui.review.offers import offer_of_changeset, offer_of_edit
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.surroundings import Surroundings

AGAIN = "The file changed on disk: this is the edit computed again; what is new since you looked is marked."
NOTHING = "Nothing waits for your review any more."
UNKEPT = "What you said and marked here could not be kept for another start: {}"
UNDECIDED = "Nothing was decided: this edit no longer waits as it is shown here."


class Reviewing:
    """Opens reviews over the desk, one at a time."""

    def __init__(
        self, app: App[Any], session: SessionPort, edit: Edit, around: Callable[[], Surroundings] = Surroundings
    ) -> None:
        """`around` gives the person's choices as they are when a review is opened, and what they saw before."""
        self._app, self._session, self._edit, self._around = app, session, edit, around
        self._memory: Remembered | None = None
        self._keeping = asyncio.Lock()
        self._overruled: frozenset[str] = frozenset()
        """Files in conflict that the person wants to see with the proposed lines over what others wrote."""
        self._screen: ReviewScreen | None = None
        self._card: ToolCard | None = None
        """The edit that is shown; None where it is all that was gathered."""

    async def open(self, state: DeskState, then: Callable[[str], None]) -> None:
        """Review what waits; `then` is given what came of it."""
        review = self._review_of_edit(state) or await self._review_of_all()
        if review is None:
            then(NOTHING)
        elif self._screen is None:
            memory = self._memory = self._memory or await self._remember()
            self._screen = ReviewScreen(review, memory)
            self._screen.prefer(self._around().choices)

            def closed(sentence: str | None) -> None:
                self._screen = self._card = None
                then(sentence or "")

            self._app.push_screen(self._screen, closed)
            self._screen.call_after_refresh(self._screen.show_changed, state.changed_outside)

    async def _remember(self) -> Remembered:
        """What the person saw in this session before."""
        store = self._around().looks() or UnkeptLooks()
        looks = await asyncio.to_thread(store.load, self._session.id)
        return Remembered(looks, partial(self._keep, store))

    def _keep(self, store: LookStore, looks: Mapping[str, Look]) -> None:
        """Have it kept what the person has seen; one after the other, and say where that cannot be."""

        async def save() -> None:
            async with self._keeping:
                try:
                    await asyncio.to_thread(store.save, self._session.id, looks)
                except OSError as error:
                    self._warn(UNKEPT.format(error.strerror))

        self._app.run_worker(save())

    def _warn(self, sentence: str) -> None:
        if self._screen is not None and self._screen.is_mounted:
            self._screen.warn(sentence)
        else:
            self._app.notify(show(sentence), severity="warning", markup=False)

    def follow(self, state: DeskState) -> None:
        """Show what became of what is open."""
        if self._screen is None:
            return
        if self._card is not None:
            self._follow_edit(self._screen, self._card, state)
        self._screen.show_changed(state.changed_outside)

    def _follow_edit(self, screen: ReviewScreen, card: ToolCard, state: DeskState) -> None:
        waiting = state.transcript.waiting
        if not waiting:
            now = state.transcript.card(card.call)
            became = f"{now.state}{f': {now.reason}' if now.reason else ''}" if now else "dropped"
            screen.lose(f"This edit no longer waits ({became}). esc goes back.")
        elif (waiting[0].proposal, waiting[0].digest) != (card.proposal, card.digest):
            review = self._review_of_edit(state)
            if review is not None and waiting[0].call == card.call:
                screen.show_offer(review.offer, AGAIN, review.decide)
            elif review is not None:
                screen.show_review(review)

    def _review_of_edit(self, state: DeskState) -> Review | None:
        waiting = state.transcript.waiting
        if not waiting:
            return None
        card = self._card = waiting[0]
        offer = offer_of_edit(card, self._session.proposal(card.proposal), state.transcript)

        async def decide(decision: Decision) -> Answered:
            if not self._session.decide(card.proposal, decision):
                return Answered(False, UNDECIDED)
            return Answered(True, _verdict(decision))

        return Review(card.call, offer, decide, self._edit)

    async def _review_of_all(self) -> Review | None:
        self._overruled = frozenset()
        offer = await self._gathered()
        return Review(GATHERED, offer, self._decide_all, self._edit, self._gathered, self._overrule) if offer else None

    async def _overrule(self, path: str) -> Offer | None:
        """Offer a file in conflict the other way."""
        self._overruled ^= {path}
        return await self._gathered()

    async def _gathered(self) -> Offer | None:
        if not self._session.waiting_review:
            return None
        changeset = await self._session.changeset(self._overruled)
        return await asyncio.to_thread(offer_of_changeset, changeset, self._session.is_closed)

    async def _decide_all(self, decision: Decision) -> Answered:
        reviewed = await self._session.decide_review(replace(decision, overruled=tuple(self._overruled)))
        message = reviewed.outcome.message.split("\n", 1)[0]
        if not reviewed.is_decided:
            is_stale = reviewed.outcome.kind is OutcomeKind.STALE
            return Answered(False, message, await self._gathered() if is_stale else None)
        landed = (
            "Applied."
            if reviewed.outcome.checkpoint
            else "Nothing was applied; Claude is told so with your next prompt."
        )
        return Answered(True, landed + _still(reviewed.still_waiting))


def _verdict(decision: Decision) -> str:
    """The person's word only: whether it could be done, the card of the call says."""
    if not decision.accepted:
        return "You rejected it."
    is_whole = all(file.choice is Choice.ACCEPT and not file.hunks for file in decision.files)
    return "You accepted it." if is_whole else "You accepted it, not all as it was proposed."


def _still(paths: Sequence[str]) -> str:
    return f" Still waiting, in conflict: {', '.join(map(show, paths))}." if paths else ""
