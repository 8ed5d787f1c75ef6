"""Owns the desk: transcript, prompt, and the lines around them.

It passes up what the person does, and draws what it is given; it never holds the session.
"""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from copydesk.domain.transcript import Item, Notice, Transcript
from copydesk.frontends.tui.composer import Composer, PromptStore
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.status import Activity, Footer, Header, RuleLine
from copydesk.frontends.tui.transcript_view import TranscriptView

NO_CREDENTIALS = "No credentials: F4 takes a key for this session, or set ANTHROPIC_API_KEY."
"""Fits 80 columns, as everything that is said above the footer should."""


class KeyField(Input):
    """A masked field for an API key; nothing of it is shown or kept."""

    DEFAULT_CSS = """
    KeyField { display: none; border: none; height: 1; padding: 0 1; background: $background; }
    KeyField:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "no key", id="key.leave")]

    class Given(Message):
        """A key was entered; empty where the person left."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(password=True, placeholder="API key, for this session only", compact=True)

    def action_leave(self) -> None:
        """Give no key."""
        self.value = ""
        self.post_message(self.Given(""))

    async def action_submit(self) -> None:
        """Hand the key over and forget it."""
        key, self.value = self.value.strip(), ""
        self.post_message(self.Given(key))


class DeskScreen(Screen[None]):
    """The main screen."""

    DEFAULT_CSS = """
    DeskScreen {
        background: $background;
        #prompt-row { height: auto; }
        #pencil { width: 3; color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "app.review", "review", id="review.open", priority=True),
        Binding("f3", "app.history", "history", id="history.open", key_display="f3"),
        Binding("f4", "app.enter_key", "enter a key", show=False, id="key.enter"),
        Binding("ctrl+o", "details", "details", show=False, id="transcript.details", priority=True),
        Binding("ctrl+end,f5", "newest", "newest", show=False, id="transcript.newest", priority=True),
        Binding("pageup", "page(-1)", "page up", show=False, id="transcript.page_up", priority=True),
        Binding("pagedown", "page(1)", "page down", show=False, id="transcript.page_down", priority=True),
        Binding("escape", "app.interrupt", "interrupt, twice: history", show=False, id="interrupt"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "Composer"

    def __init__(self, facts: Facts, prompts: PromptStore) -> None:
        super().__init__()
        self.composer = Composer(prompts)
        self._header = Header(facts)
        self._transcript = TranscriptView(welcome(facts))
        self._below = RuleLine()
        self._key = KeyField()
        self._activity, self._footer = Activity(), Footer()
        self._has_waiting = False

    def compose(self) -> ComposeResult:
        yield self._header
        yield RuleLine()
        yield self._transcript
        yield self._below
        with Horizontal(id="prompt-row"):
            yield Static(" › ", id="pencil", markup=False)
            yield self.composer
        yield self._key
        yield self._activity
        yield RuleLine()
        yield self._footer

    def show_transcript(self, transcript: Transcript, facts: Facts) -> None:
        """Draw what the session has become."""
        self._transcript.show_items(transcript.items)
        self._header.update(facts, transcript.mode or facts.mode)
        self._activity.show_transcript(transcript)
        if transcript.usage.context_tokens:
            self._footer.show_transcript(transcript)
        if self._has_waiting != bool(transcript.waiting):
            # Drawing the footer with each piece of a text would draw all that lies between, too.
            self._has_waiting = not self._has_waiting
            self.refresh_bindings()

    def show_gathered(self, files: int) -> None:
        """Say how many files' edits wait for a review of the whole."""
        self._activity.show_gathered(files)

    def say(self, sentence: str) -> None:
        """Say something of passing interest above the footer."""
        self._activity.say(sentence)

    def ask_for_key(self) -> None:
        """Show the masked field."""
        self._key.display = True
        self._key.focus()

    def close_key(self) -> None:
        """Hide the masked field."""
        self._key.display = False
        self.composer.focus()

    def action_details(self) -> None:
        """Fold or unfold what tool calls and thinking hold."""
        self._transcript.toggle_details()

    def action_newest(self) -> None:
        """Show the newest, and stay there."""
        self._transcript.go_to_end()

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page, wherever the focus is."""
        page = max(self._transcript.size.height - 2, 1)
        self._transcript.scroll_relative(y=direction * page, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the desk rest while a key is entered."""
        return not (self._key.has_focus and action in ("page", "details"))

    @on(TranscriptView.UnseenChanged)
    def say_unseen(self, message: TranscriptView.UnseenChanged) -> None:
        """Say how much has arrived below what is read."""
        self._below.say(f"↓ {message.count} new · ^end" if message.count else "")


def welcome(facts: Facts) -> tuple[Item, ...]:
    """What stands above everything that is said: three things that can be done, with their keys."""
    demo = ["This is the demo: it plays a recorded session, without key or network."] if facts.is_demo else []
    lines = [
        f"copydesk {facts.version}" + (f" · {facts.model}: {facts.price}" if facts.price else ""),
        *demo,
        "",
        "enter   sends what you write; in mode ask each edit waits for you",
        "f3      what was changed here, and how to take it back",
        "?       all keys; shift+tab changes the mode, ctrl+p finds commands",
        "",
        "Review, history, rollback and `copydesk demo` work without a key.",
    ]
    return (Notice("\n".join(lines)),)
