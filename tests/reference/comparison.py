"""Owns the loose comparison of an answer's words with the facts that they have to carry; exact sentences are free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from tests.reference.facts import Done, Edited, Facts, Listed, Reason, Refused, Row, Rows, Shown

CLIPPED = "<response clipped>"
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
NUMBERED = re.compile(r"( *\d+)\t(.*)", re.DOTALL)
NUMBER_WIDTH = 6
STEMS = {
    Reason.ABSENT: "exist",
    Reason.EXISTS: "exist",
    Reason.DIRECTORY: "directory",
    Reason.READ_ONLY: "read-only",
    Reason.NO_CHANGE_TO_UNDO: "undo",
}
"""Words without which a reason cannot well be given."""
LONG = 1_000
"""Of a line with so many characters a part may be quoted."""


def disagreements(facts: Facts, said: str) -> Iterator[str]:
    """Say what an answer lacks, or says wrongly."""
    match facts:
        case Refused():
            yield from _unnamed([STEMS.get(facts.reason, ""), *facts.mentions], said)
            yield from _uncounted(facts.numbers, said)
            yield from _misquoted(facts.rows, _numbered(said))
        case Shown():
            yield from _unnamed([facts.path], said)
            yield from _shown(facts, said)
        case Listed():
            yield from _unnamed([facts.path], said)
            yield from _listed(facts, said)
        case Edited():
            yield from _unnamed([facts.path], said)
            yield from _uncounted([abs(facts.shift)] if facts.shift else [], said)
            yield from _snippet(facts, said)
        case Done():
            yield from _unnamed([facts.path], said)
        case _:
            assert_never(facts)


def is_clipped(said: str) -> bool:
    """Tell whether an answer is marked; lines of a file that read like the mark have their number before it."""
    return CLIPPED in said.split("\n")


def _unnamed(names: Iterable[str], said: str) -> Iterator[str]:
    yield from (f"{name!r} is not named" for name in names if name.casefold() not in said.casefold())


def _uncounted(numbers: Iterable[int], said: str) -> Iterator[str]:
    """Numbers beside the numbered lines, written as 1200 or as 1,200."""
    words = "\n".join(line for line in said.split("\n") if not NUMBERED.fullmatch(line))
    there = {int(found.replace(",", "")) for found in NUMBER.findall(words)}
    yield from (f"the number {number} is not named" for number in numbers if number not in there)


def _numbered(said: str) -> list[tuple[int, str]]:
    """The lines that are shown with their numbers, which stand right-aligned before a TAB."""
    found = [NUMBERED.fullmatch(line) for line in said.split("\n")]
    rows = [match for match in found if match and len(match[1]) >= NUMBER_WIDTH]
    return [(int(match[1]), match[2]) for match in rows]


def _shown(facts: Shown, said: str) -> Iterator[str]:
    shown = _numbered(said)
    if not facts.rows:
        yield from ["lines of an empty file are shown"] if shown else []
        return
    if [number for number, _ in shown] != list(range(facts.first, facts.first + len(shown))):
        yield f"the lines are numbered {[number for number, _ in shown]}, the first should be {facts.first}"
        return
    yield from _uncounted([facts.first, facts.first + len(shown) - 1, facts.total], said)
    if None in facts.rows:
        wanted: Sequence[Row] = facts.rows[: max(len(shown), 1)]
    else:
        wanted = list(_fitting([row for row in facts.rows if row is not None], facts.first, facts.limit))
    yield from _different(wanted, shown)
    is_whole = len(shown) == len(facts.rows) and (wanted[-1] is None or wanted[-1] == facts.rows[-1])
    if is_whole == is_clipped(said):
        yield "a whole answer is marked as clipped" if is_whole else "a clipped answer is not marked"
    if len(shown) < len(facts.rows):
        yield from _uncounted([facts.first + len(shown)], said)


def _fitting(rows: Sequence[str], first: int, limit: int) -> Iterator[str]:
    """As many whole lines as the limit holds; a first line that is too long is cut."""
    room = limit
    for number, row in enumerate(rows, first):
        size = len(f"{number:{NUMBER_WIDTH}}\t{row}")
        if size > room:
            if number == first:
                yield row[: limit - (size - len(row))]
            return
        yield row
        room -= size + 1


def _different(wanted: Sequence[Row], shown: Sequence[tuple[int, str]]) -> Iterator[str]:
    if len(wanted) != len(shown):
        yield f"{len(shown)} lines are shown, not {len(wanted)}"
    for row, (number, text) in zip(wanted, shown, strict=False):
        if row is not None and row != text:
            yield f"line {number} is shown as {text[:80]!r}, not {row[:80]!r}"


def _listed(facts: Listed, said: str) -> Iterator[str]:
    lines = said.split("\n")[1:]
    shown = lines[: lines.index(CLIPPED)] if is_clipped(said) else lines
    if tuple(shown) != facts.entries[: len(shown)] or is_clipped(said) == (len(shown) == len(facts.entries)):
        yield f"{shown} are listed, not {facts.entries}"
    if is_clipped(said):
        size = sum(len(entry) + 1 for entry in facts.entries[: len(shown) + 1])
        yield from ["entries are left out that had room"] if size < facts.limit else []
        yield from _uncounted([len(facts.entries) - len(shown)], said)
    yield from _uncounted([facts.left_out] if facts.left_out else [], said)


def _snippet(facts: Edited, said: str) -> Iterator[str]:
    shown = _numbered(said)
    numbers = [number for number, _ in shown]
    if not facts.rows:
        yield from ["lines of an empty file are shown"] if shown else []
        return
    yield from _misquoted(facts.rows, shown)
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True:
        yield f"the snippet shows the lines {numbers}"
        return
    first, last = facts.changed
    end = first if is_clipped(said) else last
    if not numbers[0] <= first <= end <= numbers[-1]:
        yield f"the snippet shows lines {numbers[0]}-{numbers[-1]}, the change is in {first}-{last}"
    yield from _uncounted([numbers[0], numbers[-1], len(facts.rows)], said)


def _misquoted(rows: Rows, shown: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Whatever is shown with a number has to be the line of that number."""
    for number, text in shown:
        row = rows[number - 1] if 0 < number <= len(rows) else ""
        if number > len(rows) or (row is not None and row != text and not _is_part(row, text)):
            yield f"line {number} is quoted as {text[:80]!r}; it is {row and row[:80]!r}"


def _is_part(row: str, text: str) -> bool:
    return len(row) >= LONG and len(text) > 0 and text in row
