"""Owns the end of a review: what would happen in words, and the key that says so. It carries nothing out.

Leaving it is no verdict, and what is protected takes a key of its own.
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from copydesk.domain.display import show
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, SaidSentence
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.review.arming import Arming
from copydesk.frontends.tui.review.state import ReviewState
from copydesk.frontends.tui.review.words import consequences, finish_sentence
from copydesk.frontends.tui.terminal.mishaps import Sturdy

WHY_NOT = "Why not the rest? enter goes on; empty says nothing of it."
WHY_REJECT = "Why not? enter rejects: with a note the turn goes on, without one it stops."


class Verdict(Enum):
    """What a person says in the end."""

    APPLY = "apply"
    REQUEST = "request"
    """Nothing is applied; the words are sent."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A verdict with the words that go with it."""

    verdict: Verdict
    note: str = ""


class FinishScreen(Sturdy, Screen[Ending | None]):
    """Asks whether all that was decided is to be carried out."""

    DEFAULT_CSS = """
    FinishScreen {
        background: $background;
        VerticalScroll { height: 1fr; }
        #asked { padding: 0 1; color: $accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "apply and answer the model", id="finish.apply"),
        Binding("r", "request", "request changes", id="finish.request"),
        Binding("y", "confirm", "yes, the protected files too", id="finish.confirm"),
        Binding("escape,q", "back", "back", id="finish.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "VerticalScroll"
    CONFLICT = "goes on waiting"
    WHAT_INSTEAD = "What should change? enter sends it with your comments; nothing is applied."

    def __init__(self, state: ReviewState, arming_seconds: float, takes_at_once: bool = False) -> None:
        """`takes_at_once` where applying was said already, and only its confirmation is missing."""
        super().__init__()
        self._state, self._takes_at_once = state, takes_at_once
        self._arming = Arming(self, arming_seconds)
        self._note = ""
        self._is_confirming = False

    @property
    def is_armed(self) -> bool:
        """Whether what is asked has been on screen for long enough."""
        return self._arming.is_armed

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        with VerticalScroll(can_focus=True):
            yield TextLines("\n".join(consequences(self._state, self.CONFLICT)))
        yield RuleLine()
        yield TextLines(place="asked")
        yield WordsField("note")
        yield SaidSentence(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        title = self.query_one("#title", SaidLine)
        title.say((" finish", "accent"), (f"  {show(self._state.offer.origin)}", "secondary"))
        self._ask(self.question)
        self.begin()

    @property
    def question(self) -> str:
        """What applying would do."""
        return finish_sentence(self._state)

    @property
    def says_something(self) -> bool:
        """Whether a request for changes needs no more words."""
        return self._state.has_words

    def begin(self) -> None:
        """Go on at once where nothing is to be applied, or applying was said already."""
        if self._state.tally.rejected == self._state.tally.all:
            self._write("reject", WHY_REJECT)
        elif self._takes_at_once:
            self._apply()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Each key rests until it is its turn."""
        if action == "confirm":
            return self._is_confirming
        return not self._is_confirming if action in ("apply", "request") else True

    def action_apply(self) -> None:
        """Apply what was accepted; a reason is asked for where something was not."""
        if not self._arming.is_armed:
            self._too_quick()
        elif self._state.tally.accepted < self._state.tally.all and not self._state.has_words:
            self._write("apply", WHY_NOT)
        else:
            self._apply()

    def action_request(self) -> None:
        """Apply nothing, and say what should change."""
        self._write("request", self.WHAT_INSTEAD)

    def action_confirm(self) -> None:
        """Apply what is protected too."""
        if self._arming.is_armed:
            self.dismiss(Ending(Verdict.APPLY, self._note))
        else:
            self._too_quick()

    def action_back(self) -> None:
        """Go on with the review."""
        self.dismiss(None)

    def on_words_field_sent(self, message: WordsField.Sent) -> None:
        """Go on with what was written."""
        self._note = message.text
        if message.purpose == "request" and not (message.text or self.says_something):
            self._say("Say what should change, or go back and comment on a line.", "warning")
            return
        self._close()
        if message.purpose == "apply":
            self._apply()
        else:
            self.dismiss(Ending(Verdict.REQUEST if message.purpose == "request" else Verdict.APPLY, message.text))

    def on_words_field_left(self, message: WordsField.Left) -> None:
        """Say nothing; where there is nothing to apply, go back."""
        self._close()
        if message.purpose == "reject":
            self.dismiss(None)

    def _apply(self) -> None:
        paths = self._state.protected_paths
        if not paths:
            self.dismiss(Ending(Verdict.APPLY, self._note))
            return
        marks = {self._state.offer.file(path).mark or "protected" for path in paths}
        self._is_confirming = True
        self._arming.begin()
        self._ask(f"Protected ({', '.join(sorted(map(show, marks)))}): {', '.join(map(show, paths))}. Apply it too?")
        self._say("y applies it, esc does not.", "warning")
        self.refresh_bindings()

    def _write(self, purpose: str, sentence: str) -> None:
        self._say(sentence)
        self.query_one("#note", WordsField).ask(purpose, self._note)

    def _close(self) -> None:
        self.query_one("#note", WordsField).close()
        self._say("")
        self.query_one(VerticalScroll).focus()

    def _too_quick(self) -> None:
        self._arming.begin()
        self._say("That was too quick to have been read: press it again.", "warning")

    def _ask(self, sentence: str) -> None:
        self._arming.begin()
        self.query_one("#asked", TextLines).show_text(sentence)

    def _say(self, sentence: str, style: str = "secondary") -> None:
        self.query_one("#said", SaidSentence).say((f" {show(sentence)}" if sentence else "", style))
