"""Owns what every part of the app knows: its desk, and the session once it is open. It does nothing with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.worker import Worker, WorkerState

from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.app import TerminalApp
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, keep_no_trace

if TYPE_CHECKING:
    from copydesk.frontends.editors import EditorCommand
    from copydesk.frontends.tui.bridge import Bridge, DeskState, SessionPort

NOT_YET = "The session is still being opened."


class DeskApp(TerminalApp):
    """An app with a desk and, once it is open, a session."""

    def __init__(
        self, facts: Facts, surroundings: Surroundings | None = None, keep_trace: KeepTrace = keep_no_trace
    ) -> None:
        super().__init__(surroundings, keep_trace)
        self._facts = facts
        self._bridge: Bridge | None = None
        """To the session on screen; None until it is open."""
        self._state: DeskState | None = None
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
        return self._bridge.session if self._bridge is not None else None

    @property
    def state(self) -> DeskState:
        """What the session on screen has become; nothing, while there is none."""
        if self._state is None:
            from copydesk.frontends.tui.bridge import DeskState

            self._state = DeskState()
        return self._state

    @property
    def editor_command(self) -> EditorCommand:
        """The person's own editor."""
        return self._facts.editor

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
