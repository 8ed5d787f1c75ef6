"""Owns what a verdict on changes from elsewhere does: it is noted with every comment; what is accepted is applied.

Of what is made already nothing is applied, and nothing is written.
"""

import asyncio
from collections.abc import Callable

from copydesk.changes.gate import Gate
from copydesk.domain.decisions import Decision
from copydesk.domain.policies import Ruling
from copydesk.domain.policies import Verdict as Ruled
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.frontends.present import plural
from copydesk.frontends.tui.review.offer import Answered, Offer
from copydesk.frontends.tui.review.source_offer import offer_of_source
from copydesk.review.comments import ReviewReport, Verdict, comments_of
from copydesk.review.landing import land
from copydesk.review.sources import MADE, Source

CHANGED = "What you reviewed has changed meanwhile: this is how it is now; what is new since you looked is marked."


class SourceCase:
    """One source under review."""

    def __init__(self, source: Source, find: Callable[[], Source], gate: Gate | None) -> None:
        """`find` gives the source as it is by now (blocking); without a gate nothing is applied."""
        self.source, self._find, self._gate = source, find, gate
        self.offer = offer_of_source(source, self._ruling)
        self.report = self._report(Verdict.LEFT)

    def look(self) -> Offer:
        """What it is by now (blocking)."""
        self.source = self._find()
        self.offer = offer_of_source(self.source, self._ruling)
        return self.offer

    async def decide(self, decision: Decision) -> Answered:
        """Carry a verdict out."""
        shown = self.offer
        if not decision.accepted:
            self.report = self._report(Verdict.CHANGES_REQUESTED, decision)
            return Answered(True, f"Changes requested, {plural(len(self.report.comments), 'comment')}.")
        if self.source.arrival is not None and self._gate is not None:
            return await self._apply(decision, self._gate)
        if (await asyncio.to_thread(self.look)).digest != shown.digest:
            return Answered(False, CHANGED, self.offer)
        self.report = self._report(Verdict.APPROVED, decision)
        return Answered(True, "Approved.")

    async def _apply(self, decision: Decision, gate: Gate) -> Answered:
        assert self.source.arrival is not None
        landed = await land(self.source.arrival, decision, gate)
        if landed.reason:
            return Answered(False, landed.reason, await asyncio.to_thread(self.look) if landed.is_stale else None)
        self.report = self._report(Verdict.APPROVED, decision, landed.checkpoint)
        return Answered(
            True, f"Applied as step {landed.checkpoint}." if landed.checkpoint else "Nothing was left to do."
        )

    def _report(self, verdict: Verdict, decision: Decision | None = None, checkpoint: str = "") -> ReviewReport:
        comments = comments_of(decision, self.offer.files) if decision else ()
        source, note = self.source, decision.note if decision else ""
        return ReviewReport(source.origin, source.kind.value, source.base_commit, verdict, note, comments, checkpoint)

    def _ruling(self, change: FileChange) -> Ruling:
        """What the rules of now say of a change."""
        if self._gate is None:
            return Ruling(Ruled.ALLOW, MADE)
        return self._gate.ruling_on(Proposal("", "", (change,)))
