"""Owns what every part of the app knows: its desk, and the session once it is open. It does nothing with them."""

from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.terminal.app import TerminalApp

NOT_YET = "The session is still being opened."


class DeskApp(TerminalApp):
    """An app with a desk and, once it is open, a session."""

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

    def say(self, sentence: str) -> None:
        """Say something on the desk, whatever lies over it."""
        self.desk.say(sentence)
