"""Owns lists whose lines are given ready to draw: a left and a right part each."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from copydesk.frontends.present import shorten, shorten_end
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.theme import Palette

LEAST_TEXT = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A line; all of it is safe to show."""

    text: str
    """Is shortened where there is no room for it."""
    before: str = ""
    right: tuple[Piece, ...] = ()
    """Where there is no room for all of it the last piece stays."""
    is_path: bool = False
    """What comes last says most, so the text is shortened at its front."""


class RowList(ChoiceList):
    """Rows, one of them chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these, and stay where it was."""
        self._rows = rows
        self.show_lines(min(self.chosen, max(len(rows) - 1, 0)))

    def block_count(self) -> int:
        return len(self._rows)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        row = self._rows[index]
        left: list[Piece] = [(" ▌ " if is_chosen else "   ", "accent"), (row.before, "secondary")]
        right = list(row.right)
        while (room := width - sum(len(text) for text, _ in [*left, *right])) < LEAST_TEXT and len(right) > 1:
            del right[0]
        shortened = (shorten if row.is_path else shorten_end)(row.text, max(room, LEAST_TEXT))
        left.append((shortened, "strong" if is_chosen else "text"))
        return frame(left, right, width, colours)
