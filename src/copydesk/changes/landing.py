"""Owns what becomes of a change's bytes once a person has decided: which of them land, and what became of each hunk.

It reads and writes no file. Whatever was not accepted stays byte for byte as it was before, whatever was accepted
lands byte for byte as it was proposed, and only what the person wrote is new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from copydesk.changes.wording import Wording
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.errors import InvalidDecision
from copydesk.domain.hunks import Hunk, HunkLine, LineKind, hunk_at, only, part_of, renumbered
from copydesk.domain.proposals import FileChange, FileImage


class Fate(StrEnum):
    """What became of a hunk, or of a file."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    """Some of its lines."""
    REJECTED = "rejected"
    REWRITTEN = "rewritten"
    """The person's text landed in its place."""


@dataclass(frozen=True, slots=True)
class HunkLanding:
    """What became of a hunk, and where it stands in the file as it is once everything has landed."""

    hunk: int
    """Counts from 1 in the diff that was shown; 0 for a file that the person rewrote as a whole."""
    fate: Fate
    first: int
    """Its first line: of those that changed, or would have; of all that are shown where `text` has them."""
    last: int
    """Its last line; one less than `first` where it has none."""
    text: str = ""
    """The lines themselves, line ends included, where they are neither the proposed nor the old ones."""
    notes: tuple[str, ...] = ()
    rejected: tuple[HunkLine, ...] = ()
    """Of a hunk of which something landed: the lines of its change that the person turned down by themselves."""


@dataclass(frozen=True, slots=True)
class Landing:
    """What lands of one file's change."""

    path: str
    change: FileChange | None
    """What is to be written; None where nothing is."""
    is_whole: bool
    """Everything lands as it was proposed."""
    hunks: tuple[HunkLanding, ...] = ()
    """In order; none for files without lines to tell apart: binary, empty, of which only the mode changes."""
    note: str = ""
    """What the person says of the file."""

    @property
    def fate(self) -> Fate:
        """What became of the file's change as a whole."""
        if self.change is None:
            return Fate.REJECTED
        if self.is_whole:
            return Fate.ACCEPTED
        is_rewritten = any(hunk.fate is Fate.REWRITTEN for hunk in self.hunks)
        return Fate.REWRITTEN if is_rewritten else Fate.PARTLY_ACCEPTED


def land_all(changes: Sequence[FileChange], decision: Decision) -> tuple[Landing, ...]:
    """Say what lands of each change, in order; InvalidDecision where the decision does not fit them."""
    decided = [file.path for file in decision.files]
    proposed = {change.path for change in changes}
    for path in [*decided, *(remark.path for remark in decision.remarks)]:
        if path not in proposed:
            raise InvalidDecision(f"The decision speaks of {path}, which nothing was proposed for.")
        if decided.count(path) > 1:
            raise InvalidDecision(f"The decision speaks of {path} more than once.")
    return tuple(land(change, decision.on(change.path)) for change in changes)


def land(change: FileChange, decision: FileDecision) -> Landing:
    """Say what lands of a change; hunk numbers and ranges are those of `change.diff`.

    InvalidDecision for a hunk or lines that are not there, for lines that are decided twice, for a part of what can
    only be taken whole, and for text that the file's encoding does not have.
    """
    named = _named(change, decision)
    if decision.choice is Choice.EDIT:
        return _rewritten(change, decision)
    match _only_choice(change, decision, named):
        case Choice.ACCEPT:
            return Landing(change.path, change, True, _alike(change, Fate.ACCEPTED, named), decision.note)
        case Choice.REJECT:
            return Landing(change.path, None, False, _alike(change, Fate.REJECTED, named), decision.note)
        case Choice.EDIT | None:
            return _composed(change, decision, named)


_Named = dict[int, list[HunkDecision]]


def _named(change: FileChange, decision: FileDecision) -> _Named:
    """The decisions on hunks by number, in the order of their lines, once they are known to fit."""
    hunks = change.diff.hunks
    named: _Named = {}
    for said in decision.hunks:
        if not 1 <= said.hunk <= len(hunks):
            raise InvalidDecision(f"{change.path} has {len(hunks)} hunks in this proposal; there is no {said.hunk}.")
        first, last = _range(said, hunks[said.hunk - 1])
        if not 0 <= first < last <= len(hunks[said.hunk - 1].lines):
            raise InvalidDecision(f"Hunk {said.hunk} of {change.path} does not have the lines {said.lines}.")
        named.setdefault(said.hunk, []).append(said)
    if named and decision.choice is Choice.EDIT:
        raise InvalidDecision(f"{change.path} was rewritten as a whole; nothing can be said of its hunks then.")
    for number, group in named.items():
        group.sort(key=lambda said: _range(said, hunks[number - 1]))
        for one, other in pairwise(group):
            if _range(other, hunks[number - 1])[0] < _range(one, hunks[number - 1])[1]:
                raise InvalidDecision(f"Hunk {number} of {change.path}: the same lines were decided twice.")
    return named


def _range(said: HunkDecision, hunk: Hunk) -> tuple[int, int]:
    return said.lines or (0, len(hunk.lines))


def _only_choice(change: FileChange, decision: FileDecision, named: _Named) -> Choice | None:
    """What is to become of all lines alike; None where they differ."""
    said = [hunk for group in named.values() for hunk in group]
    choices = {hunk.choice for hunk in said}
    if len(named) < len(change.diff.hunks) or not said or any(hunk.lines for hunk in said):
        choices.add(decision.choice)
    return choices.pop() if len(choices) == 1 else None


def _alike(change: FileChange, fate: Fate, named: _Named) -> tuple[HunkLanding, ...]:
    """The hunks of a change that lands as a whole, or not at all; not a line of the file is looked at."""
    landings = []
    for number, hunk in enumerate(change.diff.hunks, 1):
        start, length = hunk.new_from, hunk.new_length
        if fate is Fate.REJECTED:
            start, length = hunk.old_from, hunk.old_length
        landings.append(_placed(number, hunk, fate, (start, start + length), named.get(number, ())))
    return tuple(landings)


def _placed(
    number: int, hunk: Hunk, fate: Fate, span: tuple[int, int], said: Sequence[HunkDecision], text: str = ""
) -> HunkLanding:
    """Say where a hunk stands: the lines of a span, less the context unless they are shown."""
    before, after = (0, 0) if text else (_context(hunk.lines), _context(hunk.lines[::-1]))
    notes = tuple(decision.note for decision in said if decision.note)
    return HunkLanding(number, fate, span[0] + 1 + before, span[1] - after, text, notes)


def _context(lines: Sequence[HunkLine]) -> int:
    """How many lines of context come first; a hunk has others too."""
    count = 0
    while lines[count].kind is LineKind.CONTEXT:
        count += 1
    return count


def _composed(change: FileChange, decision: FileDecision, named: _Named) -> Landing:
    """Make those hunks that were accepted, in part or as the person wrote them, of the file as it was."""
    wording = Wording(change)
    said = [named.get(number) or [HunkDecision(number, decision.choice)] for number, _ in enumerate(wording.hunks, 1)]
    made = [_made(hunk, of, decision.choice, wording) for hunk, of in zip(wording.hunks, said, strict=True)]
    landings = []
    for number, hunk in enumerate(renumbered(made)):
        shown, of = wording.hunks[number], said[number]
        fate = _fate(shown, hunk, of)
        lines, start = hunk.new_texts, hunk.new_from
        text = "".join(lines) if fate in (Fate.PARTLY_ACCEPTED, Fate.REWRITTEN) else ""
        placed = _placed(number + 1, shown, fate, (start, start + len(lines)), of, text)
        landings.append(replace(placed, rejected=_rejected(shown, of, decision.choice)) if text else placed)
    return _landing(change, decision, landings, wording.landed(hunk for hunk in made if not hunk.is_void))


def _made(hunk: Hunk, said: Sequence[HunkDecision], rest: Choice, wording: Wording) -> Hunk:
    """A hunk as it was decided; `rest` is for lines of which nothing was said."""
    if len(said) == 1 and not said[0].lines and said[0].choice is not Choice.EDIT:
        return hunk if said[0].choice is Choice.ACCEPT else only(hunk, ())
    lines: list[HunkLine] = []
    chosen: set[int] = set()
    for decision, first, end in _shares(hunk, said, rest):
        is_edit = decision.choice is Choice.EDIT
        share = wording.rewritten(part_of(hunk, first, end), decision.text).lines if is_edit else hunk.lines[first:end]
        start = len(lines)
        lines += [line for line in share if line.text]
        if decision.choice is not Choice.REJECT:
            chosen.update(range(start, len(lines)))
    return only(hunk_at(hunk.old_from, hunk.new_from, lines), chosen)


def _shares(hunk: Hunk, said: Sequence[HunkDecision], rest: Choice) -> Iterator[tuple[HunkDecision, int, int]]:
    """All lines of a hunk in order, by what was decided about them."""
    others = HunkDecision(said[0].hunk, rest)
    position = 0
    for decision in said:
        first, end = _range(decision, hunk)
        yield others, position, first
        yield decision, first, end
        position = end
    yield others, position, len(hunk.lines)


def _rejected(shown: Hunk, said: Sequence[HunkDecision], rest: Choice) -> tuple[HunkLine, ...]:
    """The lines of a hunk's change that do not land by the person's word."""
    shares = [(first, end) for decision, first, end in _shares(shown, said, rest) if decision.choice is Choice.REJECT]
    lines = (line for first, end in shares for line in shown.lines[first:end])
    return tuple(line for line in lines if line.kind is not LineKind.CONTEXT)


def _fate(shown: Hunk, made: Hunk, said: Sequence[HunkDecision]) -> Fate:
    """What the lines that land make of a hunk."""
    text = "".join(made.new_texts)
    if text == "".join(shown.new_texts):
        return Fate.ACCEPTED
    if text == "".join(shown.old_texts):
        return Fate.REJECTED
    is_rewritten = any(decision.choice is Choice.EDIT for decision in said)
    return Fate.REWRITTEN if is_rewritten else Fate.PARTLY_ACCEPTED


def _landing(change: FileChange, decision: FileDecision, hunks: Sequence[HunkLanding], data: bytes) -> Landing:
    """What lands, given what became of the hunks and the bytes that this makes."""
    fates = {hunk.fate for hunk in hunks}
    if fates == {Fate.REJECTED} or (change.before and change.before.data == data):
        return Landing(change.path, None, False, tuple(hunks), decision.note)
    if fates == {Fate.ACCEPTED}:
        return Landing(change.path, change, True, tuple(hunks), decision.note)
    image = replace(change.after or change.before or FileImage(b""), data=data)
    return Landing(change.path, replace(change, after=image), False, tuple(hunks), decision.note)


def _rewritten(change: FileChange, decision: FileDecision) -> Landing:
    """Put the person's text in the place of the whole file; lines that are as proposed keep their bytes."""
    if change.diff.is_binary:
        raise InvalidDecision(f"{change.path} is binary; it is taken as a whole or not at all.")
    wording = Wording(change)
    before, after = wording.sides
    lines = wording.lines(decision.text)
    if lines == after:
        return Landing(change.path, change, True, _alike(change, Fate.ACCEPTED, {}), decision.note)
    if lines == before:
        return Landing(change.path, None, False, _alike(change, Fate.REJECTED, {}), decision.note)
    whole = HunkLanding(0, Fate.REWRITTEN, 1, len(lines), "".join(lines))
    return _landing(change, decision, [whole], wording.data(lines))
