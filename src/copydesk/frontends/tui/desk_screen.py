"""Owns the desk: transcript, prompt, and the lines around them.

It passes up what the person does, and draws what it is given; it never holds the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from copydesk.domain.items import Item, Notice
from copydesk.frontends.present import plural
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.lines.status import Activity, Footer, Header, RuleLine
from copydesk.frontends.tui.prompt.completing import Completing
from copydesk.frontends.tui.prompt.composer import Composer, PromptStore
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.transcript.reader import TranscriptReader
from copydesk.frontends.tui.transcript.view import TranscriptView

if TYPE_CHECKING:
    from copydesk.domain.transcript import Transcript
    from copydesk.frontends.tui.bridge import ToolsPort
    from copydesk.frontends.tui.lines.words_field import WordsField
    from copydesk.frontends.tui.prompt.key_field import KeyField
    from copydesk.frontends.tui.prompt.queue_lines import QueueLines

KEY_WANTED = "f4 takes a key for this session, or set ANTHROPIC_API_KEY."
NO_CREDENTIALS = f"No credentials: {KEY_WANTED} Review, history, rollback and `copydesk demo` work without."
NOT_SENT = f"Not sent, since there is no key: {KEY_WANTED}"
"""Said when somebody tries nonetheless; the prompt stays where it was."""
NOT_COMMITTED = "What you had not committed stays yours: a commit from here takes in only what you accept."


class DeskScreen(Sturdy, Screen[None]):
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
        Binding("ctrl+up,alt+up", "go_to_turn(-1)", "previous turn", show=False, id="turn.previous", priority=True),
        Binding("ctrl+down,alt+down", "go_to_turn(1)", "next turn", show=False, id="turn.next", priority=True),
        Binding("ctrl+f", "ask_for_words", "find", show=False, id="transcript.find", priority=True),
        Binding("escape", "app.interrupt", "interrupt, twice: history", show=False, id="interrupt"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "Composer"

    def __init__(self, facts: Facts, prompts: PromptStore) -> None:
        super().__init__()
        self.completing = Completing(lambda popup: self.mount(popup, before="#prompt-row"))
        self.composer = Composer(prompts, self.completing)
        self._header = Header(facts)
        self._transcript = TranscriptReader(welcome(facts))
        self._words: WordsField | None = None
        self._below = RuleLine()
        self._queue: QueueLines | None = None
        self._key: KeyField | None = None
        """Like the words, the queue and what is offered, mounted when first wanted: all wait for the first paint."""
        self._activity, self._footer = Activity(), Footer()
        self._has_waiting = self._is_counted = False
        self._gathered = 0

    def compose(self) -> ComposeResult:
        yield self._header
        yield RuleLine()
        yield self._transcript
        yield self._below
        with Horizontal(id="prompt-row"):
            yield Static(" › ", id="pencil", markup=False)
            yield self.composer
        yield self._activity
        yield RuleLine()
        yield self._footer

    def on_screen_resume(self) -> None:
        """Let go of what was drawn of the screen that lay over this one.

        The screen library remembers the colours of its last 1,024 widgets, and each with all its lines.
        """
        StylesCache.get_inner_outer.cache_clear()

    def show_transcript(self, transcript: Transcript, facts: Facts) -> None:
        """Draw what the session has become."""
        self._transcript.show_welcome(welcome(facts))
        self._transcript.show_items(transcript.shown_items)
        self._header.update(facts, transcript.mode or facts.mode)
        self._activity.show_transcript(transcript)
        # A session that was opened in place of another has used nothing yet.
        if self._is_counted or transcript.usage.context_tokens:
            self._is_counted = bool(transcript.usage.context_tokens)
            self._footer.show_transcript(transcript)
        if self._has_waiting != bool(transcript.waiting):
            # Drawing the footer with each piece of a text would draw all that lies between, too.
            self._has_waiting = not self._has_waiting
            self.refresh_bindings()

    def show_gathered(self, files: int) -> None:
        """Say how many files' edits wait for a review of the whole."""
        self._activity.show_gathered(files)
        if files != self._gathered:
            self._gathered = files
            self.refresh_bindings()

    def connect(self, tools: ToolsPort) -> None:
        """Offer these files and checks in the prompt."""
        self.completing.connect(tools)

    def show_queue(self, prompts: Sequence[str]) -> None:
        """List the prompts that wait for their turn."""
        if prompts and self._queue is None:
            from copydesk.frontends.tui.prompt.queue_lines import QueueLines

            self._queue = QueueLines()
            self.mount(self._queue, after=self._below)
        if self._queue is not None:
            self._queue.show_prompts(prompts)
        self.composer.may_take_back = bool(prompts)

    def show_work(self, work: str) -> None:
        """Say what the person has set going, until it is done: then the text is empty."""
        self._activity.show_work(work)

    def on_completion_popup_picked(self) -> None:
        """Write what was clicked in the list."""
        self.composer.action_take()

    def say(self, sentence: str) -> None:
        """Say something of passing interest above the footer."""
        self._activity.say(sentence)

    def unsay(self, sentence: str) -> None:
        """Say it no more, where nothing else was said since."""
        self._activity.unsay(sentence)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is said above the footer, and nothing goes on."""
        return not self._activity.pieces()[0]

    def ask_for_key(self) -> None:
        """Show the masked field."""
        if self._key is None:
            from copydesk.frontends.tui.prompt.key_field import KeyField

            self._key = KeyField()
            self.mount(self._key, before=self._activity)
        self._key.display = True
        self._key.focus()

    def close_key(self) -> None:
        """Hide the masked field."""
        if self._key is not None:
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
        return not (
            self._key is not None
            and self._key.has_focus
            and action in ("page", "details", "go_to_turn", "ask_for_words")
        )

    def action_go_to_turn(self, step: int) -> None:
        """Show the previous or the next prompt at the top."""
        self._transcript.go_to_turn(step)

    def show_turns(self) -> None:
        """List the prompts, and go to the one that is chosen."""
        from copydesk.frontends.tui.transcript.prompts_screen import PromptsScreen

        prompts = self._transcript.prompts()
        if not prompts:
            self.say("Nothing was asked yet.")
            return
        places = list(prompts)

        def go(number: int | None) -> None:
            if number is not None:
                self._transcript.go_to_place(places[number])

        self.app.push_screen(PromptsScreen(list(prompts.values())), go)

    async def action_ask_for_words(self) -> None:
        """Ask what is looked for in the transcript."""
        from copydesk.frontends.tui.lines.words_field import WordsField

        if self._words is None:
            self._words = WordsField("find")
            await self.mount(self._words, before=self._activity)
        self._words.ask("find")
        # At once, so that what is typed without waiting for the field goes there too.
        self.set_focus(self._words)

    def find(self, words: str) -> None:
        """Go to the newest place in the transcript that says these words."""
        self._transcript.focus()
        self._transcript.find(words)

    def copy(self, extent: str) -> None:
        """Copy the last reply, the last turn or everything, as Markdown."""
        text = self._transcript.markdown(extent)
        if text:
            self.app.copy_to_clipboard(text)
        self.say(f"Copied {plural(len(text), 'character')} as Markdown." if text else "There is nothing to copy yet.")

    def on_words_field_sent(self, message: WordsField.Sent) -> None:
        """Look for the words that were written."""
        self._close_words()
        self.find(message.text) if message.text else self.composer.focus()

    def on_words_field_left(self) -> None:
        """Look for nothing."""
        self.go_back_to_prompt()

    @on(TranscriptReader.Left)
    def go_back_to_prompt(self) -> None:
        """Write on."""
        self._close_words()
        self.composer.focus()
        self.say("")

    def _close_words(self) -> None:
        if self._words is not None:
            self._words.close()

    @on(TranscriptReader.Said)
    def say_of_transcript(self, message: TranscriptReader.Said) -> None:
        """Say it above the footer."""
        self.say(message.sentence)

    @on(TranscriptReader.OpenFile)
    async def open_file(self, message: TranscriptReader.OpenFile) -> None:
        """Show a file in the person's own editor."""
        await self.run_action(f"app.open_file({message.path!r}, {message.line})")

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
    ]
    return (Notice("\n".join(lines)),)
