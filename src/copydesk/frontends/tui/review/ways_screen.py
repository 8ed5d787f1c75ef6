"""Owns the question what is to become of an edit that contradicts the disk, with the three sides in sight.

It answers for the person only what they pressed: the edit is dropped, goes on waiting, or its lines are offered over
what others wrote. It moves nothing.
"""

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.display import show
from copydesk.frontends.tui.diff.three_ways import ThreeWays
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.review.offer import OfferedFile
from copydesk.frontends.tui.terminal.mishaps import Sturdy

OTHER_WAYS = (
    "To have both: change the file on disk so that they fit, and look again; or drop the edit and ask for it anew."
)


OVERRULING = (
    "o offers the proposed lines in the place of the others', hunk by hunk, or not any more. Nothing is written by "
    "that, it takes a word of its own in the end, and what others wrote stays in the history."
)


class Way(Enum):
    """What a person says of a conflict."""

    KEEP = "keep"
    """What is on disk stays, the edit is dropped."""
    WAIT = "wait"
    OVERRULE = "overrule"
    """The proposed lines are offered over what others wrote, or not any more."""


class WaysScreen(Sturdy, Screen[Way]):
    """Says which way a conflict is to go."""

    DEFAULT_CSS = """
    WaysScreen { background: $background; }
    WaysScreen #why { max-height: 4; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", "keep what is on disk, drop the edit", id="ways.keep"),
        Binding("o", "overrule", "offer the proposed lines over theirs, or not", id="ways.overrule"),
        Binding("w,escape,q", "wait", "let the edit wait", id="ways.wait", key_display="esc"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="ways.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(self, file: OfferedFile) -> None:
        super().__init__()
        self._file = file

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield TextLines(place="why")
        yield ThreeWays()
        yield RuleLine()
        yield TextLines(f"{OTHER_WAYS} {OVERRULING}" if self._file.can_be_overruled else OTHER_WAYS)
        yield KeyLines()

    def on_mount(self) -> None:
        self.query_one("#title", SaidLine).say((" conflict", "accent"), (f"  {show(self._file.path)}", "strong"))
        self.query_one("#why", TextLines).show_text(self._file.conflict or " ".join(self._file.notes), "warning")
        self.query_one(ThreeWays).show_ways(self._file.ways)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only lines can be put over lines, not a file over a file."""
        return self._file.can_be_overruled if action == "overrule" else True

    def action_keep(self) -> None:
        """Drop the edit."""
        self.dismiss(Way.KEEP)

    def action_overrule(self) -> None:
        """Have the proposed lines offered over what others wrote, or not any more."""
        self.dismiss(Way.OVERRULE)

    def action_wait(self) -> None:
        """Decide nothing."""
        self.dismiss(Way.WAIT)
