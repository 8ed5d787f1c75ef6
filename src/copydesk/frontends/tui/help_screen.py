"""Owns the list of keys, generated from the bindings that are in force."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen

from copydesk.frontends.tui.choice_list import ChoiceList
from copydesk.frontends.tui.commands import COMMANDS
from copydesk.frontends.tui.composer import Composer, WritingArea
from copydesk.frontends.tui.confirm_screen import ConfirmScreen, RewindScreen
from copydesk.frontends.tui.conflict_screen import ConflictScreen
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.file_screen import FileScreen
from copydesk.frontends.tui.history_screen import HistoryScreen
from copydesk.frontends.tui.restore_screen import RestoreScreen
from copydesk.frontends.tui.review.words_field import WordsField
from copydesk.frontends.tui.review_screen import NoteField, ReviewScreen
from copydesk.frontends.tui.status import Footer, RuleLine, SaidLine
from copydesk.frontends.tui.step_list import StepList
from copydesk.frontends.tui.text_lines import TextLines
from copydesk.frontends.tui.transcript_reader import TranscriptReader
from copydesk.frontends.tui.turn_screen import TurnScreen

PLACES: tuple[tuple[str, tuple[type[DOMNode], ...]], ...] = (
    ("Prompt", (Composer, WritingArea)),
    ("Desk", (DeskScreen,)),
    ("What was said (with tab or ctrl+f)", (TranscriptReader, WordsField)),
    ("Review", (ReviewScreen, NoteField)),
    ("History", (HistoryScreen, ChoiceList, StepList)),
    ("History: the difference", (RestoreScreen,)),
    ("History: files in conflict", (ConflictScreen,)),
    ("History: before anything moves", (FileScreen, TurnScreen, RewindScreen, ConfirmScreen)),
)
"""Where keys apply, and whose they are."""


class HelpScreen(Screen[None]):
    """Every key and command, by place."""

    DEFAULT_CSS = """
    HelpScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "app.pop_screen", "back", id="help.back"),
    ]

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        with VerticalScroll():
            yield TextLines("\n".join(help_lines(self.app.BINDINGS)))
        yield RuleLine()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(SaidLine).say((" keys", "accent"), ("  every key can be given to another command", "secondary"))


def help_lines(app_bindings: list[BindingType]) -> Iterator[str]:
    """One line for each binding, under the name of where it applies."""
    places = [(name, [b for kind in kinds for b in _own_bindings(kind)]) for name, kinds in PLACES]
    for name, bindings in [*places, ("Everywhere", app_bindings)]:
        yield name
        for binding in bindings:
            if isinstance(binding, Binding) and binding.description:
                yield f"  {binding.key.replace(',', ', ').replace('question_mark', '?'):<32} {binding.description}"
        yield ""
    yield "Commands"
    for command in COMMANDS:
        yield f"  {command.usage:<32} {command.meaning}"


def _own_bindings(kind: type[DOMNode]) -> list[BindingType]:
    return list(kind.__dict__.get("BINDINGS", []))
