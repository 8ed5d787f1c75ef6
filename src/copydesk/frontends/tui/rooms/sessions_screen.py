"""Owns the screen of the sessions: which there are, and the ways to read, resume, copy, export and delete one.

What changes anything is done by the shelf and the app; a session that is deleted is confirmed first.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from copydesk.domain.display import show
from copydesk.domain.errors import CopydeskError
from copydesk.domain.sessions import SessionSummary
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.present import plural
from copydesk.frontends.session_files import ExportFormat, about, session_file
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question
from copydesk.frontends.tui.history.step_list import clock_time
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.rooms.list_screen import ListScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.rooms.session_list import SessionList
from copydesk.frontends.tui.surroundings import Opening, Surroundings

SEARCH, EXPORT = "search", "export"
"""What the field asks for."""


class SessionsScreen(ListScreen):
    """The sessions of this workspace, the last used one first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "read", "read", id="sessions.read", key_display="enter"),
        Binding("r", "resume", "resume", id="sessions.resume"),
        Binding("f", "fork", "resume a copy", id="sessions.fork"),
        Binding("e", "export", "export…", id="sessions.export"),
        Binding("d", "delete", "delete…", id="sessions.delete"),
        Binding("slash", "search", "search…", id="sessions.search", key_display="/"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="sessions.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="sessions.back", key_display="esc"),
    ]

    def __init__(self, surroundings: Surroundings, current: str, words: str = "", *, exports: bool = False) -> None:
        """`current` is the id of the session on screen, `words` are looked for at once, `exports` asks for a file."""
        self._list = SessionList(current)
        super().__init__(self._list)
        self._surroundings = surroundings
        self._current = current
        self._words = words
        self._exports = exports
        self._all: Sequence[SessionSummary] = ()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#about", TextLines).show_text("Reading …", "secondary")
        self.run_worker(self._load())

    def show(self) -> None:
        """Show the sessions that fit."""
        fitting = [one for one in self._all if one.fits(self._words)]
        self._list.show_sessions(fitting)
        counted = f"  {plural(len(self._all), 'session')}" if self._all else ""
        words = f"  {len(fitting)} with “{show(self._words)}”" if self._words else ""
        right = [("the last used one first ", "secondary")]
        self.title_line.say((" sessions", "accent"), (counted, "strong"), (words, "text"), right=right)
        if not fitting:
            self.show_about()

    def about(self) -> str:
        """What is known of the chosen session."""
        one = self._session
        if one is None:
            return "No session has these words." if self._all else "There is no session here yet."
        return "\n".join([show(one.prompt), *about(one, clock_time)]).strip()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys about a session rest where there is none; one that is on screen already is not resumed."""
        one = self._session if self.is_mounted else None
        match action:
            case "read" | "export":
                return one is not None and not one.fault
            case "fork":
                return one is not None and not one.fault and self._surroundings.open_session is not None
            case "resume":
                return bool(self.check_action("fork", ())) and one is not None and one.id != self._current
            case "delete":
                return one is not None and one.id != self._current
            case _:
                return True

    def action_read(self) -> None:
        """Show what was said and done in it."""
        if one := self._session:
            self.app.push_screen(ReadingScreen(self._shelf, one))

    def action_resume(self) -> None:
        """Go on with it on this screen."""
        if one := self._session:
            self.follow(partial(self._open, Opening(one.id)))

    def action_fork(self) -> None:
        """Go on with a copy of it on this screen."""
        if one := self._session:
            self.follow(partial(self._open, Opening(one.id, is_copy=True)))

    def action_delete(self) -> None:
        """Remove its record, once that was confirmed."""
        if one := self._session:
            self.follow(partial(self._delete, one))

    def action_search(self) -> None:
        """Look for words."""
        self.say("Words that the line or the files have; enter keeps them, esc shows all again.")
        self.field.ask(SEARCH, self._words)

    def action_export(self) -> None:
        """Ask where to write it to."""
        if one := self._session:
            self.say("A new file outside the workspace; .json holds every event, every other name is Markdown.")
            self.field.ask(EXPORT, f"{self._surroundings.exports}/copydesk-{one.id}{ExportFormat.MARKDOWN.suffix}")

    @on(TextArea.Changed)
    def look_for_words(self) -> None:
        """Show what fits while it is written."""
        if self.field.display and self.field.purpose == SEARCH:
            self._words = self.field.text
            self.show()

    @on(WordsField.Left)
    def end_search(self, message: WordsField.Left) -> None:
        """Show all again."""
        if message.purpose == SEARCH:
            self._words = ""
            self.show()

    @on(WordsField.Sent)
    def take_words(self, message: WordsField.Sent) -> None:
        """Keep the search, or export to the file that was named."""
        self.close_field()
        if message.purpose == EXPORT and (one := self._session):
            self.follow(partial(self._export, one, message.text))

    async def _load(self) -> None:
        try:
            self._all = await self.found(self._shelf.sessions)
        except (CopydeskError, OSError) as error:
            self.say(
                f"The sessions cannot be read: {show(str(error))} Mend that, and open this screen again.", "warning"
            )
        self.show()
        if self._exports:
            self._exports = False
            self._list.choose(next((index for index, one in enumerate(self._all) if one.id == self._current), 0))
            self.action_export()

    async def _open(self, opening: Opening) -> str:
        self.say("Opening …")
        await self.rooms.change_session(opening)
        self.dismiss()
        return ""

    async def _export(self, one: SessionSummary, path: str) -> str:
        self.say("Writing …")
        wanted = ExportFormat.JSON if Path(path).suffix == ExportFormat.JSON.suffix else ExportFormat.MARKDOWN
        kept = await asyncio.to_thread(self._shelf.read, one.id)
        text = await asyncio.to_thread(session_file, kept, wanted, clock_time)
        return f"Written: {await asyncio.to_thread(self._surroundings.save_export, path, text)}"

    async def _delete(self, one: SessionSummary) -> str:
        await asyncio.to_thread(self._shelf.removable, one.id)
        text = "\n".join([show(one.prompt), *about(one, clock_time), "", "Its record goes for good."])
        kept = "What it edited stays in the history."
        question = Question(f"deleting session {one.id}", f"{text} {kept}", "y deletes the record, esc leaves it.")
        if not await self.app.push_screen_wait(ConfirmScreen(question)):
            return "Nothing was deleted."
        await asyncio.to_thread(self._shelf.delete, one.id)
        await self._load()
        return f"Deleted: {one.id}."

    @property
    def _shelf(self) -> SessionShelf:
        assert self._surroundings.shelf is not None
        return self._surroundings.shelf()

    @property
    def _session(self) -> SessionSummary | None:
        return self._list.session
