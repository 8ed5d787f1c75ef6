"""Owns the wiring of the terminal interface: screens, session and the actions between them.

It opens the session only after the first paint, and waits for nothing on the event loop.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import Worker, WorkerFailed, WorkerState

from copydesk.domain.errors import CopydeskError
from copydesk.domain.policies import Mode
from copydesk.frontends.present import MODE_SENTENCES, is_key, next_mode
from copydesk.frontends.tui.bridge import Bridge, DeskState, SessionPort
from copydesk.frontends.tui.commands import DeskCommands, UnknownCommand, parse_command
from copydesk.frontends.tui.composer import Composer, PromptStore, UnkeptPrompts
from copydesk.frontends.tui.desk_screen import NO_CREDENTIALS, DeskScreen, KeyField
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.guard import Guard
from copydesk.frontends.tui.help_screen import HelpScreen
from copydesk.frontends.tui.history_screen import HistoryScreen
from copydesk.frontends.tui.mishaps import KeepTrace, Mishaps, keep_no_trace
from copydesk.frontends.tui.review_screen import ReviewScreen
from copydesk.frontends.tui.theme import DARK, LIGHT, themes

SessionOpener = Callable[[Callable[[Facts], None]], Awaitable[SessionPort]]
"""Opens the session; is given what shows facts that are found out meanwhile or later."""
DOUBLE_SECONDS = 0.5
"""Within which a second Escape opens the history."""
TERMINATED = 143
"""The exit code after SIGTERM, SIGHUP or the loss of the terminal."""


class CopydeskApp(App[None]):
    """The terminal interface."""

    TITLE = "copydesk"
    COMMANDS: ClassVar[set[type[DeskCommands]]] = {DeskCommands}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, id="quit", priority=True),
        Binding("ctrl+p", "command_palette", "commands", show=False, id="palette", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        open_session: SessionOpener,
        facts: Facts,
        prompts: PromptStore | None = None,
        keep_trace: KeepTrace = keep_no_trace,
    ) -> None:
        super().__init__()
        self.mishaps = Mishaps(keep_trace)
        self._following: Worker[None] | None = None
        self._open_session = open_session
        self._facts = facts
        self._prompts = prompts or UnkeptPrompts()
        self._guard = Guard()
        self._bridge: Bridge | None = None
        self._state = DeskState()
        self._unsent: list[str] = [facts.first_prompt] if facts.first_prompt else []
        self._offered: tuple[str, str] | None = None
        self._opens_history = False
        for theme in themes():
            self.register_theme(theme)
        self.theme = DARK

    @property
    def desk(self) -> DeskScreen:
        """The main screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, DeskScreen)
        return screen

    def get_default_screen(self) -> Screen[None]:
        """The desk."""
        return DeskScreen(self._facts, self._prompts)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes first, so that nothing reaches the terminal around it."""
        return [self._guard, *super().get_line_filters()]

    def get_driver_class(self) -> type[Driver]:
        """The terminal's end; answers of the terminal are no keys."""
        from copydesk.frontends.tui.driver import DeskDriver

        return DeskDriver

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.lose_terminal)

    async def on_unmount(self) -> None:
        if self._bridge is not None:
            await self._bridge.session.close()

    def lose_terminal(self) -> None:
        """End at once; the turn is closed properly, and the session can be resumed."""
        if self._bridge is not None:
            self._bridge.session.cancel("terminated")
        self.exit(return_code=TERMINATED)

    def note_mishap(self, error: BaseException) -> None:
        """Say that something failed which the rest can go on without."""
        self.desk.say(self.mishaps.take(error))

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Carry out an action; one that fails is said, and the screen goes on."""
        try:
            return await super().run_action(*arguments, **options)
        except Exception as error:
            if self.is_headless:
                raise
            self.note_mishap(error)
            return True

    def _handle_exception(self, error: Exception) -> None:
        """Textual hands every failure to this: a worker's own is said, any other ends the program in good order."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        is_followed = self._following is not None and self._following.state is not WorkerState.ERROR
        if isinstance(error, WorkerFailed) and is_followed:
            self.note_mishap(error)
            return
        is_kept = self._bridge is not None and not self._facts.is_demo
        self.mishaps.end_with(error, self._bridge.session.id if self._bridge and is_kept else "")
        self._return_code = 1
        self._close_messages_no_wait()

    def learn(self, facts: Facts) -> None:
        """Show facts that were found out after the start, such as the branch."""
        self._facts = facts
        self.desk.show_transcript(self._state.transcript, facts)

    def show_state(self, state: DeskState) -> None:
        """Draw the session's new state on every screen that follows it."""
        self._state = state
        self.desk.show_transcript(state.transcript, self._facts)
        for screen in self.screen_stack[1:]:
            if isinstance(screen, ReviewScreen):
                screen.show_state(state)
        self._offer_review()

    @on(Composer.Sent)
    async def take_prompt(self, message: Composer.Sent) -> None:
        """Carry out a command, take a key, or send a prompt."""
        text = message.text
        if is_key(text):
            self._use_key(text)
            return
        self.desk.composer.remember(text)
        try:
            command = parse_command(text)
        except UnknownCommand as error:
            self.desk.say(str(error))
            return
        if command:
            if not await self.run_action(command.action):
                self.desk.say("There is nothing to do for that command now.")
        else:
            self._send(text)

    @on(Composer.QuitWanted)
    def quit_if_sure(self, message: Composer.QuitWanted) -> None:
        """Leave, or say that a second key would."""
        if message.is_sure:
            self.exit()
        else:
            self.desk.say("ctrl+c again quits.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Review exists only while something waits for it."""
        return bool(self._state.transcript.waiting) if action == "review" else True

    def action_help(self) -> None:
        """Show every key."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    @on(KeyField.Given)
    def take_key(self, message: KeyField.Given) -> None:
        """Take a key from the masked field."""
        self.desk.close_key()
        if message.key:
            self._use_key(message.key)

    def action_enter_key(self) -> None:
        """Ask for an API key."""
        self.desk.ask_for_key()

    def action_review(self) -> None:
        """Show the edit that waits."""
        if self._bridge is not None and self.screen is self.desk:
            self.push_screen(ReviewScreen(self._bridge.session.decide, self._state))

    def action_history(self) -> None:
        """Show what was changed."""
        if self._bridge is None:
            self.desk.say("The session is still being opened.")
        elif self.screen is self.desk:
            self.push_screen(HistoryScreen(self._bridge.session, self._facts.workspace))

    def action_interrupt(self) -> None:
        """Stop the running turn; pressed twice, open the history."""
        if self._bridge is not None and self._bridge.session.cancel():
            self.desk.say("Interrupting …")
        elif self._opens_history:
            self.action_history()
        self._opens_history = True
        self.set_timer(DOUBLE_SECONDS, self._forget_escape)

    def action_cycle_mode(self) -> None:
        """Go to the next mode."""
        self.action_set_mode(next_mode(self._state.transcript.mode or self._facts.mode))

    def action_set_mode(self, mode: str) -> None:
        """Choose a mode, and say what it changes, or why it may not be chosen."""
        if self._bridge is None:
            return
        try:
            self._bridge.session.set_mode(mode)
        except CopydeskError as error:
            self.desk.say(str(error))
        else:
            self.desk.say(MODE_SENTENCES[Mode(mode)])

    async def action_trust(self) -> None:
        """Give the workspace's instruction files, as they are now, to the model."""
        if self._bridge is not None:
            self.desk.say(await self._bridge.session.trust())

    def action_switch_look(self) -> None:
        """Dark to light and back."""
        self.theme = LIGHT if self.theme == DARK else DARK

    def _begin(self) -> None:
        self._following = self.run_worker(self._follow_session(), name="session")

    async def _follow_session(self) -> None:
        try:
            session = await self._open_session(self.learn)
        except CopydeskError as error:
            self.desk.say(str(error))
            return
        self._bridge = Bridge(session, self.show_state)
        if not session.has_credentials:
            self.desk.say(NO_CREDENTIALS)
        unsent, self._unsent = self._unsent, []
        for prompt in unsent:
            self._send(prompt)
        await self._bridge.listen()

    def _send(self, prompt: str) -> None:
        if self._bridge is None:
            self._unsent.append(prompt)
            self.desk.say("The session is still being opened; the prompt is sent then.")
        elif not self._bridge.session.has_credentials:
            self.desk.composer.load_text(prompt)
            self.desk.say(NO_CREDENTIALS)
        else:
            self.desk.say("Sent when this turn ends; esc drops it." if self._state.transcript.is_busy else "")
            self.run_worker(self._submit(self._bridge.session, prompt), group="submit")

    async def _submit(self, session: SessionPort, prompt: str) -> None:
        try:
            await session.submit(prompt)
        except CopydeskError as error:
            self.desk.say(str(error))

    def _use_key(self, key: str) -> None:
        if self._bridge is not None:
            self._bridge.session.use_key(key)
            self.desk.say("The key is used for this session only; it is not kept.")

    def _offer_review(self) -> None:
        """Open the review once for each edit that begins to wait, unless a prompt is being written."""
        waiting = self._state.transcript.waiting
        if not waiting or self._offered == (waiting[0].proposal, waiting[0].digest):
            return
        self._offered = (waiting[0].proposal, waiting[0].digest)
        if not self.app_focus:
            self.bell()
        if self.screen is self.desk and self.desk.composer.is_empty:
            self.action_review()

    def _forget_escape(self) -> None:
        self._opens_history = False


def run_app(app: CopydeskApp, complain: Callable[[str], None]) -> int:
    """Run the interface until the person leaves, and say what ended it otherwise; returns the exit code."""
    app.run()
    if app.mishaps.fatal:
        complain(app.mishaps.fatal)
    return app.return_code or 0
