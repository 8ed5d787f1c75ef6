"""Owns the form of screens with a list above and what is known of the chosen line below it.

What is listed, what is said of it and what its keys do is the affair of each screen.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen

from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.rooms.doors import Rooms
from copydesk.frontends.tui.terminal.mishaps import Sturdy

Found = TypeVar("Found")


class ListScreen(Sturdy, Screen[None]):
    """A list, what is known of its chosen line, and what came of the last key."""

    DEFAULT_CSS = """
    ListScreen {
        background: $background;
        ChoiceList { height: 1fr; min-height: 3; }
        VerticalScroll { height: auto; max-height: 45%; }
        #said { max-height: 4; color: $accent; }
    }
    """
    AUTO_FOCUS = "ChoiceList"

    def __init__(self, listed: ChoiceList) -> None:
        super().__init__()
        self._listed = listed

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield self._listed
        yield RuleLine()
        with VerticalScroll(can_focus=True):
            yield TextLines(place="about")
        yield TextLines(place="said")
        yield WordsField("field")
        yield KeyLines()

    def on_mount(self) -> None:
        self.say("")
        self.show()

    @abstractmethod
    def show(self) -> None:
        """Show what there is now."""

    @abstractmethod
    def about(self) -> str:
        """What is known of the chosen line."""

    @on(ChoiceList.Highlighted)
    def show_about(self) -> None:
        """Say what is known of another line."""
        self.query_one("#about", TextLines).show_text(self.about())
        self.refresh_bindings()

    def say(self, sentence: str, style: str = "text") -> None:
        """Say what came of a key; nothing by an empty text."""
        said = self.query_one("#said", TextLines)
        said.display = bool(sentence)
        said.show_text(sentence, style)

    async def found(self, find: Callable[[], Found]) -> Found:
        """What a blocking function finds; who waits for it goes on no more once the screen was left."""
        try:
            return await asyncio.to_thread(find)
        finally:
            if self not in self.app.screen_stack:
                raise asyncio.CancelledError

    def follow(self, way: Callable[[], Awaitable[str]]) -> None:
        """Go a way to its end, and say what came of it; only one at a time."""
        self.run_worker(self._go(way), group="way", exclusive=True)

    async def _go(self, way: Callable[[], Awaitable[str]]) -> None:
        try:
            self.say(await way())
        except CopydeskError as error:
            self.say(str(error), "warning")

    @on(WordsField.Left)
    def close_field(self) -> None:
        """Ask no more."""
        self.field.close()
        self._listed.focus()
        self.say("")

    @property
    def title_line(self) -> SaidLine:
        """The line above all."""
        return self.query_one("#title", SaidLine)

    @property
    def field(self) -> WordsField:
        """Where words are written."""
        return self.query_one(WordsField)

    @property
    def rooms(self) -> Rooms:
        """The app."""
        assert isinstance(self.app, Rooms)
        return self.app

    def action_back(self) -> None:
        """Leave."""
        self.dismiss()
