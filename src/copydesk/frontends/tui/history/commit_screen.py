"""Owns the questions before a commit: whether all of it is meant, and, where it is not, what of it goes in.

They answer with what the person said and commit nothing.
"""

from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.commits import CommitPreview
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question
from copydesk.frontends.tui.history.parts_screen import PartsScreen


class CommitScreen(ConfirmScreen):
    """Asks for a yes to a commit, or for what is to be in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "choose", "choose what goes in…", id="commit.choose"),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.wants_choice = False

    def action_choose(self) -> None:
        """Choose among what is shown."""
        self.wants_choice = True
        self.dismiss(False)


class CommitPartsScreen(PartsScreen):
    """Shows what a commit would hold; each hunk is in it unless it is left for a later one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide(True)", "in this commit", id="parts.take"),
        Binding("x", "decide(False)", "later", id="parts.leave"),
        Binding("A", "decide_file(True)", "file in it", id="parts.take_file"),
        Binding("X", "decide_file(False)", "file later", id="parts.leave_file"),
        Binding("n", "go(1)", "next", id="parts.next"),
        Binding("p", "go(-1)", "previous", id="parts.previous"),
        Binding("right_square_bracket", "go_to_file(1)", "next file", id="parts.next_file", key_display="]"),
        Binding("left_square_bracket", "go_to_file(-1)", "file before", id="parts.previous_file", key_display="["),
        Binding("enter,c", "finish", "commit…", id="parts.finish", key_display="enter"),
        Binding("escape,q", "back", "back", id="parts.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    TITLE_WORD = "commit"
    TAKEN, LEFT, TO_BE = "✓ in this commit", "✗ later", "in this commit"
    NOTHING_TAKEN = "Every hunk is left for later, so there is nothing to commit: a takes one in, esc leaves."

    def __init__(self, preview: CommitPreview) -> None:
        super().__init__(preview.diffs, preview.digest, "what is left stays for a later commit")

    @property
    def needs_some(self) -> bool:
        """There is no commit of nothing."""
        return True
