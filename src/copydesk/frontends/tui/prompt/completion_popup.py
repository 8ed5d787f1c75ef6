"""Owns the list over the prompt in which what is being written can be completed.

It lies on a layer of its own, so that nothing below it moves, and keeps its height while it is narrowed.
"""

from collections.abc import Mapping

from textual import events
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.frontends.present import shorten, shorten_end
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import frame
from copydesk.frontends.tui.prompt.completion import Choice, Offer, Sign, Source, Word
from copydesk.frontends.tui.theme import Palette

MOST_LINES = 8
LABEL_CELLS = 24
"""Where the meanings begin."""


class CompletionPopup(ChoiceList):
    """What fits the word that is being written; open only while there is something."""

    DEFAULT_CSS = """
    CompletionPopup {
        display: none;
        overlay: screen;
        offset-y: -100%;
        background: $background;
        border-top: solid $desk-rule;
    }
    """

    class Picked(Message):
        """A line was clicked."""

    def __init__(self, sources: Mapping[Sign, Source]) -> None:
        super().__init__()
        self.can_focus = False
        self._sources = sources
        self._word: Word | None = None
        self._closed_at: tuple[Sign, int] | None = None
        """The word at which the person closed it."""
        self._offer = Offer()

    @property
    def is_open(self) -> bool:
        """Whether it is to be seen."""
        return bool(self.display)

    @property
    def choice(self) -> Choice | None:
        """What is chosen; None where nothing is offered."""
        choices = self._offer.choices if self.is_open else ()
        return choices[self.chosen] if self.chosen < len(choices) else None

    @property
    def word(self) -> Word | None:
        """What is being completed."""
        return self._word

    def follow(self, word: Word | None) -> None:
        """Offer what fits a word; the same word leaves everything as it is."""
        if word != self._word:
            self._word = word
            self.look_again(keeps=False)

    def look_again(self, *, keeps: bool = True) -> None:
        """Ask anew what fits: there may be more by now; what is chosen stays so where it is still offered."""
        word = self._word
        if word is None or self._closed_at != (word.sign, word.start):
            self._closed_at = None
        chosen = self.choice
        self._offer = self._sources[word.sign](word.text) if word and not self._closed_at else Offer()
        lines = len(self._offer.choices) + bool(self._offer.note)
        if lines and (not self.is_open or lines > self.size.height or not self._offer.choices):
            self.styles.height = min(lines, MOST_LINES) + 1
        self.display = lines > 0
        if lines:
            self.show_lines()
            if keeps and chosen in self._offer.choices:
                self.choose(self._offer.choices.index(chosen))
            else:
                self.scroll_home(animate=False, force=True)

    def close(self) -> None:
        """Stay away from this word."""
        if self._word is not None:
            self._closed_at = (self._word.sign, self._word.start)
        self.look_again()

    def on_click(self, event: events.Click) -> None:
        """Take the line that was clicked."""
        event.prevent_default()
        self.choose(self.scroll_offset.y + event.get_content_offset_capture(self).y)
        self.post_message(self.Picked())

    def choose(self, index: int) -> None:
        """Choose a choice; past either end comes the other."""
        count = len(self._offer.choices)
        if count:
            super().choose(index % count)

    def block_count(self) -> int:
        return len(self._offer.choices) + bool(self._offer.note)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        if index >= len(self._offer.choices):
            return frame([(f"   {shorten_end(show(self._offer.note), width - 4)}", "secondary")], [], width, colours)
        choice = self._offer.choices[index]
        meaning = show(choice.meaning)
        label = shorten(show(choice.label or choice.text), max(width - 4 - min(len(meaning), width // 2), LABEL_CELLS))
        pieces = [(" ▌ " if is_chosen else "   ", "accent"), (label, "strong" if is_chosen else "text")]
        if meaning:
            gap = max(LABEL_CELLS - len(label), 2)
            pieces.append((" " * gap + shorten_end(meaning, width - 4 - len(label) - gap), "secondary"))
        return frame(pieces, [], width, colours)
