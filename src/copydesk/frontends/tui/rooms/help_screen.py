"""Owns the list of keys, generated from the bindings that are in force, the person's own ones too; searchable."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import TextArea

from copydesk.frontends.tui.commands import COMMANDS
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.history.commit_screen import CommitPartsScreen, CommitScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.file_screen import FileScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.step_list import StepList
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from copydesk.frontends.tui.keymap import KeyMap, keys_of, own_bindings, short_name
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.prompt.composer import Composer, WritingArea
from copydesk.frontends.tui.prompt.key_field import KeyField
from copydesk.frontends.tui.prompt.prompt_search import PromptSearchScreen
from copydesk.frontends.tui.review.file_list import FileList
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.hunk_editor import HunkEditor
from copydesk.frontends.tui.review.jump_screen import JumpScreen
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.review.verdict_screen import VerdictScreen
from copydesk.frontends.tui.review.ways_screen import WaysScreen
from copydesk.frontends.tui.rooms.cost_screen import CostScreen
from copydesk.frontends.tui.rooms.models_screen import ModelsScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.rooms.rules_screen import RulesScreen
from copydesk.frontends.tui.rooms.sessions_screen import SessionsScreen
from copydesk.frontends.tui.rooms.settings_screen import SettingsScreen
from copydesk.frontends.tui.terminal.app import TerminalApp
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.transcript.reader import TranscriptReader

PLACES: tuple[tuple[str, tuple[type[DOMNode], ...]], ...] = (
    ("Prompt", (Composer, WritingArea)),
    ("Prompt: earlier prompts", (PromptSearchScreen,)),
    ("Desk", (DeskScreen,)),
    ("What was said (with tab or ctrl+f)", (TranscriptReader, WordsField)),
    ("Review", (ReviewScreen, FileList, WordsField, HunkEditor)),
    ("Differences", (DiffView,)),
    ("Review: the hunks of a file", (JumpScreen,)),
    ("Review: a file in conflict", (WaysScreen,)),
    ("Review: the verdict", (FinishScreen,)),
    ("Review from elsewhere: the verdict", (VerdictScreen,)),
    ("History", (HistoryScreen, ChoiceList, StepList)),
    ("History: the difference", (RestoreScreen,)),
    ("History: a commit", (CommitScreen, CommitPartsScreen)),
    ("History: files in conflict", (ConflictScreen,)),
    ("History: before anything moves", (FileScreen, TurnScreen, RewindScreen, ConfirmScreen)),
    ("Sessions", (SessionsScreen,)),
    ("Sessions: reading one", (ReadingScreen,)),
    ("Models", (ModelsScreen,)),
    ("Rules", (RulesScreen,)),
    ("Cost", (CostScreen,)),
    ("Settings", (SettingsScreen,)),
    ("Where words are asked for", (WordsField, KeyField)),
)
"""Where keys apply, and whose they are."""
EVERYWHERE = "Everywhere"
KEY_WIDTH, MEANING_WIDTH = 24, 31
MARGINS = 4
"""Cells beside the lines: their padding, and the scrollbar."""
WIDE = 80
"""Cells that are laid out for where nothing else is said."""


class HelpScreen(Sturdy, Screen[None]):
    """Every key and command, by place."""

    DEFAULT_CSS = """
    HelpScreen { background: $background; }
    HelpScreen VerticalScroll { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search…", id="help.search", key_display="/"),
        Binding("escape,q,question_mark", "app.pop_screen", "back", id="help.back", key_display="esc"),
    ]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, keymap: KeyMap, words: str = "") -> None:
        """`keymap` are the keys that the person gave, `words` are looked for at once."""
        super().__init__()
        self._keymap, self._words = keymap, words

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        with VerticalScroll():
            yield TextLines(place="keys")
        yield RuleLine()
        yield WordsField("field")
        yield KeyLines()

    def on_mount(self) -> None:
        remark = "  the names are for [keys] in your configuration"
        self.query_one(SaidLine).say((" keys", "accent"), (remark, "secondary"))

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._show()

    def action_search(self) -> None:
        """Look for words."""
        self.query_one(WordsField).ask("search", self._words)

    @on(TextArea.Changed)
    def look_for_words(self) -> None:
        """Show what fits while it is written."""
        field = self.query_one(WordsField)
        if field.display:
            self._words = field.text
            self._show()

    @on(WordsField.Sent)
    def keep_words(self) -> None:
        """Go on with what was found."""
        self.query_one(WordsField).close()
        self.query_one(VerticalScroll).focus()

    @on(WordsField.Left)
    def forget_words(self) -> None:
        """Show everything again."""
        self._words = ""
        self._show()
        self.keep_words()

    def _show(self) -> None:
        app = self.app
        assert isinstance(app, TerminalApp)
        lines = list(help_lines(type(app), self._keymap, self._words, self.size.width - MARGINS))
        self.query_one("#keys", TextLines).show_text("\n".join(lines) or f"Nothing here has “{self._words}”.")


def help_lines(app: type[TerminalApp], keymap: KeyMap, words: str = "", width: int = WIDE) -> Iterator[str]:
    """What is to be said of each binding and command in which all words occur, under the name of where it applies."""
    commands = [_entry(command.usage, command.meaning, "", width) for command in COMMANDS]
    listed = [(place, [_line(b, keymap, width) for b in bindings if b.description]) for place, bindings in _places(app)]
    listed = [*listed, ("Commands", commands)]
    if app.HELP_PLACES:
        listed = [(place, lines) for place, lines in listed if place in (*app.HELP_PLACES, EVERYWHERE)]
    for place, lines in listed:
        wanted = words.casefold().split()
        found = [line for line in lines if all(word in f"{place} {line}".casefold() for word in wanted)]
        if found:
            yield from (place, *found, "")


def bindings_by_place(app: type[DOMNode]) -> dict[str, list[Binding]]:
    """The bindings that are in force together, by place: those of the app everywhere, those of a prompt at the desk."""
    everywhere, places = _of_app(app), dict(_places(app))
    writing = own_bindings(TextArea)
    places["Desk"] = [*places["Desk"], *places["Prompt"], *writing]
    return {place: [*bindings, *everywhere] for place, bindings in places.items()}


def _places(app: type[DOMNode]) -> Sequence[tuple[str, list[Binding]]]:
    own = [(name, [binding for kind in kinds for binding in own_bindings(kind)]) for name, kinds in PLACES]
    return [*own, (EVERYWHERE, _of_app(app))]


def _of_app(app: type[DOMNode]) -> list[Binding]:
    return [binding for kind in app.__mro__ if kind.__module__.startswith("copydesk") for binding in own_bindings(kind)]


def _line(binding: Binding, keymap: KeyMap, width: int) -> str:
    keys = ", ".join(map(short_name, keys_of(binding, keymap)))
    return _entry(keys, binding.description, binding.id or "", width)


def _entry(keys: str, meaning: str, name: str, width: int) -> str:
    """Three columns in as many lines as they need; what has no room goes below, in its column."""
    column = " " * (KEY_WIDTH + 3)
    said = wrap(meaning, max(width - len(column), KEY_WIDTH))
    if name and len(said) == 1 and len(column) + MEANING_WIDTH + 1 + len(name) <= width:
        said = [f"{meaning:<{MEANING_WIDTH}} {name}"]
    elif name:
        said.append(name)
    first = f"  {keys:<{KEY_WIDTH}} "
    if len(keys) > KEY_WIDTH:
        said.insert(0, "")
    return "\n".join([f"{first}{said[0]}".rstrip(), *(column + line for line in said[1:])])
