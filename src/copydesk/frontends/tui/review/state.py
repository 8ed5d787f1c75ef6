"""Owns what a person has said so far of an offer, as a value: nothing here draws, and nothing is carried out.

A hunk that is split is decided part by part. What nobody decided is not accepted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark
from copydesk.domain.diffs import FileDiff
from copydesk.domain.hunks import Hunk, part_of, split_everywhere, with_text
from copydesk.frontends.tui.review.offer import Offer, OfferedFile


class Part(NamedTuple):
    """What is decided by itself: a hunk, some of its lines, or a file that has no hunks."""

    path: str
    hunk: int
    """Counts from 1 in the diff that was offered; 0 for a file without hunks."""
    first: int
    """Index of its first line in the hunk."""
    end: int
    """Excluded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of a part."""

    choice: Choice
    text: str = ""
    """For an edit: what stands in place of the new lines."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many parts stand how."""

    accepted: int = 0
    """With those that were rewritten."""
    rejected: int = 0
    undecided: int = 0

    @property
    def all(self) -> int:
        """Every part that can be decided."""
        return self.accepted + self.rejected + self.undecided


@dataclass(frozen=True)
class ReviewState:
    """An offer, and everything that was said of it."""

    offer: Offer
    cuts: Mapping[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    """Path and hunk → the lines before which it is split."""
    answers: Mapping[Part, Answer] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    """Path → words on the file as a whole."""
    reviewed: frozenset[tuple[str, int]] = frozenset()
    """Path and hunk: those that the person has marked as reviewed."""
    fresh: frozenset[tuple[str, int]] = frozenset()
    """Path and hunk: those that were not there when the person looked at the file last."""

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that can be decided, in the order in which it is shown."""
        return tuple(part for file in self.offer.files for part in self.parts_of(file.path))

    def parts_of(self, path: str) -> tuple[Part, ...]:
        """The parts of one file, as they are shown."""
        return self._parts_by_path[path]

    def part(self, path: str, shown: int) -> Part | None:
        """The part that is shown as the hunk of this number, from 1; for 0 that of a file without hunks."""
        parts = self.parts_of(path)
        if shown == 0:
            return parts[0] if parts[0].hunk == 0 else None
        return parts[shown - 1] if shown <= len(parts) and parts[0].hunk else None

    def hunk(self, part: Part) -> Hunk:
        """The lines of a part as they were offered."""
        hunk = self.offer.file(part.path).diff.hunks[part.hunk - 1]
        return hunk if (part.first, part.end) == (0, len(hunk.lines)) else part_of(hunk, part.first, part.end)

    def text(self, part: Part) -> str:
        """What would stand there: the person's text, or the new lines with LF between them."""
        answer = self.answers.get(part)
        if answer and answer.choice is Choice.EDIT:
            return answer.text
        return "".join(self.hunk(part).new_texts).replace("\r\n", "\n")

    def shown(self, file: OfferedFile) -> FileDiff:
        """A file's difference as it is to be shown: split as it was split, with the person's own text."""
        if file.path not in self._reshaped:
            return file.diff
        parts = self.parts_of(file.path)
        return replace(file.diff, hunks=tuple(self._shown_hunk(part) for part in parts if part.hunk))

    def is_decided(self, part: Part) -> bool:
        """True where something was said of it; a conflict need not be decided."""
        return part in self.answers or bool(self.offer.file(part.path).conflict)

    @cached_property
    def undecided(self) -> tuple[Part, ...]:
        """The parts of which nothing was said."""
        return tuple(part for part in self.parts if not self.is_decided(part))

    def next_undecided(self, part: Part | None) -> Part | None:
        """The first undecided part after this one, else the first of all."""
        order = {each: number for number, each in enumerate(self.parts)}
        here = order.get(part, -1) if part else -1
        return next((each for each in self.undecided if order[each] > here), next(iter(self.undecided), None))

    @property
    def next_unread(self) -> Part | None:
        """The first undecided part that is not marked as reviewed, else the first undecided."""
        unread = (part for part in self.undecided if (part.path, part.hunk) not in self.reviewed)
        return next(unread, self.next_undecided(None))

    @cached_property
    def tally(self) -> Tally:
        """How much was decided, and how."""
        choices = [answer.choice for answer in self.answers.values()]
        rejected = sum(choice is Choice.REJECT for choice in choices)
        return Tally(len(choices) - rejected, rejected, len(self.undecided))

    @cached_property
    def accepted_paths(self) -> tuple[str, ...]:
        """The files of which something would be written."""
        taken = {part.path for part, answer in self.answers.items() if answer.choice is not Choice.REJECT}
        return tuple(file.path for file in self.offer.files if file.path in taken)

    @property
    def protected_paths(self) -> tuple[str, ...]:
        """Those of them that take a second word."""
        return tuple(path for path in self.accepted_paths if self.offer.file(path).is_protected)

    def answered(self, parts: Iterable[Part], answer: Answer) -> "ReviewState":
        """Say the same of some parts; a conflict can only be dropped."""
        is_refusal = answer.choice is Choice.REJECT
        kept = [part for part in parts if is_refusal or not self.offer.file(part.path).conflict]
        return replace(self, answers={**self.answers, **dict.fromkeys(kept, answer)})

    def split(self, part: Part, row: int | None = None) -> "ReviewState":
        """Split a part at its unchanged lines, or before one of its rows; the same state where it cannot be.

        The parts are decided as the whole was, but for one that was rewritten: that one is to be decided again.
        """
        hunk = self.hunk(part)
        found = split_everywhere(hunk)
        ends = list(_ends(found, part.first))
        if len(found) == 1 and row is not None:
            ends = [part.first + row, part.end]
        return self._cut(part, ends[:-1])

    def narrowed(self, part: Part, first: int, end: int) -> "ReviewState":
        """Cut rows `first` to `end` (excluded) out of a part, so that they can be decided by themselves."""
        return self._cut(part, [part.first + first, part.first + end])

    def part_with(self, path: str, hunk: int, line: int) -> Part | None:
        """The part that a line of a hunk, by its index there, belongs to now."""
        parts = self.parts_of(path)
        return next((part for part in parts if part.hunk == hunk and part.first <= line < part.end), None)

    def remarked(self, remark: Remark) -> "ReviewState":
        """Take words on lines in, in place of those on the same lines; empty words take them out."""
        others = tuple(one for one in self.remarks if _place(one) != _place(remark))
        return replace(self, remarks=(*others, remark) if remark.text else others)

    def noted(self, path: str, text: str) -> "ReviewState":
        """Take words on a whole file in, in place of others; empty words take them out."""
        others = {one: said for one, said in self.notes.items() if one != path}
        return replace(self, notes={**others, path: text} if text else others)

    @property
    def has_words(self) -> bool:
        """Whether something was said beside the verdict."""
        return bool(self.remarks or self.notes)

    def hunks_of(self, path: str) -> tuple[int, ...]:
        """The numbers of a file's hunks as they were offered; 0 for a file without."""
        return tuple(range(1, len(self.offer.file(path).diff.hunks) + 1)) or (0,)

    def is_reviewed(self, path: str) -> bool:
        """Whether all hunks of a file are marked as reviewed."""
        return all((path, hunk) in self.reviewed for hunk in self.hunks_of(path))

    def marked(self, path: str, hunks: Iterable[int], is_reviewed: bool) -> "ReviewState":
        """Mark hunks of a file as reviewed, or not."""
        marks = {(path, hunk) for hunk in hunks}
        return replace(self, reviewed=self.reviewed | marks if is_reviewed else self.reviewed - marks)

    def next_unreviewed(self, part: Part) -> Part | None:
        """The first part after this one that is not marked, else the first of all."""
        left = [each for each in self.parts if (each.path, each.hunk) not in self.reviewed]
        order = {each: number for number, each in enumerate(self.parts)}
        return next((each for each in left if order[each] > order[part]), next(iter(left), None))

    def decision(self, note: str = "") -> Decision:
        """What is accepted lands; all else is rejected, and conflicts go on waiting unless they were dropped."""
        files = tuple(self._file_decision(file) for file in self.offer.files)
        conflicts = any(file.conflict for file in self.offer.files)
        lands = bool(self.accepted_paths)
        if not conflicts and not self.notes and (not lands or all(_is_plain(file) for file in files)):
            files = ()
        return Decision(lands, self.offer.digest, note, files=files, remarks=self.remarks)

    def refusal(self, note: str = "") -> Decision:
        """Nothing lands, and the person's words are said."""
        said = (self._refused(file) for file in self.offer.files if file.conflict or file.path in self.notes)
        return Decision(False, self.offer.digest, note, files=tuple(said), remarks=self.remarks)

    @cached_property
    def _reshaped(self) -> frozenset[str]:
        """Files that are shown otherwise than they were offered."""
        edited = {part.path for part, answer in self.answers.items() if answer.choice is Choice.EDIT}
        return frozenset(edited | {path for path, _ in self.cuts})

    @cached_property
    def _parts_by_path(self) -> dict[str, tuple[Part, ...]]:
        return {file.path: tuple(self._parts(file)) for file in self.offer.files}

    def _parts(self, file: OfferedFile) -> Iterator[Part]:
        if not file.diff.hunks:
            yield Part(file.path, 0, 0, 0)
        for number, hunk in enumerate(file.diff.hunks, 1):
            cuts = self.cuts.get((file.path, number), ())
            yield from (Part(file.path, number, *ends) for ends in pairwise((0, *cuts, len(hunk.lines))))

    def _shown_hunk(self, part: Part) -> Hunk:
        hunk, answer = self.hunk(part), self.answers.get(part)
        rewritten = with_text(hunk, answer.text) if answer and answer.choice is Choice.EDIT else hunk
        return hunk if rewritten.is_void else rewritten

    def _cut(self, part: Part, cuts: Iterable[int]) -> "ReviewState":
        """Split a part before these lines of its hunk, but where a piece would change nothing."""
        changes = [part.first + change for change in self.hunk(part).changes]
        kept: list[int] = []
        for cut in sorted(cuts):
            start = kept[-1] if kept else part.first
            if any(start <= change < cut for change in changes) and any(change >= cut for change in changes):
                kept.append(cut)
        if not kept:
            return self
        key = part.path, part.hunk
        cuts_now = {**self.cuts, key: tuple(sorted({*self.cuts.get(key, ()), *kept}))}
        answers = {each: answer for each, answer in self.answers.items() if each != part}
        answer = self.answers.get(part)
        if answer and answer.choice is not Choice.EDIT:
            pieces = (Part(*key, *ends) for ends in pairwise((part.first, *kept, part.end)))
            answers |= dict.fromkeys(pieces, answer)
        return replace(self, cuts=cuts_now, answers=answers)

    def _refused(self, file: OfferedFile) -> FileDecision:
        choice = Choice.ACCEPT if file.conflict else Choice.REJECT
        return FileDecision(file.path, choice, note=self.notes.get(file.path, ""))

    def _file_decision(self, file: OfferedFile) -> FileDecision:
        note = self.notes.get(file.path, "")
        if file.conflict:
            return FileDecision(file.path, self._said(Part(file.path, 0, 0, 0), Choice.ACCEPT).choice, note=note)
        parts = self.parts_of(file.path)
        said = [(part, self._said(part, Choice.REJECT)) for part in parts]
        choices = {answer.choice for _, answer in said}
        if len(choices) == 1 and Choice.EDIT not in choices:
            return FileDecision(file.path, choices.pop(), note=note)
        taken = [(part, answer) for part, answer in said if answer.choice is not Choice.REJECT]
        return FileDecision(file.path, Choice.REJECT, tuple(self._hunk_decision(*each) for each in taken), note=note)

    def _said(self, part: Part, otherwise: Choice) -> Answer:
        return self.answers.get(part, Answer(otherwise))

    def _hunk_decision(self, part: Part, answer: Answer) -> HunkDecision:
        whole = 0, len(self.offer.file(part.path).diff.hunks[part.hunk - 1].lines)
        lines = None if (part.first, part.end) == whole else (part.first, part.end)
        return HunkDecision(part.hunk, answer.choice, answer.text, lines=lines)


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that was said, step by step, so that each step can be taken back and done again."""

    state: ReviewState
    past: tuple[tuple[str, ReviewState], ...] = ()
    """What each step was, and what was there before it; the latest last."""
    future: tuple[tuple[str, ReviewState], ...] = ()
    """What each step that was taken back was, and what it led to; the next last."""

    def then(self, name: str, state: ReviewState) -> "Course":
        """Take a step; one that changes nothing is none."""
        if state == self.state:
            return self
        return Course(state, (*self.past, (name, self.state)))

    def undone(self) -> "tuple[str, Course]":
        """Take the last step back; an empty name where there is none."""
        if not self.past:
            return "", self
        name, before = self.past[-1]
        return name, Course(before, self.past[:-1], (*self.future, (name, self.state)))

    def redone(self) -> "tuple[str, Course]":
        """Take the step again that was taken back last; an empty name where there is none."""
        if not self.future:
            return "", self
        name, after = self.future[-1]
        return name, Course(after, (*self.past, (name, self.state)), self.future[:-1])


def _is_plain(file: FileDecision) -> bool:
    return file.choice is Choice.ACCEPT and not file.hunks


def _place(remark: Remark) -> tuple[str, int, bool, int]:
    return remark.path, remark.line, remark.is_old, remark.last or remark.line


def _ends(hunks: Iterable[Hunk], start: int) -> Iterator[int]:
    """Where each of some parts ends, as an index of the lines of the whole hunk."""
    for hunk in hunks:
        start += len(hunk.lines)
        yield start
