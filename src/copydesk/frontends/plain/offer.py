"""Owns what is said of what waits for a decision: every hunk with its number, and nothing left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from copydesk.changes.changeset import Changeset
from copydesk.domain.diffs import FileDiff, Hunk, LineKind
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.transcript import ToolCard
from copydesk.frontends.change_texts import texts_of
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
    conflicts: tuple[str, ...] = ()
    """Files of which no change can be offered; `reason` says why."""
    overrulable: frozenset[str] = frozenset()
    """Those of them whose proposed lines can be put over what others wrote, and those where they are."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Path → all of its text as it would be, where it is a text."""

    @property
    def marks(self) -> Marks:
        """Nothing said of it yet."""
        return Marks.on(self.diffs, self.conflicts)

    def lines(self) -> Iterator[str]:
        """All of it."""
        yield f"This waits for your decision: {self.title}."
        if self.reason:
            yield f"Why it waits: {self.reason}"
        if self.mark:
            yield f"Careful: {self.mark}."
        if self.conflicts:
            yield f"{', '.join(self.conflicts)}: goes on waiting, unless you drop it."
        if lines := sorted(self.overrulable.intersection(self.conflicts)):
            yield f"overrule reads the proposed lines in the place of the others', to decide: {', '.join(lines)}."
        yield from hunk_lines(self.marks)


def hunk_lines(marks: Marks, only: int | None = None) -> Iterator[str]:
    """The hunks with their numbers, or one of them."""
    read = ""
    for number, part in enumerate(marks.parts, 1):
        if only not in (None, number):
            continue
        if only is None and part.diff.path != read:
            read = part.diff.path
            yield _file_line(part.diff)
        head = f"Hunk {number} of {len(marks.parts)}"
        if part.hunk:
            yield from _lines_of(head, part.shown)
        else:
            yield f"{head}: the file as a whole."


def diff_lines(diffs: tuple[FileDiff, ...]) -> Iterator[str]:
    """Differences about which nothing is decided hunk by hunk."""
    return hunk_lines(Marks.on(diffs))


def found_lines(marks: Marks, words: str) -> Iterator[str]:
    """Every line of the hunks that holds these words, whatever their case, with the hunk's number."""
    for number, part in enumerate(marks.parts, 1):
        for line in part.shown.lines if part.hunk else ():
            if words.casefold() in line.text.casefold():
                yield f"Hunk {number}: {_SIGNS[line.kind]} {line.text.rstrip(chr(10))}"


def file_lines(marks: Marks) -> Iterator[str]:
    """A line on each file: what changes in it, and what was said of it."""
    for path in marks.paths:
        numbers = marks.numbers_of(path)
        left = len(set(numbers) & set(marks.open))
        state = "rewritten by you" if path in marks.rewritten else f"{plural(left, 'hunk')} of {len(numbers)} open"
        yield f"{_file_line(marks.part(numbers[0]).diff)} {_numbered(numbers)}, {state}."
    for path in marks.conflicts:
        yield f"File {path}: in conflict, {'dropped' if path in marks.dropped else 'goes on waiting'}."


def offer_of(card: ToolCard, proposal: Proposal | None) -> Offer:
    """What a tool card that waits asks for."""
    extent = f", {counts(card.diffs)}" if card.diffs else ""
    title = f"{card.verb} {card.path}{extent}"
    if card.name == _CHECK:
        title = f"run the check {card.input.get('name', '')}, which is: {card.digest}"
    texts = _texts(proposal.changes) if proposal else {}
    return Offer(title, card.digest, card.diffs, card.reason, card.mark, card.is_protected, card.proposal, texts=texts)


def offer_of_changeset(changeset: Changeset, *, closed: Sequence[str]) -> Offer:
    """All that was gathered, against the disk as it was a moment ago (blocking); `closed` paths need a second word."""
    changes = [file.change for file in changeset.files]
    overruled = [file.change.path for file in changeset.files if file.overruled]
    marks = [f"{', '.join(closed)} {'needs' if len(closed) == 1 else 'need'} your own word"] if closed else []
    marks += [f"in {path} it puts lines over what others wrote meanwhile" for path in overruled]
    can_be = [conflict.path for conflict in changeset.conflicts if conflict.overruling]
    return Offer(
        title=f"all that was gathered, in {', '.join(changeset.paths)}",
        digest=changeset.digest,
        diffs=tuple(change.diff for change in changes),
        reason=" ".join(conflict.reason for conflict in changeset.conflicts),
        mark=", ".join(marks),
        is_protected=bool(marks),
        conflicts=tuple(conflict.path for conflict in changeset.conflicts),
        overrulable=frozenset((*can_be, *overruled)),
        texts=_texts(changes),
    )


def _texts(changes: list[FileChange] | tuple[FileChange, ...]) -> dict[str, str]:
    sides = {change.path: texts_of(change)[1] for change in changes}
    return {path: text for path, text in sides.items() if text is not None}


def _file_line(diff: FileDiff) -> str:
    notes = file_notes(diff)
    return f"File {diff.path}: {', '.join((counts((diff,)), *notes))}."


def _numbered(numbers: Sequence[int]) -> str:
    return f"Hunk {numbers[0]}" if len(numbers) == 1 else f"Hunks {numbers[0]} to {numbers[-1]}"


def _lines_of(head: str, hunk: Hunk) -> Iterator[str]:
    sizes = [
        plural(sum(line.kind is kind for line in hunk.lines), "line") for kind in (LineKind.REMOVED, LineKind.ADDED)
    ]
    yield f"{head}, from line {hunk.new_start} on: {sizes[0]} out, {sizes[1]} in."
    for line in hunk.lines:
        yield f"{_SIGNS[line.kind]} {line.text.rstrip(chr(10))}"
        if not line.text.endswith("\n"):
            yield "(no line end after this line)"
