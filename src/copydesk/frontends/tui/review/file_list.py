"""Owns the list of the files of an offer: how each stands, what to beware of, how much it changes."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.frontends.present import shorten
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.review.offer import OfferedFile
from copydesk.frontends.tui.review.state import ReviewState
from copydesk.frontends.tui.review.words import extent, file_standing
from copydesk.frontends.tui.theme import Palette


class FileList(ChoiceList):
    """One line a file."""

    DEFAULT_CSS = """
    FileList { width: 32; border-right: solid $desk-rule; }
    FileList.-alone { width: 1fr; border-right: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "read this file", id="review.open_file", key_display="enter"),
        Binding("j", "move(1)", "down", show=False, id="review.list_down"),
        Binding("k", "move(-1)", "up", show=False, id="review.list_up"),
    ]

    class Opened(Message):
        """The person wants to read the chosen file."""

    def __init__(self) -> None:
        super().__init__()
        self._state: ReviewState | None = None
        self._changed: frozenset[str] = frozenset()

    def show_state(self, state: ReviewState, changed: frozenset[str]) -> None:
        """Draw how the files stand; some of them have changed on disk since they were offered."""
        is_first = self._state is None or self._state.offer is not state.offer
        self._state, self._changed = state, changed
        if is_first:
            self.show_lines(min(self.chosen, max(len(state.offer.files) - 1, 0)))
        else:
            self.update_blocks(range(len(state.offer.files)))

    def action_open(self) -> None:
        """Read the chosen file."""
        self.post_message(self.Opened())

    def block_count(self) -> int:
        return len(self._state.offer.files) if self._state else 0

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        assert self._state is not None
        file = self._state.offer.files[index]
        standing = file_standing(self._state, file.path)
        right: list[Piece] = [(f" {self._signs(file)}", "warning"), (f" {extent(file)} ", "secondary")]
        room = width - sum(len(text) for text, _ in right) - 3
        style = "strong" if is_chosen else "secondary" if self._state.is_reviewed(file.path) else "text"
        left: list[Piece] = [
            ("▌" if is_chosen else " ", "accent"),
            (f"{standing.sign} ", standing.style),
            (shorten(show(file.path), max(room, 8)), style),
        ]
        return frame(left, right, width, colours)

    def _signs(self, file: OfferedFile) -> str:
        """What to beware of, a sign each."""
        signs = [
            (file.path in self._changed, "↻"),
            (file.is_protected, "⚠"),
            (file.is_folded, "▸"),
        ]
        return "".join(sign for is_so, sign in signs if is_so)
