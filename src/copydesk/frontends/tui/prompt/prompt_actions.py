"""Owns what can be done from the prompt beside sending it: search, checks, the queue, a file in the editor.

The app is one of these; what it opens is loaded when it is first wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on

from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.desk_app import NOT_YET, DeskApp
from copydesk.frontends.tui.prompt.composer import Composer

if TYPE_CHECKING:
    from copydesk.domain.checks import Check
    from copydesk.frontends.tui.bridge import SessionPort


class PromptActions(DeskApp):
    """An app with a desk and, once it is open, a session."""

    def action_begin_prompt(self, text: str) -> None:
        """Begin a prompt for the person."""
        self.desk.composer.rewrite(text)

    async def action_edit_prompt(self) -> None:
        """Have the prompt written in the person's own editor."""
        composer = self.desk.composer
        try:
            composer.rewrite(await self.editor.edit(composer.whole))
        except CopydeskError as error:
            self.desk.say(str(error))

    async def action_open_file(self, path: str, line: int = 1) -> None:
        """Open a file of the workspace in the person's own editor."""
        try:
            await self.editor.open(path, line)
        except CopydeskError as error:
            self.desk.say(str(error))

    def action_search_prompts(self) -> None:
        """Look for an earlier prompt, and write it in place of what is written."""
        from copydesk.frontends.tui.prompt.prompt_search import PromptSearchScreen

        if self.screen is self.desk:
            self.push_screen(PromptSearchScreen(self.desk.composer.earlier_prompts), self._take_earlier)

    def action_check(self, name: str = "") -> None:
        """Run a check, once it is agreed to; without a name, say which there are."""
        from copydesk.frontends.check_words import list_checks
        from copydesk.frontends.tui.prompt.check_run import consent_screen

        if self.session is None:
            self.desk.say(NOT_YET)
            return
        tools = self.session.tools
        try:
            check = tools.find_check(name) if name else None
        except CopydeskError as error:
            self.desk.say(str(error))
            return
        if check is None:
            self.desk.say(list_checks(tools.checks))
        elif tools.needs_consent(check):
            self.push_screen(consent_screen(check), lambda agreed: self._run_check(check, agreed))
        else:
            self._run_check(check, True)

    @on(Composer.TakeBackWanted)
    def take_back(self) -> None:
        """Have the last prompt that waits changed."""
        prompt = self.session.take_back() if self.session is not None else None
        if prompt is not None:
            self.desk.composer.rewrite(prompt)
            self.desk.say("")
        self.show_queue()

    def show_queue(self) -> None:
        """List the prompts that wait."""
        if self.session is not None:
            self.desk.show_queue(self.session.queued)

    def stop_work(self) -> bool:
        """Stop the check that the person runs, or the turn, and give back what waited; False where nothing ran."""
        session = self.session
        if session is None:
            return False
        if session.tools.stop_check():
            self.desk.say("Stopping the check …")
            return True
        queued = session.queued
        if not session.cancel():
            return False
        self.desk.say("Interrupting …")
        self._give_back(queued)
        return True

    def _give_back(self, prompts: Sequence[str]) -> None:
        """What waited is not lost: it stands in the prompt, above what was being written."""
        if prompts:
            composer = self.desk.composer
            composer.rewrite("\n\n".join((*prompts, *(() if composer.is_empty else (composer.whole,)))))
        self.show_queue()

    def _take_earlier(self, prompt: str | None) -> None:
        if prompt is not None:
            self.desk.composer.rewrite(prompt)

    def _run_check(self, check: Check, is_agreed: bool | None) -> None:
        if self.session is not None and is_agreed:
            self.run_worker(self._follow_check(self.session, check), group="check")

    async def _follow_check(self, session: SessionPort, check: Check) -> None:
        self.desk.say("")
        self.desk.show_work(f"check {check.name}")
        try:
            await session.run_check(check)
        except CopydeskError as error:
            self.desk.say(str(error))
        finally:
            # An app that ends has no desk any more.
            if self.screen_stack:
                self.desk.show_work("")
