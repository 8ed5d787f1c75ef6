"""Owns a difference of which a person chooses what is made of it: by hunk and by file, everything at first.

What it gives is bound to the digest of what it shows. It moves nothing.
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import Screen

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine, SaidSentence
from copydesk.frontends.tui.terminal.mishaps import Sturdy

Part = tuple[int, int]
"""What can be chosen by itself: a file, from 0, and a hunk of it, from 1; hunk 0 is a file without hunks as a whole."""


class PartsScreen(Sturdy, Screen[Decision | None]):
    """Shows differences; each hunk is taken unless it is left."""

    DEFAULT_CSS = """
    PartsScreen { background: $background; }
    """
    AUTO_FOCUS = "DiffView"
    TITLE_WORD: ClassVar[str]
    TAKEN: ClassVar[str]
    """What is said of a hunk that is taken."""
    LEFT: ClassVar[str]
    TO_BE: ClassVar[str]
    """What is said of the number of those that are taken."""
    NOTHING_TAKEN: ClassVar[str]

    def __init__(self, diffs: Sequence[FileDiff], digest: str, doing: str, remarks: Sequence[str] = ()) -> None:
        super().__init__()
        self._diffs, self._digest, self._doing, self._remarks = diffs, digest, doing, remarks
        self._rejected: set[Part] = set()
        self._parts = [part for file in range(len(diffs)) for part in parts_of(diffs, file)]

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield DiffView()
        yield RuleLine()
        yield SaidSentence(id="said")
        yield KeyLines()

    def on_mount(self) -> None:
        self.query_one(DiffView).show_diffs(self._diffs, self._remarks)
        self._draw(self._parts)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for hunks rest where there are none."""
        about_parts = ("decide", "decide_file", "go", "go_to_file")
        return bool(self._diffs) if action in about_parts else True

    def on_diff_view_moved(self, message: DiffView.Moved) -> None:
        """Say where the cursor is."""
        self._show_place()

    def action_decide(self, is_taken: bool) -> None:
        """Say what becomes of this hunk, and go on to the next."""
        chosen = self._chosen
        self._decide(chosen, is_taken)
        if len(chosen) == 1:
            self.action_go(1)

    def action_decide_file(self, is_taken: bool) -> None:
        """Say what becomes of all hunks of this file."""
        self._decide(parts_of(self._diffs, self.query_one(DiffView).spot.file), is_taken)

    def action_go(self, step: int) -> None:
        """Go to another hunk."""
        self.query_one(DiffView).go_to_hunk(step)

    def action_go_to_file(self, step: int) -> None:
        """Go to another file."""
        self.query_one(DiffView).go_to_file(step)

    def action_finish(self) -> None:
        """Give what was chosen; it is confirmed before anything moves."""
        if self._parts and len(self._rejected) == len(self._parts) and self.needs_some:
            self._say(self.NOTHING_TAKEN, "warning")
        else:
            self.dismiss(decision_on(self._diffs, self._digest, self._rejected))

    @property
    @abstractmethod
    def needs_some(self) -> bool:
        """Whether there is nothing to do where nothing is taken."""

    def action_back(self) -> None:
        """Leave; nothing moves."""
        self.dismiss(None)

    @property
    def _chosen(self) -> list[Part]:
        """What the cursor is on: a hunk, or a file with all of its hunks; nothing between hunks."""
        spot = self.query_one(DiffView).spot
        if spot.hunk:
            return [(spot.file, spot.hunk)]
        return parts_of(self._diffs, spot.file) if spot.line is None else []

    def _decide(self, parts: Collection[Part], is_taken: bool) -> None:
        self._rejected = self._rejected - set(parts) if is_taken else self._rejected | set(parts)
        self._draw(parts)

    def _draw(self, parts: Collection[Part]) -> None:
        view = self.query_one(DiffView)
        for file, hunk in parts:
            stays = (file, hunk) in self._rejected
            view.mark_hunk(file, hunk, self.LEFT if stays else self.TAKEN, "removed" if stays else "added")
        files, going = len(self._diffs), len(self._parts) - len(self._rejected)
        counted = f"{plural(files, 'file')}  {plural(len(self._parts), 'hunk')}  {going} {self.TO_BE}"
        title = self.query_one("#title", SaidLine)
        title.say(
            (f" {self.TITLE_WORD}", "accent"),
            (f"  {counted}", "strong"),
            right=[(f"{show(self._doing)} ", "secondary")],
        )
        self._show_place()

    def _show_place(self) -> None:
        if not self._parts:
            self._say("There is no difference to show.")
            return
        spot = self.query_one(DiffView).spot
        path = self._diffs[spot.file].path
        part = (spot.file, spot.hunk)
        is_part = part in self._parts
        self._say(f"hunk {self._parts.index(part) + 1} of {len(self._parts)}  {path}" if is_part else path)

    def _say(self, sentence: str, style: str = "text") -> None:
        self.query_one("#said", SaidSentence).say((f" {show(sentence)}", style))


def parts_of(diffs: Sequence[FileDiff], file: int) -> list[Part]:
    """What of one file can be chosen by itself."""
    hunks = len(diffs[file].hunks) if file < len(diffs) else 0
    return [(file, hunk) for hunk in range(1, hunks + 1)] or [(file, 0)]


def decision_on(diffs: Sequence[FileDiff], digest: str, rejected: Collection[Part]) -> Decision:
    """Let everything through but these."""
    files = []
    for number, diff in enumerate(diffs):
        refused = {hunk for file, hunk in rejected if file == number}
        going = [number for number in range(1, len(diff.hunks) + 1) if number not in refused]
        if refused:
            hunks = tuple(HunkDecision(number, Choice.ACCEPT) for number in going)
            files.append(FileDecision(diff.path, Choice.REJECT, hunks))
    return Decision(True, digest, files=tuple(files))
