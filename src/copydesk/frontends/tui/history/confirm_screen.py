"""Owns the last question before files move: what would happen in words, and the whole difference below them.

It answers with what the person said and does nothing itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show
from copydesk.domain.rewinds import RewindPreview
from copydesk.frontends.going_back import left_sentence, rewind_sentence, rollback_sentence
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.terminal.mishaps import Sturdy

ARMING_SECONDS = 0.4
"""How long a question that is asked again is on screen before a key counts: it comes unbidden, right after a key."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    doing: str
    """What it is about, in half a sentence."""
    text: str
    """Exactly what would happen."""
    asked: str
    """What each key does."""
    diffs: tuple[FileDiff, ...] = ()
    """Exactly what would change."""
    remark: str = ""
    """Why it is asked again."""


class ConfirmScreen(Sturdy, Screen[bool]):
    """Asks for a yes to exactly what it shows."""

    DEFAULT_CSS = """
    ConfirmScreen {
        background: $background;
        VerticalScroll { height: auto; max-height: 50%; }
        VerticalScroll.-alone { height: 1fr; max-height: 100%; }
        DiffView { min-height: 2; }
        #asked { padding: 0 1; color: $accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "yes, do this", id="confirm.yes"),
        Binding("escape,n,q", "refuse", "no, nothing moves", id="confirm.no", key_display="esc"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="confirm.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question
        self.is_armed = not question.remark
        """Whether a yes counts already."""

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield TextLines(place="remark")
        with VerticalScroll(can_focus=True):
            yield TextLines(self._question.text)
        yield RuleLine()
        yield DiffView(has_cursor=False)
        yield TextLines(self._question.asked, place="asked")
        yield KeyLines()

    def on_mount(self) -> None:
        question = self._question
        self.query_one("#title", SaidLine).say((" confirm", "accent"), (f"  {show(question.doing)}", "strong"))
        _warn(self.query_one("#remark", TextLines), question.remark)
        view = self.query_one(DiffView)
        view.display = bool(question.diffs)
        self.query_one(VerticalScroll).set_class(not question.diffs, "-alone")
        view.show_diffs(question.diffs)
        self.set_timer(ARMING_SECONDS, self._arm)

    def action_agree(self) -> None:
        """Yes to what is shown."""
        if self.is_armed:
            self.dismiss(True)

    def action_refuse(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)

    def _arm(self) -> None:
        self.is_armed = True


class RewindChoice(Enum):
    """What is cut back."""

    BOTH = "both"
    CONVERSATION = "conversation"


class RewindScreen(Sturdy, Screen[RewindChoice | None]):
    """Asks whether the files go back with the conversation; what it is answered is confirmed once more."""

    DEFAULT_CSS = """
    RewindScreen {
        background: $background;
        VerticalScroll { height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "choose('both')", "conversation and files…", id="rewind.both"),
        Binding("c", "choose('conversation')", "conversation only…", id="rewind.conversation"),
        Binding("escape,q", "choose('')", "back", id="rewind.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, doing: str, preview: RewindPreview, remark: str = "") -> None:
        super().__init__()
        self._doing, self._preview, self._remark = doing, preview, remark

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield TextLines(place="remark")
        with VerticalScroll(can_focus=True):
            yield TextLines("\n".join(_both_ways(self._preview)))
        yield RuleLine()
        yield KeyLines()

    def on_mount(self) -> None:
        self.query_one("#title", SaidLine).say((" conversation", "accent"), (f"  {show(self._doing)}", "strong"))
        _warn(self.query_one("#remark", TextLines), self._remark)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Files cannot go back while edits of them wait for a review."""
        return not (parameters == ("both",) and self._preview.waiting)

    def action_choose(self, choice: str) -> None:
        """Answer; an empty word leaves."""
        self.dismiss(RewindChoice(choice) if choice else None)


def _both_ways(preview: RewindPreview) -> Iterator[str]:
    """What each of the two ways would do."""
    yield rewind_sentence(preview)
    yield ""
    if preview.waiting:
        yield f"The files cannot go back: edits wait for your review in {', '.join(map(show, preview.waiting))}."
    else:
        yield rollback_sentence(preview.files, "f  with the files. Going back there")
    yield from (f"   ! {show(conflict.sentence)}" for conflict in preview.files.conflicts)
    yield ""
    yield f"c  the conversation only. {left_sentence(preview)}"


def _warn(lines: TextLines, remark: str) -> None:
    lines.display = bool(remark)
    lines.show_text(remark, "warning")
