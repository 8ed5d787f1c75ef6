"""Owns where a cursor can stand among the rows of a difference, and what a range of them selects of a hunk."""

from collections.abc import Sequence

from copydesk.frontends.tui.diff.rows import Part
from copydesk.frontends.tui.diff.table import RowTable

_STANDS_ON = (Part.FILE, Part.GAP, Part.HUNK, Part.LINE)


def can_stand(table: RowTable, index: int) -> bool:
    """Whether the cursor can be on a row."""
    return table.lead(index).part in _STANDS_ON


def stand_near(table: RowTable, index: int, step: int = 1) -> int | None:
    """The first row from an index on, in a direction, where the cursor can be; else one behind it."""
    forwards = range(index, len(table) if step > 0 else -1, step)
    backwards = range(index - step, -1 if step > 0 else len(table), -step)
    rows = (row for way in (forwards, backwards) for row in way if 0 <= row < len(table))
    return next((row for row in rows if can_stand(table, row)), None)


def stepped(table: RowTable, index: int, step: int) -> int:
    """The row that is so many places from another; the last one there is, where there are fewer."""
    way = 1 if step > 0 else -1
    here = index
    for _ in range(abs(step)):
        beyond = range(here + way, len(table) if way > 0 else -1, way)
        found = next((row for row in beyond if can_stand(table, row)), None)
        if found is None:
            break
        here = found
    return here


def next_of(places: Sequence[int], here: int, step: int) -> int | None:
    """The next (1) or previous (-1) of some rows in order; None where there is none."""
    beyond = [place for place in places if place > here] if step > 0 else [place for place in places if place < here]
    return None if not beyond else beyond[0 if step > 0 else -1]


def clamped(table: RowTable, anchor: int, index: int) -> int:
    """The row nearest to an index so that all from the anchor on are lines of the same hunk."""
    lead = table.lead(anchor)
    way = 1 if index >= anchor else -1
    here = anchor
    while here != index and table.lead(here + way) is lead:
        here += way
    return here


def selected(table: RowTable, anchor: int, index: int) -> tuple[int, int] | None:
    """The hunk's lines in a range of rows, as indices: the first and the one after the last; None if there are none."""
    first, last = min(anchor, index), max(anchor, index)
    indices = [number for row in range(first, last + 1) for number in table.row(row).indices]
    return (min(indices), max(indices) + 1) if indices else None
