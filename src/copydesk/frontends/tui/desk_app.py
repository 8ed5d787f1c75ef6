"""Owns what every part of the app knows: its desk, and the session once it is open. It does nothing with them."""

from textual.worker import Worker, WorkerState

from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.app import TerminalApp
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, keep_no_trace

NOT_YET = "The session is still being opened."


class DeskApp(TerminalApp):
    """An app with a desk and, once it is open, a session."""

    def __init__(self, surroundings: Surroundings | None = None, keep_trace: KeepTrace = keep_no_trace) -> None:
        super().__init__(surroundings, keep_trace)
        self.following: Worker[None] | None = None
        """Shows what the session does, once the desk is drawn; without it there is nothing to go on for."""

    @property
    def desk(self) -> DeskScreen:
        """The main screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, DeskScreen)
        return screen

    @property
    def session(self) -> SessionPort | None:
        """The session on screen; None until it is open."""
        raise NotImplementedError

    @property
    def can_go_on(self) -> bool:
        """As long as what the session does is shown."""
        return self.following is not None and self.following.state is not WorkerState.ERROR

    @property
    def is_heard(self) -> bool:
        """What is said is said on the desk."""
        return self.screen is self.desk

    def say(self, sentence: str) -> None:
        """Say something on the desk, whatever lies over it."""
        self.desk.say(sentence)
