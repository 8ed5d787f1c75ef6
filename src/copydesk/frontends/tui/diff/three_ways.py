"""Owns how the three sides of a conflict are shown: beside each other where there is room, else one after the other."""

from collections.abc import Iterator, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from copydesk.domain.diffs import FileDiff
from copydesk.domain.merging import MergeConflict, Stretch
from copydesk.frontends.present import counts
from copydesk.frontends.tui.diff.shown_files import TitledDiffs
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.terminal.mishaps import Sturdy

WIDTH_SIDE_BY_SIDE = 150
"""Cells from which the three ways stand beside each other."""


class ThreeWays(Sturdy, Horizontal):
    """Three titled differences of one file."""

    DEFAULT_CSS = """
    ThreeWays { height: 1fr; }
    ThreeWays DiffView { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._stacked = DiffView(has_cursor=False)
        self._columns = [DiffView(has_cursor=False) for _ in range(3)]
        self._ways: list[TitledDiffs] = []
        self._is_wide = False

    def compose(self) -> ComposeResult:
        yield self._stacked
        yield from self._columns

    def on_resize(self, event: events.Resize) -> None:
        """Put the three ways beside each other where there is room."""
        is_wide = event.size.width >= WIDTH_SIDE_BY_SIDE
        if is_wide != self._is_wide:
            self._is_wide = is_wide
            self._show()

    def show_ways(self, ways: Sequence[TitledDiffs]) -> None:
        """Show these three, from their tops."""
        self._ways = list(ways)
        self._show()

    def _show(self) -> None:
        self._stacked.display = not self._is_wide
        for column in self._columns:
            column.display = self._is_wide
        if self._is_wide:
            for column, way in zip(self._columns, self._ways, strict=False):
                column.show_sections([way])
        else:
            self._stacked.show_sections(self._ways)
        (self._columns[0] if self._is_wide else self._stacked).focus()


def one_way(title: str, diff: FileDiff | None, otherwise: str) -> TitledDiffs:
    """A difference under its title with its counts; a sentence where there is none."""
    if diff is None:
        return title, (), (otherwise,)
    return f"{title}   {counts((diff,))}", (diff,), ()


def contradiction(place: MergeConflict, names: tuple[str, str, str]) -> Iterator[str]:
    """The lines of one place in the base, in ours and in theirs, each under its name."""
    for name, stretch in zip(names, (place.base, place.ours, place.theirs), strict=True):
        yield f"{name}, {_where(stretch)}:"
        yield from (f"  {line}" for line in (stretch.text or "").splitlines())


def _where(stretch: Stretch) -> str:
    if not stretch.text:
        return "no text" if stretch.text is None else f"nothing after line {stretch.first}"
    lines = len(stretch.text.splitlines())
    return f"line {stretch.first}" if lines == 1 else f"lines {stretch.first} to {stretch.first + lines - 1}"
