"""Owns the whole difference that going back would make, to choose what of it is made. It moves nothing."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.checkpoints import RollbackPreview
from copydesk.frontends.tui.history.parts_screen import PartsScreen


class RestoreScreen(PartsScreen):
    """Shows what going back would change; each hunk goes back unless it is rejected."""

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
    TITLE_WORD = "preview"
    TAKEN, LEFT, TO_BE = "✓ goes back", "✗ stays", "to go back"
    NOTHING_TAKEN = "Every hunk stays, so there is nothing to do: a lets one go back, esc leaves."

    def __init__(self, preview: RollbackPreview, doing: str, remark: str = "") -> None:
        conflicts = [f"In conflict, decided before anything moves: {c.sentence}" for c in preview.conflicts]
        super().__init__(preview.diffs, preview.digest, doing, [*([remark] if remark else []), *conflicts])
        self._has_conflicts = bool(preview.conflicts)

    @property
    def needs_some(self) -> bool:
        """Conflicts have answers of their own."""
        return not self._has_conflicts
