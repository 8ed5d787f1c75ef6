"""Owns the wiring of the terminal interface: screens, session and the actions between them.

It opens the session only after the first paint, and waits for nothing on the event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.command import Provider
from textual.screen import Screen

from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.modes import Mode
from copydesk.frontends.present import MODE_SENTENCES, is_key, next_mode
from copydesk.frontends.tui.desk_app import NOT_YET
from copydesk.frontends.tui.desk_screen import NO_CREDENTIALS, NOT_COMMITTED, NOT_SENT, DeskScreen
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.prompt.composer import CONFIRMATION_SECONDS, Composer, PromptStore, UnkeptPrompts
from copydesk.frontends.tui.prompt.prompt_actions import PromptActions
from copydesk.frontends.tui.rooms.doors import Rooms
from copydesk.frontends.tui.surroundings import Opening, Surroundings
from copydesk.frontends.tui.terminal.app import run_app as run_app
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, keep_no_trace, outlived
from copydesk.frontends.tui.terminal.summons import Summons

if TYPE_CHECKING:
    from copydesk.frontends.tui.bridge import DeskState, SessionPort
    from copydesk.frontends.tui.prompt.key_field import KeyField
    from copydesk.frontends.tui.review.opening import Reviewing

SessionOpener = Callable[[Callable[[Facts], None]], Awaitable["SessionPort"]]
"""Opens the session; is given what shows facts that are found out meanwhile or later."""
QUITS = "ctrl+c again quits."
DOUBLE_SECONDS = 0.5
"""Within which a second Escape opens the history."""


def _desk_commands() -> type[Provider]:
    """What the palette offers; loaded when it is opened."""
    from copydesk.frontends.tui.palette import DeskCommands

    return DeskCommands


class CopydeskApp(PromptActions, Rooms):
    """The terminal interface."""

    TITLE = "copydesk"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_desk_commands}

    def __init__(
        self,
        open_session: SessionOpener,
        facts: Facts,
        prompts: PromptStore | None = None,
        surroundings: Surroundings | None = None,
        keep_trace: KeepTrace = keep_no_trace,
    ) -> None:
        super().__init__(facts, surroundings, keep_trace)
        self._open_session = open_session
        self._prompts = prompts or UnkeptPrompts()
        self._summons = Summons(self, facts.notifications, self.write_to_terminal)
        self._unsent: list[str] = [facts.first_prompt] if facts.first_prompt else []
        self._offered: tuple[str, str] | None = None
        self._reviewing: Reviewing | None = None
        self._wanted_mode = ""
        self._opens_history = False

    def get_default_screen(self) -> Screen[None]:
        """The desk."""
        return DeskScreen(self._facts, self._prompts)

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        if self._bridge is not None:
            await self._bridge.session.close()

    def lose_terminal(self) -> None:
        """End at once; the turn is closed properly, and the session can be resumed."""
        if self._bridge is not None:
            self._bridge.session.cancel("terminated")
        super().lose_terminal()

    def learn(self, facts: Facts) -> None:
        """Show facts that were found out after the start, such as the branch."""
        self._facts = facts
        self.desk.show_transcript(self.state.transcript, facts)
        if facts.is_dirty and self.desk.is_silent:
            self.desk.say(NOT_COMMITTED)

    def show_state(self, state: DeskState) -> None:
        """Draw the session's new state on every screen that follows it."""
        self._state = state
        self.desk.show_transcript(state.transcript, self._facts)
        self._show_gathered()
        self.show_queue()
        if self._reviewing is not None:
            self._reviewing.follow(state)
        self._summons.follow(state.transcript)
        self._offer_review()

    @on(Composer.Sent)
    async def take_prompt(self, message: Composer.Sent) -> None:
        """Carry out a command, take a key, or send a prompt."""
        from copydesk.frontends.tui.commands import UnknownCommand, parse_command
        from copydesk.frontends.tui.prompt.completion import called_check

        text = message.text
        if is_key(text):
            self._use_key(text)
            return
        self.desk.composer.remember(text)
        try:
            action = parse_command(text)
        except UnknownCommand as error:
            self.desk.say(str(error))
            return
        if (check := called_check(text)) is not None:
            self.action_check(check)
        elif action:
            if not await self.run_action(action):
                self.desk.say("There is nothing to do for that command now.")
        else:
            self._send(text)

    @on(Composer.QuitWanted)
    def quit_if_sure(self, message: Composer.QuitWanted) -> None:
        """Leave, or say that a second key would."""
        if message.is_sure:
            self.exit()
        else:
            self.desk.say(QUITS)
            self.set_timer(CONFIRMATION_SECONDS, lambda: self.desk.unsay(QUITS))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Review exists only while something waits for it."""
        if action != "review":
            return True
        return self._bridge is not None and bool(self.state.transcript.waiting or self._gathered)

    def on_key_field_given(self, message: KeyField.Given) -> None:
        """Take a key from the masked field."""
        self.desk.close_key()
        if message.key:
            self._use_key(message.key)

    def action_enter_key(self) -> None:
        """Ask for an API key."""
        self.desk.ask_for_key()

    def action_review(self) -> None:
        """Show the edit that waits, or all that was gathered."""
        if self._gathered and not self.state.transcript.waiting:
            self.desk.say("Comparing what was gathered with your files …")
        self.run_worker(self._review(), group="review", exclusive=True)

    async def _review(self) -> None:
        if self._bridge is None or self.screen is not self.desk:
            return
        if self._reviewing is None:
            from copydesk.frontends.tui.review.opening import Reviewing

            self._reviewing = Reviewing(self, self._bridge.session, self.editor.edit, lambda: self.surroundings)
        await self._reviewing.open(self.state, self._end_review)

    def action_history(self) -> None:
        """Show what was changed."""
        from copydesk.frontends.tui.history.history_screen import HistoryScreen

        if self._bridge is None:
            self.desk.say(NOT_YET)
        elif self.screen is self.desk:
            self.push_screen(HistoryScreen(self._bridge.session, self._facts.workspace))

    def action_interrupt(self) -> None:
        """Stop what runs; pressed twice, open the history."""
        if not self.stop_work() and self._opens_history:
            self.action_history()
        self._opens_history = True
        self.set_timer(DOUBLE_SECONDS, self._forget_escape)

    def action_cycle_mode(self) -> None:
        """Go to the next mode."""
        self.action_set_mode(next_mode(self.state.transcript.mode or self._facts.mode))

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

    def action_find(self, words: str) -> None:
        """Look for words in the transcript."""
        self.desk.find(words)

    def action_turns(self) -> None:
        """List what was asked, to go to it."""
        if self.screen is self.desk:
            self.desk.show_turns()

    def action_copy(self, extent: str = "reply") -> None:
        """Copy the last reply, the last turn or all, as Markdown."""
        self.desk.copy(extent)

    async def change_session(self, opening: Opening) -> None:
        """Go to another session; raises CopydeskError where that cannot be, and this one goes on."""
        if self.surroundings.open_session is None:
            raise UsageError("Another session cannot be opened here.")
        if self._bridge is not None and self._bridge.session.is_busy:
            raise UsageError("A turn is running; esc stops it, then another session can be opened.")
        session = await self.surroundings.open_session(opening, self.learn)
        self.following = self.run_worker(self._follow(session), name="session")

    def _begin(self) -> None:
        self.following = self.run_worker(self._follow_session(), name="session")

    async def _follow_session(self) -> None:
        try:
            session = await self._open_session(self.learn)
        except CopydeskError as error:
            self.desk.say(str(error))
            return
        await self._follow(session)

    async def _follow(self, session: SessionPort) -> None:
        """Show a session from now on, and let go of the one before it."""
        from copydesk.frontends.tui.bridge import Bridge, DeskState

        left, self._bridge = self._bridge, Bridge(session, partial(self._show_state_of, session))
        bridge = self._bridge
        self.kept_session = "" if self._facts.is_demo else session.id
        self._reviewing = None
        if left is not None:
            await left.session.close()
            self.show_state(DeskState())
            self.desk.say("")
        self.desk.connect(session.tools)
        if not session.has_credentials:
            self.desk.say(NO_CREDENTIALS)
        self.tell_faults_of_keys()
        unsent, self._unsent = self._unsent, []
        for prompt in unsent:
            self._send(prompt)
        await bridge.listen()

    def _show_state_of(self, session: SessionPort, state: DeskState) -> None:
        """What a session says that was left is shown no more, nor what it says while the screen is taken down."""
        if self.session is session and self.screen_stack:
            with outlived(self):
                self.show_state(state)

    def _send(self, prompt: str) -> None:
        if self._bridge is None:
            self._unsent.append(prompt)
            self.desk.say("The session is still being opened; the prompt is sent then.")
        elif not self._bridge.session.has_credentials:
            self.desk.composer.rewrite(prompt)
            self.desk.say(NOT_SENT)
        else:
            if self.state.transcript.is_busy:
                self.desk.say("Sent when this turn ends.")
            else:
                self.desk.say("")
                # Who asks wants to see the answer; what is sent later moves nothing that is being read.
                self.desk.action_newest()
            self.run_worker(self._submit(self._bridge.session, prompt), group="submit")

    async def _submit(self, session: SessionPort, prompt: str) -> None:
        try:
            await session.submit(prompt)
        except CopydeskError as error:
            self.desk.say(str(error))
        self.show_queue()

    def _use_key(self, key: str) -> None:
        if self._bridge is not None:
            self._bridge.session.use_key(key)
            self.desk.say("The key is used for this session only; it is not kept.")

    def _offer_review(self) -> None:
        """Open the review once for each edit that begins to wait, unless a prompt is being written."""
        transcript = self.state.transcript
        waits = [(card.proposal, card.digest) for card in transcript.waiting[:1]]
        if self._gathered and not transcript.is_busy:
            waits.append(("gathered", str(transcript.turn)))
        if not waits or self._offered == waits[0]:
            return
        self._offered = waits[0]
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
