"""Owns what every part of the app knows: its desk, the session once it is open, and where failures stop."""

from typing import Any

from textual.app import App
from textual.message import Message
from textual.worker import Worker, WorkerState

from copydesk.frontends.tui.bridge import Bridge, DeskState, SessionPort
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.terminal.mishaps import Mishaps, keep_no_trace, outlived

NOT_YET = "The session is still being opened."


class DeskApp(App[None]):
    """An app with a desk and, once it is open, a session; it outlives what fails in one of its parts."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.state = DeskState()
        """What the session on screen has become."""
        self._facts = facts
        self._bridge: Bridge | None = None
        """To the session on screen; None until it is open."""
        self.mishaps = Mishaps(keep_no_trace)
        self.following: Worker[None] | None = None
        """Shows what the session does, once the desk is drawn; without it there is nothing to go on for."""
        self.kept_session = ""
        """Id of the session that can be resumed after an end; empty where none is kept."""

    @property
    def desk(self) -> DeskScreen:
        """The main screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, DeskScreen)
        return screen

    @property
    def session(self) -> SessionPort | None:
        """The session on screen; None until it is open."""
        return self._bridge.session if self._bridge is not None else None

    def note_mishap(self, error: BaseException) -> None:
        """Say that something failed which the rest can go on without, where the person looks."""
        said = self.mishaps.take(error)
        self.desk.say(said)
        if self.screen is not self.desk and all(shown.message != said for shown in self._notifications):
            self.notify(said, severity="warning", markup=False)

    def outlives(self, error: BaseException) -> bool:
        """Say what failed, and go on; False where that cannot be, and under a test, which is to see it."""
        is_followed = self.following is not None and self.following.state is not WorkerState.ERROR
        if self.is_headless or not is_followed:
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
