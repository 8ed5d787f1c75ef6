"""Owns what every app of ours does with the terminal: guard, look and keys, mishaps, its end, the shell, the editor.

It knows no screen and no session; what it has to say is said by its subclass.
"""

import asyncio
import os
import signal
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome
from textual.message import Message

from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.frontends.editors import EditorCommand
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.guard import Guard
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, Mishaps, keep_no_trace, outlived
from copydesk.frontends.tui.theme import DARK, PLAIN, THEMES, themes

if TYPE_CHECKING:
    from copydesk.frontends.tui.terminal.external_editor import ExternalEditor

TERMINATED = 143
"""The exit code after SIGTERM, SIGHUP or the loss of the terminal."""


class TerminalApp(App[None]):
    """An app on a terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, id="quit", priority=True),
        Binding("ctrl+z", "suspend_process", "back to the shell; fg returns", show=False, id="suspend", priority=True),
        Binding("ctrl+l", "redraw", "draw everything again", show=False, id="redraw", priority=True),
        Binding("ctrl+p", "command_palette", "commands", show=False, id="palette", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = True
    HELP_PLACES: ClassVar[tuple[str, ...]] = ()
    """The places whose keys the help lists; empty for all, and the commands."""

    def __init__(self, surroundings: Surroundings | None, keep_trace: KeepTrace = keep_no_trace) -> None:
        super().__init__()
        self.surroundings = surroundings or Surroundings()
        self.mishaps = Mishaps(keep_trace)
        self.kept_session = ""
        """Id of the session that can be resumed after an end; empty where none is kept."""
        self._guard = Guard()
        self._plain: LineFilter | None = None
        for theme in themes():
            self.register_theme(theme)
        self.theme = PLAIN if self.no_color else THEMES.get(self.surroundings.choices.theme, DARK)
        if self.surroundings.keys:
            from copydesk.frontends.tui.keymap import as_textual

            self.set_keymap(as_textual(self.surroundings.keys))

    @abstractmethod
    def say(self, sentence: str) -> None:
        """Say something where the person looks."""

    @property
    @abstractmethod
    def editor_command(self) -> EditorCommand:
        """The person's own editor."""

    @property
    def editor(self) -> "ExternalEditor":
        """The way to the person's own editor."""
        from copydesk.frontends.tui.terminal.external_editor import ExternalEditor

        return ExternalEditor(self, self.editor_command)

    @property
    def can_go_on(self) -> bool:
        """Whether there is something left to go on for."""
        return True

    @property
    def is_heard(self) -> bool:
        """Whether what is said shows on the screen that the person looks at."""
        return True

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes first, so that nothing gets around it; no colour is left where none is wanted."""
        filters = super().get_line_filters()
        if self.theme != PLAIN:
            return [self._guard, *filters]
        if self._plain is None:
            from copydesk.frontends.tui.terminal.plain_look import PlainLook

            self._plain = PlainLook()
        return [self._guard, self._plain, *(one for one in filters if not isinstance(one, Monochrome))]

    def get_driver_class(self) -> type[Driver]:
        """The terminal's end; answers of the terminal are no keys."""
        from copydesk.frontends.tui.terminal.driver import DeskDriver

        return DeskDriver

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.lose_terminal)

    def lose_terminal(self) -> None:
        """End at once."""
        self.exit(return_code=TERMINATED)

    def write_to_terminal(self, sequence: str) -> None:
        """Send a sequence of our own as it is; nobody else's text may come here."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def note_mishap(self, error: BaseException) -> None:
        """Say that something failed which the rest can go on without, where the person looks."""
        said = self.mishaps.take(error)
        self.say(said)
        if not self.is_heard and all(shown.message != said for shown in self._notifications):
            self.notify(said, severity="warning", markup=False)

    def outlives(self, error: BaseException) -> bool:
        """Say what failed, and go on; False where that cannot be, and under a test, which is to see it."""
        if self.is_headless or not self.can_go_on:
            return False
        self.note_mishap(error)
        return True

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Carry out an action; one that fails is said, and the screen goes on."""
        is_done = True
        with outlived(self):
            is_done = await super().run_action(*arguments, **options)
        return is_done  # noqa: RET504 - a failure leaves it as it was

    async def _dispatch_message(self, message: Message) -> None:
        """Handle a message; Textual would handle no other after one that failed."""
        with outlived(self):
            await super()._dispatch_message(message)

    def _handle_exception(self, error: Exception) -> None:
        """Textual hands every other failure to this; one that the screen cannot outlive ends it in good order."""
        if self.is_headless:
            super()._handle_exception(error)
        elif not self.outlives(error):
            self.mishaps.end_with(error, self.kept_session)
            self._return_code = 1
            self._close_messages_no_wait()

    def action_suspend_process(self) -> None:
        """Stop until the shell continues us; where no shell would, say so."""
        if self.is_headless or not has_shell():
            self.say("There is no shell to go back to: ctrl+z works where one started copydesk.")
        else:
            super().action_suspend_process()

    def action_redraw(self) -> None:
        """Draw everything again, over whatever another program left on the screen."""
        self.screen.refresh(repaint=True, layout=True)

    def action_help(self, words: str = "") -> None:
        """Show every key and command."""
        from copydesk.frontends.tui.rooms.help_screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.surroundings.keys, words))

    async def action_theme(self, name: str) -> None:
        """Change the look, and keep it."""
        try:
            await self.choose("theme", name)
        except CopydeskError as error:
            self.say(str(error))
        else:
            self.say(f"The look is {name}, here and from the next start on.")

    async def action_switch_look(self) -> None:
        """Dark to light, to no colour, and back."""
        names = list(THEMES)
        await self.action_theme(names[(names.index(self.surroundings.choices.theme) + 1) % len(names)])

    async def choose(self, name: str, word: str) -> None:
        """Keep a choice of the person's, and look that way; UsageError where it counts but cannot be kept."""
        changes: dict[str, Any] = {name: word}
        choices = replace(self.surroundings.choices, **changes)
        self.surroundings = replace(self.surroundings, choices=choices)
        if name == "theme" and not self.no_color:
            self.theme = THEMES[word]
        try:
            await asyncio.to_thread(self.surroundings.keep_choices, choices)
        except OSError as error:
            raise UsageError(f"{name}: {word} counts for now; it cannot be kept: {error.strerror}.") from error


def has_shell() -> bool:
    """Whether somebody takes the terminal over when we stop: then we are in a process group that a shell made."""
    return os.getpgrp() != os.getsid(0)


def run_app(app: TerminalApp, complain: Callable[[str], None]) -> int:
    """Run the interface until the person leaves, and say what ended it otherwise; returns the exit code."""
    app.run()
    if app.mishaps.fatal:
        complain(app.mishaps.fatal)
    return app.return_code or 0
