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
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, SaidSentence
from copydesk.frontends.tui.terminal.mishaps import Sturdy

Part = tuple[int, int]
"""What can go back by itself: a file, from 0, and a hunk of it, from 1; hunk 0 is the whole of a file without hunks."""


class RestoreScreen(Sturdy, Screen[Decision | None]):
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
        self._parts = [part for file in range(len(preview.diffs)) for part in parts_of(preview, file)]

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield DiffView()
        yield RuleLine()
        yield SaidSentence(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        conflicts = [f"In conflict, decided before anything moves: {c.sentence}" for c in self._preview.conflicts]
        remarks = [self._remark] if self._remark else []
        self.query_one(DiffView).show_diffs(self._preview.diffs, [*remarks, *conflicts])
        self._draw(self._parts)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for hunks rest where there are none."""
        about_parts = ("decide", "decide_file", "go", "go_to_file")
        return bool(self._preview.diffs) if action in about_parts else True

    def on_diff_view_moved(self, message: DiffView.Moved) -> None:
        """Say where the cursor is."""
        self._show_place()

    def action_decide(self, goes_back: bool) -> None:
        """Say what becomes of this hunk, and go on to the next."""
        chosen = self._chosen
        self._decide(chosen, goes_back)
        if len(chosen) == 1:
            self.action_go(1)

    def action_decide_file(self, goes_back: bool) -> None:
        """Say what becomes of all hunks of this file."""
        self._decide(parts_of(self._preview, self.query_one(DiffView).spot.file), goes_back)

    def action_go(self, step: int) -> None:
        """Go to another hunk."""
        self.query_one(DiffView).go_to_hunk(step)

    def action_go_to_file(self, step: int) -> None:
        """Go to another file."""
        self.query_one(DiffView).go_to_file(step)

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
    def _chosen(self) -> list[Part]:
        """What the cursor is on: a hunk, or a file with all of its hunks; nothing between hunks."""
        spot = self.query_one(DiffView).spot
        if spot.hunk:
            return [(spot.file, spot.hunk)]
        return parts_of(self._preview, spot.file) if spot.line is None else []

    def _decide(self, parts: Collection[Part], goes_back: bool) -> None:
        self._rejected = self._rejected - set(parts) if goes_back else self._rejected | set(parts)
        self._draw(parts)

    def _draw(self, parts: Collection[Part]) -> None:
        view = self.query_one(DiffView)
        for file, hunk in parts:
            stays = (file, hunk) in self._rejected
            view.mark_hunk(file, hunk, "✗ stays" if stays else "✓ goes back", "removed" if stays else "added")
        files, going = len(self._preview.diffs), len(self._parts) - len(self._rejected)
        counted = f"{plural(files, 'file')}  {plural(len(self._parts), 'hunk')}  {going} to go back"
        title = self.query_one("#title", SaidLine)
        title.say((" preview", "accent"), (f"  {counted}", "strong"), right=[(f"{show(self._doing)} ", "secondary")])
        self._show_place()

    def _show_place(self) -> None:
        if not self._parts:
            self._say("There is no difference to show.")
            return
        spot = self.query_one(DiffView).spot
        path = self._preview.diffs[spot.file].path
        part = (spot.file, spot.hunk)
        is_part = part in self._parts
        self._say(f"hunk {self._parts.index(part) + 1} of {len(self._parts)}  {path}" if is_part else path)

    def _say(self, sentence: str, style: str = "text") -> None:
        self.query_one("#said", SaidSentence).say((f" {show(sentence)}", style))


def parts_of(preview: RollbackPreview, file: int) -> list[Part]:
    """What of one file can go back by itself."""
    hunks = len(preview.diffs[file].hunks) if file < len(preview.diffs) else 0
    return [(file, hunk) for hunk in range(1, hunks + 1)] or [(file, 0)]


def decision_on(preview: RollbackPreview, rejected: Collection[Part]) -> Decision:
    """Let everything through but these."""
    files = []
    for number, diff in enumerate(preview.diffs):
        refused = {hunk for file, hunk in rejected if file == number}
        going = [number for number in range(1, len(diff.hunks) + 1) if number not in refused]
        if refused:
            hunks = tuple(HunkDecision(number, Choice.ACCEPT) for number in going)
            files.append(FileDecision(diff.path, Choice.REJECT, hunks))
    return Decision(True, preview.digest, files=tuple(files))
