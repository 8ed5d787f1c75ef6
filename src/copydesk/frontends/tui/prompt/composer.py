"""Owns the prompt: a text area that sends on Enter, completes words, and has the prompts of before at its edges."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from copydesk.frontends.tui.prompt.completing import Completing
from copydesk.frontends.tui.prompt.pastes import Pastes
from copydesk.frontends.tui.terminal.mishaps import Sturdy

if TYPE_CHECKING:
    from copydesk.frontends.tui.prompt.completion import Choice

CONFIRMATION_SECONDS = 2.0
"""How long a second Ctrl+C still means to quit."""


MOST_BLINKS = 20
"""Comings and goings of the cursor without a key, two a second: then it stays, as terminals keep their own."""


class PromptStore(Protocol):
    """Where prompts are kept between sessions."""

    def load(self) -> Sequence[str]:
        """The prompts of before, oldest first."""

    def add(self, prompt: str) -> None:
        """Keep a prompt that was sent."""


class UnkeptPrompts:
    """A store that keeps nothing."""

    def load(self) -> Sequence[str]:
        """There are none."""
        return ()

    def add(self, prompt: str) -> None:
        """It is forgotten."""


class PromptHistory:
    """A walk through earlier prompts that ends at the one being written."""

    def __init__(self, store: PromptStore) -> None:
        self._store = store
        self._prompts: list[str] | None = None
        self._position = 0
        self._draft = ""

    def add(self, prompt: str) -> None:
        """Keep a prompt, unless it repeats the last one, and stand after it."""
        prompts = self._loaded()
        if not prompts or prompts[-1] != prompt:
            prompts.append(prompt)
            self._store.add(prompt)
        self._position = len(prompts)

    def all(self) -> Sequence[str]:
        """Every prompt, oldest first."""
        return self._loaded()

    def step(self, direction: int, draft: str) -> str | None:
        """Go one back (-1) or on (1); None at the end. The draft comes back after the newest."""
        prompts = self._loaded()
        if self._position == len(prompts):
            self._draft = draft
        position = self._position + direction
        if not 0 <= position <= len(prompts):
            return None
        self._position = position
        return self._draft if position == len(prompts) else prompts[position]

    def _loaded(self) -> list[str]:
        if self._prompts is None:
            self._prompts = list(self._store.load())
            self._position = len(self._prompts)
        return self._prompts


class WritingArea(Sturdy, TextArea):
    """A quiet text area whose keys take effect in the order in which they were pressed."""

    DEFAULT_CSS = """
    WritingArea {
        height: auto;
        padding: 0;
        border: none;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $desk-secondary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,shift+enter,alt+enter", "newline", "new line", show=False, id="prompt.newline"),
        Binding("ctrl+underscore,ctrl+slash,super+z", "undo", "undo", show=False, id="prompt.undo"),
    ]

    _blinks = 0
    """How often the cursor came or went since the last key."""

    def __init__(self, placeholder: str = "") -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            tab_behavior="focus",
            placeholder=placeholder,
        )

    def _restart_blink(self) -> None:
        self._blinks = 0
        super()._restart_blink()

    def _toggle_cursor_blink_visible(self) -> None:
        """Blink; where nobody writes, the cursor stays, so that a desk at rest draws nothing."""
        self._blinks += 1
        if self._blinks < MOST_BLINKS:
            super()._toggle_cursor_blink_visible()
        else:
            self._pause_blink()

    def on_unmount(self) -> None:
        """The screen library would keep the area, and its screen's timers, among those who watch the theme."""
        watching = getattr(self.app, "__watchers", {}).get("theme", [])
        watching[:] = [(node, callback) for node, callback in watching if node is not self]

    def action_newline(self) -> None:
        """Begin a new line."""
        self._replace_via_keyboard("\n", *self.selection)

    async def _on_key(self, event: events.Key) -> None:
        """Carry out our own keys at once: a binding would run only behind the characters typed after it."""
        active = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if active is not None and active.node is self and active.enabled:
            event.prevent_default()
            event.stop()
            await self.run_action(active.binding.action)


class Composer(WritingArea):
    """Where prompts are written. It knows neither the session nor the screen: it says what was asked of it."""

    DEFAULT_CSS = """
    Composer { max-height: 10; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "send", id="prompt.send", key_display="enter"),
        Binding("tab", "take", "complete", show=False, id="prompt.complete"),
        Binding("escape", "close_popup", "close the list", show=False, id="prompt.close"),
        Binding("up", "earlier", "earlier prompt, or line up", show=False, id="prompt.earlier"),
        Binding("down", "later", "later prompt, or line down", show=False, id="prompt.later"),
        Binding("ctrl+s,alt+r", "app.search_prompts", "search earlier prompts", show=False, id="prompt.search"),
        Binding("ctrl+c", "clear", "copy, clear, twice to quit", show=False, id="prompt.clear"),
        Binding("ctrl+d", "end", "quit on an empty prompt", show=False, id="prompt.end"),
        Binding("ctrl+g", "app.edit_prompt", "write in your editor", show=False, id="prompt.editor"),
        Binding("shift+tab", "app.cycle_mode", "next mode", show=False, id="mode.cycle"),
    ]

    class Sent(Message):
        """A prompt, or a command, was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class QuitWanted(Message):
        """The person wants to leave; `is_sure` where it was asked twice, or at the end of input."""

        def __init__(self, is_sure: bool) -> None:
            super().__init__()
            self.is_sure = is_sure

    class TakeBackWanted(Message):
        """The last prompt that waits is wanted back."""

    def __init__(self, store: PromptStore, completing: Completing) -> None:
        super().__init__()
        self._history = PromptHistory(store)
        self._completing = completing
        self._pastes = Pastes()
        self.may_take_back = False
        """Whether a prompt waits that could still be changed."""
        self._quits_next = False
        self._was_written = False

    @property
    def is_empty(self) -> bool:
        """True where nothing but white space is written."""
        return not self.text.strip()

    def action_send(self) -> None:
        """Take what is chosen in the list; a whole command, or a prompt, is handed over and an empty one begun."""
        choice = self._choice()
        if choice and not (choice.is_whole and self._is_written(choice)):
            self.action_take()
        text = self.whole.strip()
        if text and (choice is None or choice.is_whole):
            self.load_text("")
            self.post_message(self.Sent(text))

    def action_take(self) -> None:
        """Write what is chosen in the list."""
        choice, word = self._choice(), self._completing.word
        if choice and word:
            row, column = self.cursor_location
            self._replace_via_keyboard(f"{choice.text} ", (row, word.start + 1), (row, column))
            self.follow_cursor()

    def action_close_popup(self) -> None:
        """Close the list for the word that is being written."""
        self._completing.close()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What completes applies while something is offered."""
        return self._completing.is_open if action in ("take", "close_popup") else True

    def follow_cursor(self) -> None:
        """Offer what fits the word before the cursor."""
        row, column = self.cursor_location
        self._completing.follow(self.document.get_line(row)[:column], row == 0)

    @property
    def whole(self) -> str:
        """What is written, with all that was pasted."""
        return self._pastes.unfold(self.text)

    def rewrite(self, text: str) -> None:
        """Put a text in the place of what is written; undo brings that back."""
        self.replace(self._pastes.shown(text), self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    @property
    def earlier_prompts(self) -> Sequence[str]:
        """The prompts of before, oldest first."""
        return self._history.all()

    def remember(self, prompt: str) -> None:
        """Keep a prompt among those that the arrow keys bring back."""
        self._history.add(prompt)

    def action_earlier(self) -> None:
        """In the list, or one line up; on the first line the prompt that waits, or the one of before."""
        if self._choice():
            self._completing.move(-1)
        elif self.may_take_back and not self.text:
            self.post_message(self.TakeBackWanted())
        elif self.cursor_location[0] > 0:
            self.action_cursor_up()
        else:
            self._recall(-1)

    def action_later(self) -> None:
        """In the list, or one line down; on the last line the next prompt."""
        if self._choice():
            self._completing.move(1)
        elif self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        else:
            self._recall(1)

    def action_clear(self) -> None:
        """Copy what is selected; else clear; on an empty prompt ask to quit, and quit the second time."""
        selected = self.selected_text or self.screen.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
        elif self.text:
            self.load_text("")
        else:
            self.post_message(self.QuitWanted(self._quits_next))
            self._quits_next = True
            self.set_timer(CONFIRMATION_SECONDS, self._stay)

    def action_end(self) -> None:
        """Quit on an empty prompt; else delete to the right."""
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitWanted(True))

    def on_text_area_changed(self) -> None:
        """What `?` does depends on whether something is written, and what is offered on what that is."""
        self.follow_cursor()
        if self._was_written != bool(self.text):
            self._was_written = bool(self.text)
            self.refresh_bindings()

    def on_text_area_selection_changed(self) -> None:
        """What is offered depends on where the cursor is."""
        self.follow_cursor()

    async def _on_key(self, event: events.Key) -> None:
        self.follow_cursor()
        if event.character == "?" and not self.text:
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """Write what is pasted, or the sign for it where it is long."""
        event.prevent_default()
        event.stop()
        self._replace_via_keyboard(self._pastes.fold(event.text), *self.selection)

    def get_cursor_left_location(self) -> tuple[int, int]:
        """One to the left; the sign for a paste is crossed, and deleted, as one."""
        row, column = self.cursor_location
        sign = self._pastes.sign_before(self.document.get_line(row)[:column])
        return (row, column - len(sign)) if sign else super().get_cursor_left_location()

    def get_cursor_right_location(self) -> tuple[int, int]:
        """One to the right; the sign for a paste is crossed, and deleted, as one."""
        row, column = self.cursor_location
        sign = self._pastes.sign_after(self.document.get_line(row)[column:])
        return (row, column + len(sign)) if sign else super().get_cursor_right_location()

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Leave `?` to the screen while nothing is written."""
        return False if character == "?" and not self.text else super().check_consume_key(key, character)

    def _choice(self) -> "Choice | None":
        """What is chosen in the list for what is written now: keys may come faster than the messages about them."""
        self.follow_cursor()
        return self._completing.choice

    def _is_written(self, choice: "Choice") -> bool:
        """Whether what is chosen stands there already."""
        return self._completing.word is not None and self._completing.word.text == choice.text

    def _recall(self, direction: int) -> None:
        recalled = self._history.step(direction, self.text)
        if recalled is not None:
            self.load_text(self._pastes.shown(recalled))
            self.move_cursor(self.document.end)

    def _stay(self) -> None:
        self._quits_next = False
