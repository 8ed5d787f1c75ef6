"""Owns the wiring of the terminal interface: screens, session and the actions between them.

It opens the session only after the first paint, and waits for nothing on the event loop.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.screen import Screen

from copydesk.domain.errors import CopydeskError
from copydesk.domain.policies import Mode
from copydesk.frontends.present import MODE_SENTENCES, next_mode
from copydesk.frontends.tui.bridge import Bridge, DeskState, SessionPort
from copydesk.frontends.tui.composer import Composer, PromptStore, UnkeptPrompts
from copydesk.frontends.tui.desk_screen import NO_CREDENTIALS, DeskScreen, KeyField
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.guard import Guard
from copydesk.frontends.tui.theme import DARK, LIGHT, themes

if TYPE_CHECKING:
    from copydesk.frontends.tui.external_editor import ExternalEditor
    from copydesk.frontends.tui.review.opening import Reviewing

SessionOpener = Callable[[Callable[[Facts], None]], Awaitable[SessionPort]]
"""Opens the session; is given what shows facts that are found out meanwhile or later."""
DOUBLE_SECONDS = 0.5
"""Within which a second Escape opens the history."""
KEY_PREFIX = "sk-ant-"
"""How Anthropic's keys begin; such a prompt is never sent to the model."""


def _desk_commands() -> type[Provider]:
    """What the palette offers; loaded when it is opened."""
    from copydesk.frontends.tui.commands import DeskCommands

    return DeskCommands


class CopydeskApp(App[None]):
    """The terminal interface."""

    TITLE = "copydesk"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_desk_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, id="quit", priority=True),
        Binding("ctrl+p", "command_palette", "commands", show=False, id="palette", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, open_session: SessionOpener, facts: Facts, prompts: PromptStore | None = None) -> None:
        super().__init__()
        self._open_session = open_session
        self._facts = facts
        self._prompts = prompts or UnkeptPrompts()
        self._guard = Guard()
        self._bridge: Bridge | None = None
        self._state = DeskState()
        self._unsent: list[str] = [facts.first_prompt] if facts.first_prompt else []
        self._offered: tuple[str, str] | None = None
        self._reviewing: Reviewing | None = None
        self._wanted_mode = ""
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

    @property
    def editor(self) -> "ExternalEditor":
        """The way to the person's own editor."""
        from copydesk.frontends.tui.external_editor import ExternalEditor

        return ExternalEditor(self, self._facts.editor)

    def get_default_screen(self) -> Screen[None]:
        """The desk."""
        return DeskScreen(self._facts, self._prompts)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes first, so that nothing reaches the terminal around it."""
        return [self._guard, *super().get_line_filters()]

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        if self._bridge is not None:
            await self._bridge.session.close()

    def learn(self, facts: Facts) -> None:
        """Show facts that were found out after the start, such as the branch."""
        self._facts = facts
        self.desk.show_transcript(self._state.transcript, facts)

    def show_state(self, state: DeskState) -> None:
        """Draw the session's new state on every screen that follows it."""
        self._state = state
        self.desk.show_transcript(state.transcript, self._facts)
        self._show_gathered()
        if self._reviewing is not None:
            self._reviewing.follow(state)
        self._offer_review()

    @on(Composer.Sent)
    async def take_prompt(self, message: Composer.Sent) -> None:
        """Carry out a command, take a key, or send a prompt."""
        from copydesk.frontends.tui.commands import UnknownCommand, parse_command

        text = message.text
        if text.startswith(KEY_PREFIX) and len(text.split()) == 1:
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
        return bool(self._state.transcript.waiting or self._gathered) if action == "review" else True

    def action_help(self) -> None:
        """Show every key."""
        from copydesk.frontends.tui.help_screen import HelpScreen

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
        """Show the edit that waits, or all that was gathered."""
        if self._gathered and not self._state.transcript.waiting:
            self.desk.say("Comparing what was gathered with your files …")
        self.run_worker(self._review(), group="review", exclusive=True)

    async def _review(self) -> None:
        if self._bridge is None or self.screen is not self.desk:
            return
        if self._reviewing is None:
            from copydesk.frontends.tui.review.opening import Reviewing

            self._reviewing = Reviewing(self, self._bridge.session, self.editor.edit)
        await self._reviewing.open(self._state, self._end_review)

    def action_history(self) -> None:
        """Show what was changed."""
        from copydesk.frontends.tui.history_screen import HistoryScreen

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
            if self._gathered:
                self._wanted_mode = mode
                self.action_review()
        else:
            self.desk.say(MODE_SENTENCES[Mode(mode)])

    async def action_trust(self) -> None:
        """Give the workspace's instruction files, as they are now, to the model."""
        if self._bridge is not None:
            self.desk.say(await self._bridge.session.trust())

    async def action_edit_prompt(self) -> None:
        """Have the prompt written in the person's own editor."""
        composer = self.desk.composer
        try:
            composer.rewrite(await self.editor.edit(composer.text))
        except CopydeskError as error:
            self.desk.say(str(error))

    async def action_open_file(self, path: str, line: int = 1) -> None:
        """Open a file of the workspace in the person's own editor."""
        try:
            await self.editor.open(path, line)
        except CopydeskError as error:
            self.desk.say(str(error))

    def action_switch_look(self) -> None:
        """Dark to light and back."""
        self.theme = LIGHT if self.theme == DARK else DARK

    def _begin(self) -> None:
        self.run_worker(self._follow_session(), name="session")

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
        transcript = self._state.transcript
        waits = [(card.proposal, card.digest) for card in transcript.waiting[:1]]
        if self._gathered and not transcript.is_busy:
            waits.append(("gathered", str(transcript.turn)))
        if not waits or self._offered == waits[0]:
            return
        self._offered = waits[0]
        if not self.app_focus:
            self.bell()
        if self.screen is self.desk and self.desk.composer.is_empty:
            self.action_review()

    @property
    def _gathered(self) -> tuple[str, ...]:
        """The files whose edits wait for a review of the whole."""
        return self._bridge.session.waiting_review if self._bridge else ()

    def _end_review(self, sentence: str) -> None:
        """Say what came of a review, and take the mode that waited for it."""
        wanted, self._wanted_mode = self._wanted_mode, ""
        self._show_gathered()
        self.desk.say(sentence)
        if wanted and not self._gathered:
            self.action_set_mode(wanted)

    def _show_gathered(self) -> None:
        self.desk.show_gathered(len(self._gathered))

    def _forget_escape(self) -> None:
        self._opens_history = False


def run_app(app: CopydeskApp) -> int:
    """Run the interface until the person leaves; returns the exit code."""
    app.run()
    return app.return_code or 0
