"""Owns the whole difference that going back would make, and the choice of what of it is made: by hunk and by file.

What it gives is bound to the digest of what it shows. It moves nothing.
"""

from collections.abc import Collection
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copydesk.domain.checkpoints import RollbackPreview
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.diff_view import DiffView, Part
from copydesk.frontends.tui.key_lines import KeyLines
from copydesk.frontends.tui.status import RuleLine, SaidLine


class RestoreScreen(Screen[Decision | None]):
    """Shows what going back would change; each hunk goes back unless it is rejected."""

    DEFAULT_CSS = """
    RestoreScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide(True)", "goes back", id="restore.accept"),
        Binding("x", "decide(False)", "stays", id="restore.reject"),
        Binding("A", "decide_file(True)", "file goes back", id="restore.accept_file"),
        Binding("X", "decide_file(False)", "file stays", id="restore.reject_file"),
        Binding("n", "go(1)", "next", id="restore.next"),
        Binding("p", "go(-1)", "previous", id="restore.previous"),
        Binding("right_square_bracket", "go_to_file(1)", "next file", id="restore.next_file", key_display="]"),
        Binding("left_square_bracket", "go_to_file(-1)", "file before", id="restore.previous_file", key_display="["),
        Binding("r", "finish", "roll back…", id="restore.finish"),
        Binding("escape,q", "back", "back", id="restore.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(self, preview: RollbackPreview, doing: str, remark: str = "") -> None:
        super().__init__()
        self._preview, self._doing, self._remark = preview, doing, remark
        self._rejected: set[Part] = set()
        self._here = 0

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield DiffView()
        yield RuleLine()
        yield SaidLine(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        conflicts = [f"In conflict, decided before anything moves: {c.sentence}" for c in self._preview.conflicts]
        remarks = [self._remark] if self._remark else []
        self.query_one(DiffView).show_diffs(self._preview.diffs, [*remarks, *conflicts])
        self._draw(range(len(self._parts)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for hunks rest where there are none."""
        about_parts = ("decide", "decide_file", "go", "go_to_file")
        return bool(self._preview.diffs) if action in about_parts else True

    def on_diff_view_clicked(self, message: DiffView.Clicked) -> None:
        """Stand where the person clicked."""
        self._move(message.index)

    def action_decide(self, goes_back: bool) -> None:
        """Say what becomes of this hunk, and go on to the next."""
        self._decide([self._here], goes_back)
        if self._here + 1 < len(self._parts):
            self.action_go(1)

    def action_decide_file(self, goes_back: bool) -> None:
        """Say what becomes of all hunks of this file."""
        path = self._parts[self._here].path
        self._decide([index for index, part in enumerate(self._parts) if part.path == path], goes_back)

    def action_go(self, step: int) -> None:
        """Go to another hunk."""
        self._move(self._here + step)
        self.query_one(DiffView).reveal(self._here)

    def action_go_to_file(self, step: int) -> None:
        """Go to the first hunk of another file."""
        path = self._parts[self._here].path
        firsts = {part.path: index for index, part in reversed(list(enumerate(self._parts)))}
        starts = sorted(firsts.values())
        self.action_go(starts[max(min(starts.index(firsts[path]) + step, len(starts) - 1), 0)] - self._here)

    def action_finish(self) -> None:
        """Give what was chosen; it is confirmed before anything moves."""
        if self._parts and len(self._rejected) == len(self._parts) and not self._preview.conflicts:
            self._say("Every hunk stays, so there is nothing to do: a lets one go back, esc leaves.", "warning")
        else:
            self.dismiss(decision_on(self._preview, self._rejected))

    def action_back(self) -> None:
        """Leave; nothing moves."""
        self.dismiss(None)

    @property
    def _parts(self) -> list[Part]:
        return self.query_one(DiffView).parts

    def _decide(self, indices: Collection[int], goes_back: bool) -> None:
        parts = {self._parts[index] for index in indices}
        self._rejected = self._rejected - parts if goes_back else self._rejected | parts
        self._draw(indices)

    def _move(self, index: int) -> None:
        before, self._here = self._here, max(min(index, len(self._parts) - 1), 0)
        self._draw({before, self._here})

    def _draw(self, indices: Collection[int]) -> None:
        view, parts = self.query_one(DiffView), self._parts
        for index in indices:
            stays = parts[index] in self._rejected
            pointer = "▌" if index == self._here else " "
            view.mark(index, f"{pointer}{'✗ stays' if stays else '✓ goes back'}", "removed" if stays else "added")
        files, going = len(self._preview.diffs), len(parts) - len(self._rejected)
        counted = f"{plural(files, 'file')}  {plural(len(parts), 'hunk')}  {going} to go back"
        title = self.query_one("#title", SaidLine)
        title.say((" preview", "accent"), (f"  {counted}", "strong"), right=[(f"{show(self._doing)} ", "secondary")])
        if parts:
            part = parts[self._here]
            self._say(f"hunk {self._here + 1} of {len(parts)}  {part.path}")
        else:
            self._say("There is no difference to show.")

    def _say(self, sentence: str, style: str = "text") -> None:
        self.query_one("#said", SaidLine).say((f" {show(sentence)}", style))


def decision_on(preview: RollbackPreview, rejected: Collection[Part]) -> Decision:
    """Let everything through but these."""
    files = []
    for diff in preview.diffs:
        refused = {part.hunk for part in rejected if part.path == diff.path}
        going = [number for number in range(1, len(diff.hunks) + 1) if number not in refused]
        if refused:
            hunks = tuple(HunkDecision(number, Choice.ACCEPT) for number in going)
            files.append(FileDecision(diff.path, Choice.REJECT, hunks))
    return Decision(True, preview.digest, files=tuple(files))
