"""Owns the review of the edit that waits: its whole difference on screen, and the keys that decide.

A key decides only on what has been visible for a moment, and only on the digest that is shown.
"""

from collections.abc import Callable
from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from copydesk.domain.decisions import Decision
from copydesk.domain.display import show
from copydesk.domain.transcript import Prompt, ToolCard, Transcript
from copydesk.frontends.present import counts
from copydesk.frontends.tui.bridge import DeskState
from copydesk.frontends.tui.composer import WritingArea
from copydesk.frontends.tui.diff_view import DiffView
from copydesk.frontends.tui.status import Footer, RuleLine, SaidLine

ARMING_SECONDS = 0.3
"""How long a difference is on screen before a key can accept it."""
LEAVING_SECONDS = 0.3
"""How long the screen stays after a decision, so that a key pressed twice goes nowhere else."""


NOTE_PROMPT = "Why not? Claude is told. Empty: reject and stop the turn."


class Phase(Enum):
    """Where the review stands."""

    READING = "reading"
    CONFIRMING = "confirming"
    NOTING = "noting"
    DECIDED = "decided"
    GONE = "gone"


class NoteField(WritingArea):
    """Where the reason for a rejection is written."""

    DEFAULT_CSS = """
    NoteField { max-height: 6; padding: 0 1; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "reject, with the note", id="note.send", key_display="enter"),
        Binding("escape", "leave", "back to the diff", id="note.leave"),
    ]

    class Sent(Message):
        """The note is finished; it may be empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The person does not want to reject after all."""

    def action_send(self) -> None:
        """Hand the note over."""
        self.post_message(self.Sent(self.text.strip()))

    def action_leave(self) -> None:
        """Go back without rejecting."""
        self.post_message(self.Left())


class ReviewScreen(Screen[None]):
    """Shows the proposal that waits, and follows it until it is decided or gone."""

    DEFAULT_CSS = """
    ReviewScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accept", "accept", id="review.accept"),
        Binding("x,r", "reject", "reject…", id="review.reject"),
        Binding("n", "hunk(1)", "next hunk", show=False, id="review.next_hunk"),
        Binding("p", "hunk(-1)", "previous hunk", show=False, id="review.previous_hunk"),
        Binding("j,down", "scroll(1)", "scroll", show=False, id="review.down"),
        Binding("k,up", "scroll(-1)", "scroll up", show=False, id="review.up"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back, undecided", id="review.back"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(
        self, decide: Callable[[str, Decision], bool], state: DeskState, arming_seconds: float = ARMING_SECONDS
    ) -> None:
        super().__init__()
        self._arming_seconds = arming_seconds
        self._decide_proposal = decide
        self._state = state
        self._card: ToolCard | None = None
        self._phase = Phase.READING
        self._is_composed = False
        self.is_armed = False
        """Whether what is shown has been shown for long enough."""
        self._timer: Timer | None = None
        self._title, self._remark, self._said = SaidLine(), SaidLine(), SaidLine()
        self._diff = DiffView(has_cursor=False)
        self._note = NoteField(NOTE_PROMPT)

    def compose(self) -> ComposeResult:
        yield self._title
        yield RuleLine()
        yield self._remark
        yield self._diff
        yield RuleLine()
        yield self._note
        yield self._said
        yield Footer()

    def on_mount(self) -> None:
        self._is_composed = True
        self.show_state(self._state)

    def show_state(self, state: DeskState) -> None:
        """Follow the session: another proposal, another version of this one, or none."""
        self._state = state
        if not self._is_composed:
            return
        waiting = state.transcript.waiting
        if waiting and not _is_same(waiting[0], self._card):
            self._present(waiting[0])
        elif not waiting and self._card is not None and self._phase is not Phase.DECIDED:
            self._lose()
        self._show_remark()

    def action_accept(self) -> None:
        """Accept what is shown; a protected path takes two keys."""
        if self._card is None or self._phase in (Phase.DECIDED, Phase.GONE):
            return
        if not self.is_armed:
            self._say("That was too quick to have been read: press a again to accept.", "warning")
        elif self._card.is_protected and self._phase is not Phase.CONFIRMING:
            self._phase = Phase.CONFIRMING
            self._arm()
            self._say(f"Protected ({self._card.mark}): a again accepts it, esc does not.", "warning")
        else:
            self._decide(True, "")

    def action_reject(self) -> None:
        """Ask for a note, and reject with it."""
        if self._card is None or self._phase in (Phase.DECIDED, Phase.GONE):
            return
        self._phase = Phase.NOTING
        self._note.display = True
        self._note.focus()
        self._say("enter rejects: with a note the turn goes on, without one it stops", "secondary")

    def action_hunk(self, step: int) -> None:
        """Go to another hunk."""
        self._read_on()
        self._diff.go_to_hunk(step)

    def action_scroll(self, step: int) -> None:
        """Scroll by a line."""
        self._read_on()
        self._diff.scroll_relative(y=step, animate=False)

    def action_back(self) -> None:
        """Leave without a decision, or take back the first of two keys."""
        if self._phase is Phase.CONFIRMING:
            self._read_on()
        elif self._phase is not Phase.DECIDED:
            self.dismiss()

    def on_note_field_sent(self, message: NoteField.Sent) -> None:
        """Reject with what was written."""
        self._close_note()
        self._decide(False, message.text)

    def on_note_field_left(self) -> None:
        """Read on; what was written stays in the field."""
        self._close_note()
        self._say("")

    def _present(self, card: ToolCard) -> None:
        """Show a proposal; from here on its own digest counts."""
        is_another_version = self._card is not None and self._card.call == card.call
        self._card = card
        if self._phase is not Phase.NOTING:
            self._phase = Phase.READING
        remarks = [] if card.diffs else [f"{card.verb} {card.path}", card.reason]
        self._diff.show_diffs(card.diffs, remarks)
        self._show_title(card)
        self._say("The file changed on disk: this is the edit computed again." if is_another_version else "", "warning")
        self._arm()

    def _show_title(self, card: ToolCard) -> None:
        origin = f'turn {self._state.transcript.turn}  "{_last_prompt(self._state.transcript)}" '
        extent = f"  {counts(card.diffs)}" if card.diffs else ""
        self._title.say((" review", "accent"), (f"  {show(card.verb)}  ", "secondary"), (show(card.path), "strong"),
                  (extent, "text"), right=[(origin, "secondary")])  # fmt: skip

    def _show_remark(self) -> None:
        """Say beside the difference why it waits, or that it is out of date."""
        paths = [diff.path for diff in self._card.diffs] if self._card else []
        changed = [path for path in paths if path in self._state.changed_outside]
        if changed and self._phase is not Phase.GONE:
            self._remark.say((f" ↻ {show(', '.join(changed))} changed on disk since proposed", "warning"))
        elif self._card is not None:
            mark = f" ⚠ {show(self._card.mark)} " if self._card.mark else ""
            self._remark.say((mark, "warning"), (f" {show(self._card.reason)}", "secondary"))

    def _lose(self) -> None:
        """The proposal was resolved elsewhere, or went stale."""
        self._phase = Phase.GONE
        self.is_armed = False
        self._close_note()
        card = self._card and next((c for c in self._cards() if c.call == self._card.call), None)
        became = f"{card.state}{f': {card.reason}' if card.reason else ''}" if card else "dropped"
        self._say(f"This edit no longer waits ({became}). esc goes back.", "warning")

    def _cards(self) -> list[ToolCard]:
        return [item for item in reversed(self._state.transcript.items) if isinstance(item, ToolCard)]

    def _decide(self, accepted: bool, note: str) -> None:
        card = self._card
        if card is None or self._phase is Phase.GONE:
            return
        if not self._decide_proposal(card.proposal, Decision(accepted, card.digest, note)):
            self._phase = Phase.READING
            self._say("Nothing was decided: this edit no longer waits as it is shown here.", "warning")
            return
        self._phase = Phase.DECIDED
        self._say("accepted" if accepted else "rejected", "waiting")
        self._start(LEAVING_SECONDS, self._leave)

    def _leave(self) -> None:
        if self._phase is Phase.DECIDED:
            self.dismiss()

    def _read_on(self) -> None:
        """Any key but the second one takes the first of a confirmation back."""
        if self._phase is Phase.CONFIRMING:
            self._phase = Phase.READING
            self._say("")

    def _close_note(self) -> None:
        self._note.display = False
        if self._phase is Phase.NOTING:
            self._phase = Phase.READING
        self._diff.focus()

    def _arm(self) -> None:
        """Let keys decide only once the difference has been on screen for a moment."""
        self.is_armed = False
        self.call_after_refresh(self._start, self._arming_seconds, self._set_armed)

    def _set_armed(self) -> None:
        self.is_armed = True

    def _start(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, then)

    def _say(self, sentence: str, style: str = "secondary") -> None:
        self._said.say((f" {show(sentence)}" if sentence else "", style))


def _is_same(card: ToolCard, shown: ToolCard | None) -> bool:
    return shown is not None and (card.proposal, card.digest) == (shown.proposal, shown.digest)


def _last_prompt(transcript: Transcript) -> str:
    prompt = next((item.text for item in reversed(transcript.items) if isinstance(item, Prompt)), "")
    first_line = show(prompt.split("\n", 1)[0])
    return first_line if len(first_line) <= 24 else first_line[:23] + "…"
