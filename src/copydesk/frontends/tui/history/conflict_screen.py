"""Owns the question what is to become of each file that somebody else changed too: keep, restore or merge.

For each it shows why, and the three ways: what was changed since, what restoring does, what merging does. It gives
the answers once each file has one, and moves nothing.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.checkpoints import Answers, FileConflict, Remedy, RollbackPreview
from copydesk.domain.display import show
from copydesk.frontends.going_back import REMEDY_WORDS
from copydesk.frontends.present import plural
from copydesk.frontends.tui.diff.shown_files import TitledDiffs
from copydesk.frontends.tui.diff.three_ways import ThreeWays, contradiction, one_way
from copydesk.frontends.tui.lines.choice_list import ChoiceList, PathList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, SaidSentence
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.terminal.mishaps import Sturdy

SIDES = "copydesk left", "it was", "is there now"
"""What base, ours and theirs are called where a file goes back."""


class ConflictScreen(Sturdy, Screen[Answers | None]):
    """Goes through the files in conflict."""

    DEFAULT_CSS = """
    ConflictScreen {
        background: $background;
        PathList { height: auto; max-height: 20%; min-height: 1; }
        #why { max-height: 4; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('keep')", "keep what is there", id="conflict.keep"),
        Binding("t", "answer('restore')", "take the checkpoint", id="conflict.restore"),
        Binding("m", "answer('merge')", "merge", id="conflict.merge"),
        Binding("right_square_bracket", "go_to_file(1)", "next file", id="conflict.next", key_display="]"),
        Binding("left_square_bracket", "go_to_file(-1)", "file before", id="conflict.previous", key_display="["),
        Binding("enter", "finish", "go on…", id="conflict.finish", key_display="enter"),
        Binding("escape,q", "back", "nothing moves", id="conflict.back", key_display="esc"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="conflict.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(self, preview: RollbackPreview, doing: str, remark: str = "") -> None:
        super().__init__()
        self._conflicts, self._doing, self._remark = preview.conflicts, doing, remark
        self._answers: dict[str, Remedy] = {}

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield PathList([conflict.path for conflict in self._conflicts])
        yield RuleLine()
        yield TextLines(place="why")
        yield ThreeWays()
        yield RuleLine()
        yield SaidSentence(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        files = self.query_one(PathList)
        for conflict in self._conflicts:
            files.say(conflict.path, "to decide")
        files.show_lines()
        self._say(self._remark or "Nothing moves until each file has an answer.", "warning")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done with this file, and going on only when each has its answer."""
        match action:
            case "answer":
                return Remedy(str(parameters[0])) in self._conflict.remedies
            case "finish":
                return len(self._answers) == len(self._conflicts)
            case "go_to_file":
                return len(self._conflicts) > 1
            case _:
                return True

    def on_choice_list_highlighted(self, message: ChoiceList.Highlighted) -> None:
        """Show the chosen file."""
        self._show_ways()
        self.refresh_bindings()

    def action_answer(self, remedy: str) -> None:
        """Say what becomes of this file, and go on to the next that has no answer."""
        path, files = self._conflict.path, self.query_one(PathList)
        self._answers[path] = Remedy(remedy)
        files.say(path, f"{remedy} ✓")
        left = [index for index, conflict in enumerate(self._conflicts) if conflict.path not in self._answers]
        if left:
            self._say(f"{plural(len(left), 'file')} to decide; nothing moves before.", "warning")
            files.choose(next((index for index in left if index > files.chosen), left[0]))
        else:
            said = f"{path}: {REMEDY_WORDS[Remedy(remedy)]}."
            self._say(f"{said if len(self._conflicts) == 1 else 'Each has an answer.'} enter goes on.", "waiting")
        self._show_title()
        self.refresh_bindings()

    def action_go_to_file(self, step: int) -> None:
        """Go to another file."""
        self.query_one(PathList).action_move(step)

    def action_finish(self) -> None:
        """Give the answers; what they come to is confirmed before anything moves."""
        self.dismiss(Answers(by_path=dict(self._answers)))

    def action_back(self) -> None:
        """Leave; nothing moves."""
        self.dismiss(None)

    @property
    def _conflict(self) -> FileConflict:
        return self._conflicts[self.query_one(PathList).chosen]

    def _show_ways(self) -> None:
        self.query_one(ThreeWays).show_ways(list(ways(self._conflict)))
        self.query_one("#why", TextLines).show_text(self._conflict.sentence, "warning")
        self._show_title()

    def _show_title(self) -> None:
        decided = f"{len(self._answers)} of {plural(len(self._conflicts), 'file')} decided"
        title = self.query_one("#title", SaidLine)
        title.say((" conflicts", "accent"), (f"  {decided}", "strong"), right=[(f"{show(self._doing)} ", "secondary")])

    def _say(self, sentence: str, style: str) -> None:
        self.query_one("#said", SaidSentence).say((f" {show(sentence)}", style))


def ways(conflict: FileConflict) -> Iterator[TitledDiffs]:
    """What was changed since, what restoring does, and what merging does, each with a title."""
    yield one_way("what others made of it", conflict.theirs, "It cannot be shown as a difference.")
    yield one_way("t  what is there now → what it was", conflict.restored, "It cannot be restored.")
    if conflict.merged or not conflict.places:
        yield one_way("m  what is there now → both merged", conflict.merged, "There is nothing to merge.")
    else:
        remarks = tuple(line for place in conflict.places for line in contradiction(place, SIDES))
        yield "m  does not merge: both changed the same lines", (), remarks
