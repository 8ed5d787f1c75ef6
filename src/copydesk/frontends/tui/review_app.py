"""Owns the app that shows one review from elsewhere, and nothing beside it: no desk, no session, no model."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.command import Provider

from copydesk.frontends.editors import EditorCommand
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.offer import Decide, Offer, Review
from copydesk.frontends.tui.review.verdict_screen import SourceReviewScreen
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.app import TerminalApp
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, keep_no_trace


@dataclass(frozen=True, slots=True)
class Case:
    """What is reviewed, and what a verdict does."""

    subject: str
    """Under which is kept what was seen of it."""
    offer: Offer
    decide: Decide
    look: Callable[[], Offer | None]
    """Says what it is by now; blocking."""
    is_made: bool
    """The changes are there already: a verdict writes nothing."""
    editor: EditorCommand


def _review_commands() -> type[Provider]:
    """What the palette offers; loaded when it is opened."""
    from copydesk.frontends.tui.review.review_palette import ReviewCommands

    return ReviewCommands


class ReviewApp(TerminalApp):
    """The review desk by itself."""

    TITLE = "copydesk review"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_review_commands}
    HELP_PLACES = ("Review", "Differences", "Review from elsewhere: the verdict", "Where words are asked for")

    def __init__(
        self,
        case: Case,
        memory: Remembered,
        surroundings: Surroundings | None = None,
        keep_trace: KeepTrace = keep_no_trace,
    ) -> None:
        super().__init__(surroundings, keep_trace)
        self._case, self._memory = case, memory

    @property
    def editor_command(self) -> EditorCommand:
        """The person's own editor."""
        return self._case.editor

    def on_mount(self) -> None:
        case = self._case

        async def look() -> Offer | None:
            return await asyncio.to_thread(case.look)

        review = Review(case.subject, case.offer, case.decide, self.editor.edit, look)
        screen = SourceReviewScreen(review, self._memory, case.is_made)
        screen.prefer(self.surroundings.choices)
        self.push_screen(screen, lambda _: self.exit())

    def say(self, sentence: str) -> None:
        """Say something under the differences."""
        for screen in self.screen_stack:
            if isinstance(screen, SourceReviewScreen):
                screen.tell(sentence)

    @property
    def is_heard(self) -> bool:
        """What is said is said under the differences."""
        return isinstance(self.screen, SourceReviewScreen)
