"""Owns the review of what comes from elsewhere: its verdict is for whoever asked for it, not for a model.

What is made already is approved as it is or not at all; of what is not made yet, what is accepted is applied.
"""

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.decisions import Choice, Decision
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.review.arming import ARMING_SECONDS
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.finish_screen import Ending, FinishScreen, Verdict
from copydesk.frontends.tui.review.offer import Review
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.review.state import Answer, ReviewState


class VerdictScreen(FinishScreen):
    """Asks for the verdict on changes from elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "approve", id="verdict.approve"),
        Binding("r", "request", "request changes", id="verdict.request"),
    ]
    CONFLICT = "stays as it is"
    WHAT_INSTEAD = "What should change? enter ends the review with that and your comments; nothing is applied."

    def __init__(self, state: ReviewState, arming_seconds: float, is_made: bool) -> None:
        """`is_made` where the changes are there already, so that approving writes nothing."""
        super().__init__(state, arming_seconds)
        self._is_made = is_made

    @property
    def question(self) -> str:
        """What approving would say, or do."""
        return _question(self._state) if self._is_made else super().question

    @property
    def says_something(self) -> bool:
        """What is rejected or rewritten says enough."""
        return super().says_something or any(one.choice is not Choice.ACCEPT for one in self._state.answers.values())

    def begin(self) -> None:
        """Wait for the person: neither verdict goes without saying."""

    def action_apply(self) -> None:
        """Approve; what is made already cannot be approved in part."""
        refused = sum(one.choice is not Choice.ACCEPT for one in self._state.answers.values())
        if not self._is_made:
            if self._state.tally.accepted or not self._state.tally.all:
                super().action_apply()
            else:
                self._say("Nothing is accepted: r requests changes, esc goes back.", "warning")
        elif refused:
            self._say(f"You reject or rewrite {plural(refused, 'hunk')}: r requests changes, esc goes back.", "warning")
        elif self._arming.is_armed:
            self.dismiss(Ending(Verdict.APPLY))
        else:
            self._too_quick()


class SourceReviewScreen(ReviewScreen):
    """Has changes from elsewhere reviewed."""

    LEFT = "Left without a verdict."

    def __init__(
        self, review: Review, memory: Remembered, is_made: bool, arming_seconds: float = ARMING_SECONDS
    ) -> None:
        super().__init__(review, memory, arming_seconds)
        self._is_made = is_made

    @property
    def may_finish(self) -> bool:
        """A verdict needs no decision on each hunk."""
        return True

    def finish_screen(self, *, takes_at_once: bool = False) -> FinishScreen:
        """The screen that asks for the verdict, in any case."""
        return VerdictScreen(self.state, self._arming_seconds, self._is_made)

    def decision_on(self, ending: Ending) -> Decision:
        """Every hunk's own verdict; a request accepts nothing, whatever was said of single hunks."""
        is_request = ending.verdict is Verdict.REQUEST
        if not (self._is_made or is_request):
            return self.state.decision(ending.note)
        whole = self.state.answered(self.state.undecided, Answer(Choice.ACCEPT))
        return replace(whole.decision(ending.note), accepted=not is_request)

    def on_unmount(self) -> None:
        """However it ends, what was seen is kept."""
        self._keep()

    def tell(self, sentence: str) -> None:
        """Say something under the differences."""
        self._say(sentence, "warning")

    def _may_decide(self, choice: str) -> bool:
        """What a rule denies can only be rejected."""
        return not (choice == Choice.ACCEPT and self._is_denied()) and super()._may_decide(choice)

    def _text_to_edit(self) -> str | None:
        return None if self._is_denied() else super()._text_to_edit()

    def _is_denied(self) -> bool:
        refusal = self.state.offer.file(self.here.path).refusal if self.here else ""
        if refusal:
            self._say(f"It cannot be accepted: {refusal}", "warning")
        return bool(refusal)

    def _apply_at_once(self) -> None:
        """The verdict is asked for even where all is accepted: there may be words to say."""
        self.action_finish()


def _question(state: ReviewState) -> str:
    tally = state.tally
    said = [(tally.accepted, "accepted"), (tally.rejected, "rejected"), (tally.undecided, "not decided")]
    counted = ", ".join(f"{count} {word}" for count, word in said if count)
    return f"Approve {show(state.offer.origin)}? {counted} of {plural(tally.all, 'hunk')}."
