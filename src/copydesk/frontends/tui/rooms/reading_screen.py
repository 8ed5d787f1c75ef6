"""Owns reading a session that was kept: its transcript, and nothing that could change it."""

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.display import show
from copydesk.domain.errors import CopydeskError
from copydesk.domain.sessions import SessionSummary
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.present import plural
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.transcript.view import TranscriptView


class ReadingScreen(Sturdy, Screen[None]):
    """What was said and done in a session."""

    DEFAULT_CSS = """
    ReadingScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "details", "details", id="reading.details", key_display="enter"),
        Binding("home,g", "to_start", "first", id="reading.start", key_display="home"),
        Binding("end,G", "to_end", "last", id="reading.end", key_display="end"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="reading.back", key_display="esc"),
    ]
    AUTO_FOCUS = "TranscriptView"

    def __init__(self, shelf: SessionShelf, session: SessionSummary) -> None:
        super().__init__()
        self._shelf, self._session = shelf, session

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield TranscriptView()
        yield TextLines("Reading …", place="said")
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        title = self.query_one("#title", SaidLine)
        title.say(
            (" reading", "accent"),
            (f"  {show(self._session.prompt) or show(self._session.id)}", "strong"),
            right=[("nothing here changes it ", "secondary")],
        )
        self.run_worker(self._load())

    async def _load(self) -> None:
        said = self.query_one("#said", TextLines)
        try:
            kept = await asyncio.to_thread(self._shelf.read, self._session.id)
            transcript = await asyncio.to_thread(fold, Transcript(), kept.envelopes)
        except CopydeskError as error:
            said.show_text(str(error), "warning")
            return
        self._view.show_items(transcript.items)
        said.display = bool(kept.damaged)
        said.show_text(f"{plural(kept.damaged, 'record')} could not be read and is left out.", "warning")

    @property
    def _view(self) -> TranscriptView:
        return self.query_one(TranscriptView)

    def action_details(self) -> None:
        """Fold or unfold what tool calls and thinking hold."""
        self._view.toggle_details()

    def action_to_start(self) -> None:
        """Go to the first line."""
        self._view.following = False
        self._view.scroll_to(y=0, animate=False)

    def action_to_end(self) -> None:
        """Go to the last line."""
        self._view.go_to_end()

    def action_back(self) -> None:
        """Leave."""
        self.dismiss()
