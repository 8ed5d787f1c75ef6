"""Owns the choice of one file among those of a step. It does nothing with it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.display import show
from copydesk.frontends.tui.lines.choice_screen import ChoiceScreen
from copydesk.frontends.tui.lines.row_list import Row


class FileScreen(ChoiceScreen):
    """Asks for one of some files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "only this file", id="file.choose", key_display="enter"),
        Binding("escape,q", "back", "back", id="file.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]

    def __init__(self, doing: str, paths: Sequence[str]) -> None:
        title = [(" only one file", "accent"), (f"  {show(doing)}", "strong")]
        super().__init__(title, [Row(show(path), is_path=True) for path in paths])
