"""Owns the list of steps: turns with their edits, and what else was recorded, one line each, the newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from copydesk.domain.checkpoints import HistoryRow, RowState
from copydesk.domain.display import show
from copydesk.frontends.present import line_counts, plural, shorten, shorten_end
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.theme import Palette

WIDTH_WITH_WORDS = 76
"""Cells from which there is room for the day and for a state in full."""
WIDTH_WITH_MODEL = 110
"""Cells from which there is room for the model's name."""
LEAST_WORDS = 12
"""Cells that a prompt's first words need at least."""
SHORT_COMMIT = 10
"""Characters of a commit's id that are shown."""
_STATE_MARKS = {RowState.APPLIED: "●", RowState.UNDONE: "○", RowState.PARTLY: "◐", RowState.NOT: "·"}
_RETURN_MARKS = {"rollback": "↶", "redo": "↷", "commit": "◆"}
_SHORT_STATES = {RowState.PARTLY: "partly", RowState.NOT: "not done"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list: a step, or a turn as a whole."""

    rows: tuple[HistoryRow, ...]
    """The step; of a turn all that belong together, the newest first."""
    first: HistoryRow
    """Going back goes before this step."""
    is_own: bool
    """It is of the session on screen."""
    is_part: bool = False
    """It is a step, and not the first of its turn or not alone there."""
    is_indented: bool = False
    """It stands below its turn."""
    words: str = ""
    """The first words of its turn's prompt, where it begins one of the session on screen."""

    @property
    def newest(self) -> HistoryRow:
        """The step that the line speaks of, of a turn the last one."""
        return self.rows[0]

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it reached."""
        return tuple(dict.fromkeys(path for row in self.rows for path in row.paths))

    @property
    def state(self) -> RowState:
        """What became of it as a whole."""
        states = {row.state for row in self.rows} - {RowState.NOT}
        if len(states) > 1:
            return RowState.PARTLY
        return states.pop() if states else RowState.NOT

    @property
    def name(self) -> str:
        """What going back goes before, in words that are safe to show."""
        of_other = "" if self.is_own else f" of session {show(self.newest.session)}"
        if _is_alone(self.newest):
            return f"this {show(self.newest.operation)}{of_other} ({clock_time(self.newest.at)})"
        turn = f"turn {show(self.newest.turn)}{of_other}"
        return f"this {show(self.newest.operation)} of {turn}" if self.is_part else turn

    @property
    def turn(self) -> int | None:
        """The number of its turn, where it is one of the session on screen."""
        is_turn = self.is_own and not _is_alone(self.newest) and self.newest.turn.isdecimal()
        return int(self.newest.turn) if is_turn else None


def entries(rows: Sequence[HistoryRow], session: str, words: Mapping[int, str]) -> list[Entry]:
    """Put the steps of a turn that follow each other under one line of their own.

    `session` is the one on screen, `words` are the first ones of its prompts, by turn.
    """
    listed = _entries(rows, session)
    return [replace(one, words=words.get(one.turn or 0, "")) if not one.is_part else one for one in listed]


def _entries(rows: Sequence[HistoryRow], session: str) -> list[Entry]:
    found: list[Entry] = []
    for _, group in groupby(rows, key=_turn_of):
        steps = tuple(group)
        is_own = steps[0].session == session
        if len(steps) > 1:
            found.append(Entry(steps, _first_of_turn(rows, steps[-1]), is_own))
            found += [Entry((row,), row, is_own, is_part=True, is_indented=True) for row in steps]
        else:
            is_part = _first_of_turn(rows, steps[0]) is not steps[0]
            found.append(Entry(steps, steps[0], is_own, is_part))
    return found


def _turn_of(row: HistoryRow) -> tuple[str, str, int]:
    """Steps with the same one belong together."""
    return row.session, row.turn, row.number if _is_alone(row) else 0


def _is_alone(row: HistoryRow) -> bool:
    """It belongs to no turn."""
    return row.operation in _RETURN_MARKS or not row.turn


def _first_of_turn(rows: Sequence[HistoryRow], row: HistoryRow) -> HistoryRow:
    """The first step of a turn that reached the disk."""
    reached = [other for other in rows if _turn_of(other) == _turn_of(row) and other.state is not RowState.NOT]
    return reached[-1] if reached else row


class StepList(ChoiceList):
    """The History's lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "down", show=False, id="steps.down"),
        Binding("k", "move(-1)", "up", show=False, id="steps.up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Entry] = ()

    @property
    def entry(self) -> Entry | None:
        """The chosen line; None where there is none."""
        return self._entries[self.chosen] if self._entries else None

    def show_entries(self, shown: Sequence[Entry], chosen: int = 0) -> None:
        """Show these lines, this one of them chosen."""
        self._entries = shown
        self.show_lines(chosen)

    def block_count(self) -> int:
        return len(self._entries)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        entry = self._entries[index]
        right = list(_right(entry, width))
        left = list(_left(entry, is_chosen, width))
        room = width - sum(len(text) for text, _ in [*left, *right])
        left.append((_subject(entry, max(room, 6)), "strong" if is_chosen else "text"))
        room -= len(left[-1][0]) + 5
        if entry.words and room >= LEAST_WORDS:
            left.append((f"   “{shorten_end(show(entry.words), room)}”", "secondary"))
        return frame(left, right, width, colours)


def _left(entry: Entry, is_chosen: bool, width: int) -> Iterator[Piece]:
    row = entry.newest
    mark = _RETURN_MARKS.get(row.operation, _STATE_MARKS[entry.state])
    yield " ▌" if is_chosen else "  ", "accent"
    yield f"{mark} ", "accent" if entry.state is RowState.APPLIED else "secondary"
    yield f"{clock_time(row.at) if width >= WIDTH_WITH_WORDS else clock_time(row.at)[-5:]}  ", "secondary"
    yield f"{shorten(_label(entry), 9):<9} ", "secondary"
    if width >= WIDTH_WITH_WORDS:
        operation = "" if _is_alone(row) or entry.is_indented or len(entry.rows) > 1 else show(row.operation)
        yield f"{operation:<5} ", "secondary"
    if not entry.is_own:
        yield "other: ", "warning"


def _right(entry: Entry, width: int) -> Iterator[Piece]:
    changes = line_counts(sum(row.added for row in entry.rows), sum(row.removed for row in entry.rows))
    if not entry.paths:
        changes = ""
    yield f"  {changes:>9}  ", "text"
    if width < WIDTH_WITH_WORDS:
        state = _SHORT_STATES.get(entry.state, entry.state) if entry.paths else ""
        yield f"{state:<8} ", "secondary"
        return
    yield f"{entry.state if entry.paths else '':<13} ", "secondary"
    if width >= WIDTH_WITH_MODEL:
        yield f"{shorten(show(entry.newest.model), 18):<18} ", "secondary"


def _label(entry: Entry) -> str:
    """Its turn, or what it is where it has none."""
    if _is_alone(entry.newest) or entry.is_indented:
        return "  " * entry.is_indented + show(entry.newest.operation)
    return f"turn {show(entry.newest.turn)}"


def _subject(entry: Entry, room: int) -> str:
    """What it is about, in so many cells: its files by name where all of them have room, else how many they are."""
    if entry.newest.operation == "commit":
        return shorten_end(show(entry.newest.title[:SHORT_COMMIT]), room)
    files = plural(len(entry.paths), "file")
    if len(entry.rows) > 1:
        edits = plural(len(entry.rows), "edit")
        return both if len(both := f"{edits}, {files}") <= room else shorten_end(edits, room)
    names = show(", ".join(entry.paths))
    return files if len(names) > room and len(entry.paths) > 1 else shorten(names, room)


def clock_time(at: float) -> str:
    """Local day and time of a moment given in seconds since the epoch."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%d %b %H:%M")
