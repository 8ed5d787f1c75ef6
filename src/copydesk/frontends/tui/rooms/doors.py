"""Owns the way into the screens beside the desk: sessions, models, rules, cost, settings.

Each screen is imported when it is opened, for the first paint waits for none of them.
"""

from typing import Any

from textual.screen import Screen

from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.bridge import DeskState
from copydesk.frontends.tui.desk_app import NOT_YET, DeskApp
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.surroundings import Opening, Surroundings
from copydesk.frontends.tui.terminal.mishaps import KeepTrace, keep_no_trace


class Rooms(DeskApp):
    """An app with screens beside its desk."""

    def __init__(self, facts: Facts, surroundings: Surroundings | None, keep_trace: KeepTrace = keep_no_trace) -> None:
        super().__init__(surroundings, keep_trace)
        self._facts = facts

    @property
    def state(self) -> DeskState:
        """What it has become."""
        raise NotImplementedError

    async def change_session(self, opening: Opening) -> None:
        """Go to another session; raises CopydeskError where that cannot be, and this one goes on."""
        raise NotImplementedError

    def tell_faults_of_keys(self) -> None:
        """Say where something is wrong with the person's own keys; once there is time for it."""
        if self.surroundings.keys:
            from copydesk.frontends.tui.rooms.settings_screen import key_faults

            if key_faults(self.surroundings.keys, self):
                self.say("Something is wrong with your [keys]: /settings says why.")

    def action_sessions(self, words: str = "") -> None:
        """Show the sessions of this workspace."""
        if self.surroundings.shelf is None:
            self.desk.say("This session keeps no others beside it.")
            return
        from copydesk.frontends.tui.rooms.sessions_screen import SessionsScreen

        self._enter(SessionsScreen(self.surroundings, self.session.id if self.session else "", words))

    def action_models(self) -> None:
        """Show what is known of each model."""
        from copydesk.frontends.tui.rooms.models_screen import ModelsScreen

        self._enter(ModelsScreen(self.state.transcript.model or self._facts.model))

    def action_rules(self) -> None:
        """Show what is allowed, asked about and denied, and by which rule."""
        if self.session is None:
            self.desk.say(NOT_YET)
            return
        from copydesk.frontends.tui.rooms.rules_screen import RulesScreen

        self._enter(RulesScreen(self.session, self.state.account.by_rule))

    def action_cost(self) -> None:
        """Show what each turn took."""
        from copydesk.frontends.tui.rooms.cost_screen import CostScreen

        self._enter(CostScreen(self.state, self._facts))

    def action_settings(self) -> None:
        """Show what is set, and where it is kept."""
        from copydesk.frontends.tui.rooms.settings_screen import SettingsScreen

        self._enter(SettingsScreen(self.surroundings))

    async def action_export(self) -> None:
        """Write this session to a file."""
        if self.session is None or self.surroundings.shelf is None:
            self.desk.say("There is no record of this session that could be exported.")
            return
        from copydesk.frontends.tui.rooms.sessions_screen import SessionsScreen

        self._enter(SessionsScreen(self.surroundings, self.session.id, exports=True))

    async def action_new_session(self, model: str = "") -> None:
        """Begin another session; this one is kept."""
        await self._go_to(Opening(model=model))

    async def action_resume(self, session: str = "") -> None:
        """Go on with a kept session, by the beginning of its id; without one it is chosen."""
        if session:
            await self._go_to(Opening(resumes=session))
        else:
            self.action_sessions()

    async def _go_to(self, opening: Opening) -> None:
        try:
            await self.change_session(opening)
        except CopydeskError as error:
            self.desk.say(str(error))

    def _enter(self, screen: Screen[Any]) -> None:
        """Show a screen over the desk, unless another one lies there already."""
        if self.screen is self.desk:
            self.push_screen(screen)
