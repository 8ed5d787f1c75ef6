"""Owns what is said of what waits for a decision: every hunk with its number, and nothing left out."""

from collections.abc import Iterator
from dataclasses import dataclass

from copydesk.domain.diffs import FileDiff, Hunk, LineKind
from copydesk.domain.transcript import ToolCard
from copydesk.frontends.plain.marks import Marks
from copydesk.frontends.present import counts, file_notes, plural

HOW = "Say accept, or reject and why. For one hunk: accept 1, reject 1, edit 1. help tells all words."
_SIGNS = {LineKind.CONTEXT: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-"}
_CHECK = "run_check"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that waits for the person's word."""

    title: str
    digest: str
    """Of what is said of it; a decision is bound to it."""
    diffs: tuple[FileDiff, ...] = ()
    reason: str = ""
    mark: str = ""
    is_protected: bool = False
    proposal: str = ""
    """Empty where it is the review of what was gathered."""

    def lines(self) -> Iterator[str]:
        """All of it."""
        yield f"This waits for your decision: {self.title}."
        if self.reason:
            yield f"Why it waits: {self.reason}"
        if self.mark:
            yield f"Careful: {self.mark}."
        yield from self.hunk_lines()

    def hunk_lines(self, only: int | None = None) -> Iterator[str]:
        """The hunks with their numbers, or one of them."""
        parts = Marks.on(self.diffs).parts
        for number, part in enumerate(parts, 1):
            if only not in (None, number):
                continue
            if part.hunk <= 1 and only is None:
                yield _file_line(part.diff)
            head = f"Hunk {number} of {len(parts)}"
            if part.hunk:
                yield from _hunk_lines(head, part.diff.hunks[part.hunk - 1])
            else:
                yield f"{head}: the file as a whole."


def offer_of(card: ToolCard) -> Offer:
    """What a tool card that waits asks for."""
    extent = f", {counts(card.diffs)}" if card.diffs else ""
    title = f"{card.verb} {card.path}{extent}"
    if card.name == _CHECK:
        title = f"run the check {card.input.get('name', '')}, which is: {card.digest}"
    return Offer(title, card.digest, card.diffs, card.reason, card.mark, card.is_protected, card.proposal)


def _file_line(diff: FileDiff) -> str:
    notes = file_notes(diff)
    return f"File {diff.path}: {', '.join((counts((diff,)), *notes))}."


def _hunk_lines(head: str, hunk: Hunk) -> Iterator[str]:
    sizes = [
        plural(sum(line.kind is kind for line in hunk.lines), "line") for kind in (LineKind.REMOVED, LineKind.ADDED)
    ]
    yield f"{head}, from line {hunk.new_start} on: {sizes[0]} out, {sizes[1]} in."
    for line in hunk.lines:
        yield f"{_SIGNS[line.kind]} {line.text.rstrip(chr(10))}"
        if not line.text.endswith("\n"):
            yield "(no line end after this line)"
