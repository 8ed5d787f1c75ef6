"""Owns the choice of one file among those of a step. It does nothing with it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.display import show
from copydesk.frontends.tui.lines.choice_list import PathList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine


class FileScreen(Screen[str | None]):
    """Asks for one of some files."""

    DEFAULT_CSS = """
    FileScreen { background: $background; }
    FileScreen PathList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "only this file", id="file.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="file.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "PathList"

    def __init__(self, doing: str, paths: Sequence[str]) -> None:
        super().__init__()
        self._doing, self._paths = doing, paths

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield PathList(self._paths)
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        title = self.query_one("#title", SaidLine)
        title.say((" only one file", "accent"), (f"  {show(self._doing)}", "strong"))
        self.query_one(PathList).show_lines()

    def action_choose(self) -> None:
        """Take the chosen file."""
        self.dismiss(self._paths[self.query_one(PathList).chosen])

    def action_back(self) -> None:
        """Take none."""
        self.dismiss(None)
