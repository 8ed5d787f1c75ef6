"""Owns what stays of a review when something else is offered: of the same file after it changed, or proposed anew.

A decision stays only where its hunk is line for line the same; what was read is known by its content.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from copydesk.domain.decisions import Remark
from copydesk.domain.hunks import Hunk, HunkLine
from copydesk.frontends.tui.review.looks import Look
from copydesk.frontends.tui.review.marks import marks_of
from copydesk.frontends.tui.review.offer import Offer, OfferedFile
from copydesk.frontends.tui.review.state import ReviewState
from copydesk.frontends.tui.review.unfinished import (
    UNSAID,
    has_changed,
    nearest_line,
    taken_up,
    unfinished_of,
    words_on,
)

GATHERED = "gathered"
"""The subject of the review of all that a session has gathered, which waits beyond its end."""
Lines = tuple[HunkLine, ...]


def carried(old: ReviewState, offer: Offer) -> ReviewState:
    """Say of a new offer what was said of an old one, as far as it is the same."""
    state = ReviewState(offer)
    for file in offer.files:
        if old.offer.has(file.path):
            state = _with_file(state, file, old)
    remarks = tuple(moved_remark(remark, old.offer, offer) for remark in old.remarks if offer.has(remark.path))
    notes = {path: said for path, said in old.notes.items() if offer.has(path)}
    return replace(state, remarks=remarks, notes=notes)


def _with_file(state: ReviewState, file: OfferedFile, old: ReviewState) -> ReviewState:
    path, same = file.path, same_hunks(old.offer.file(file.path), file)
    new = set(range(1, len(file.diff.hunks) + 1)) - set(same.values())
    kept = _reviewed(file, look_of(old, path).reviewed)
    was_fresh = {same[hunk] for name, hunk in old.fresh if name == path and hunk in same}
    cuts = {(path, same[hunk]): at for (name, hunk), at in old.cuts.items() if name == path and hunk in same}
    answers = {
        part._replace(hunk=same[part.hunk]): answer
        for part, answer in old.answers.items()
        if part.path == path and part.hunk in same
    }
    return replace(
        state,
        cuts={**state.cuts, **cuts},
        answers={**state.answers, **answers},
        fresh=state.fresh | {(path, hunk) for hunk in new | was_fresh},
        reviewed=state.reviewed | kept,
    )


def same_hunks(old: OfferedFile, new: OfferedFile) -> dict[int, int]:
    """Number of a hunk in the old version → its number in the new one; 0 stands for a file without hunks."""
    if not old.diff.hunks and not new.diff.hunks:
        is_same = old.content == new.content and replace(old.diff, hunks=()) == replace(new.diff, hunks=())
        return {0: 0} if is_same and not new.conflict else {}
    waiting: dict[Lines, list[int]] = {}
    for number, hunk in enumerate(new.diff.hunks, 1):
        waiting.setdefault(hunk.lines, []).append(number)
    same = {}
    for number, hunk in enumerate(old.diff.hunks, 1):
        if waiting.get(hunk.lines):
            same[number] = waiting[hunk.lines].pop(0)
    return same


def moved_remark(remark: Remark, old: Offer, new: Offer) -> Remark:
    """Words on a line go with the line: with its hunk, else to the nearest line that reads the same."""
    before, after = old.file(remark.path), new.file(remark.path)
    for number, there in same_hunks(before, after).items():
        if not number:
            continue
        hunk, moved = before.diff.hunks[number - 1], after.diff.hunks[there - 1]
        start, length, to = _span(hunk, remark.is_old), _length(hunk, remark.is_old), _span(moved, remark.is_old)
        if start <= remark.line - 1 < start + length:
            return _shifted(remark, to - start)
    return _shifted(remark, _nearest(remark, before, after) - remark.line)


def look_of(state: ReviewState, path: str) -> Look:
    """What is seen of a file where a person looks at it now."""
    marks = marks_of(state.offer.file(path))
    hunks = zip(state.hunks_of(path), marks, strict=True)
    return Look(frozenset(marks), frozenset(mark for hunk, mark in hunks if (path, hunk) in state.reviewed))


def beside(offer: Offer, looks: Mapping[str, Look]) -> ReviewState:
    """Begin a review with what was seen of the same files before: new hunks are fresh, what was read stays read."""
    state = ReviewState(offer)
    fresh: set[tuple[str, int]] = set()
    reviewed: set[tuple[str, int]] = set()
    for file in offer.files:
        look = looks.get(file.path)
        if look is not None and look.seen:
            marks = zip(state.hunks_of(file.path), marks_of(file), strict=True)
            fresh |= {(file.path, hunk) for hunk, mark in marks if hunk and mark not in look.seen}
            reviewed |= _reviewed(file, look.reviewed)
    return replace(state, fresh=frozenset(fresh), reviewed=frozenset(reviewed))


def _reviewed(file: OfferedFile, marks: Collection[str]) -> frozenset[tuple[str, int]]:
    """Which hunks of a file are those that were marked as reviewed."""
    hunks = range(1, len(file.diff.hunks) + 1) or (0,)
    return frozenset((file.path, hunk) for hunk, mark in zip(hunks, marks_of(file), strict=True) if mark in marks)


def _forget(_: Mapping[str, Look]) -> None:
    """Nothing is kept."""


class Remembered:
    """What the person has seen and said: of what was gathered beyond the desk's end, else as long as it is open."""

    def __init__(
        self,
        looks: Mapping[str, Look] | None = None,
        keep: Callable[[Mapping[str, Look]], None] = _forget,
        kept: str = GATHERED,
    ) -> None:
        """`looks` were kept before; `keep` is given all of them whenever there are others.

        `kept` is the one subject of which what was said is kept among them, too.
        """
        self._looks, self._keep, self._kept = dict(looks or {}), keep, kept
        self._left: dict[str, ReviewState] = {}

    def begin(self, subject: str, offer: Offer) -> ReviewState:
        """Begin to review something, or go on where it was left."""
        left, is_kept = self._left.get(subject), subject == self._kept
        offer = self._recalled(offer) if is_kept else offer
        if left:
            return carried(left, offer)
        state = beside(offer, self._looks)
        for file in offer.files if is_kept else ():
            look = self._looks.get(file.path, Look())
            state = taken_up(state, file.path, look.unfinished)
        return state

    def say(self, subject: str, before: ReviewState, state: ReviewState) -> None:
        """Keep what was said by now, where it is something else than before."""
        if subject == self._kept:
            self._take_words(_said_otherwise(before, state), state)

    def left(self, subject: str) -> ReviewState | None:
        """What was said of something that was left without a verdict."""
        return self._left.get(subject)

    def leave(self, subject: str, state: ReviewState, seen: frozenset[str]) -> None:
        """Keep what was said so far; only the files named were looked at."""
        self._left[subject] = state
        self.see(state, seen)
        if subject == self._kept:
            # What was offered may have changed since it was said.
            self._take_words([file.path for file in state.offer.files], state)

    def settle(self, subject: str, state: ReviewState, seen: frozenset[str]) -> None:
        """It is decided: what was said is spent, what was seen stays known."""
        self._left.pop(subject, None)
        self.see(state, seen)
        if subject == self._kept:
            paths = [file.path for file in state.offer.files]
            said = {path: unfinished_of(state, path).words for path in paths}
            self._take({p: replace(self._look(p), unfinished=UNSAID, said=said[p]) for p in paths})

    def see(self, state: ReviewState, seen: Iterable[str]) -> None:
        """Keep what was seen of these files."""
        paths = [path for path in seen if state.offer.has(path)]
        looks = {path: look_of(state, path) for path in paths}
        self._take({p: replace(self._look(p), seen=look.seen, reviewed=look.reviewed) for p, look in looks.items()})

    def _recalled(self, offer: Offer) -> Offer:
        """An offer with what was said of its files in the round before, and whether the place has changed since.

        Words that are not sent yet stand at their lines; of these only that is said whose place has changed.
        """
        return replace(offer, files=tuple(map(self._with_words, offer.files)))

    def _with_words(self, file: OfferedFile) -> OfferedFile:
        look = self._look(file.path)
        unsent = (words for words in look.unfinished.words if has_changed(words, file))
        return replace(file, notes=(*file.notes, *(words_on(words, file) for words in (*look.said, *unsent))))

    def _take_words(self, paths: Iterable[str], state: ReviewState) -> None:
        self._take({path: replace(self._look(path), unfinished=unfinished_of(state, path)) for path in paths})

    def _look(self, path: str) -> Look:
        return self._looks.get(path, Look())

    def _take(self, looks: Mapping[str, Look]) -> None:
        others = {path: look for path, look in looks.items() if self._look(path) != look}
        if others:
            self._looks |= others
            self._keep(dict(self._looks))


def _said_otherwise(before: ReviewState, now: ReviewState) -> frozenset[str]:
    """The files of which something else was said than before."""
    answers = {part.path for part, _ in {*before.answers.items()} ^ {*now.answers.items()}}
    cuts = {path for (path, _), _ in {*before.cuts.items()} ^ {*now.cuts.items()}}
    words = {remark.path for remark in {*before.remarks} ^ {*now.remarks}}
    return frozenset(answers | cuts | words | {path for path, _ in {*before.notes.items()} ^ {*now.notes.items()}})


def _span(hunk: Hunk, is_old: bool) -> int:
    return hunk.old_from if is_old else hunk.new_from


def _length(hunk: Hunk, is_old: bool) -> int:
    return hunk.old_length if is_old else hunk.new_length


def _shifted(remark: Remark, lines: int) -> Remark:
    return replace(remark, line=remark.line + lines, last=remark.last + lines if remark.last else None)


def _nearest(remark: Remark, old: OfferedFile, new: OfferedFile) -> int:
    """The number of the line nearest to the remark's that reads as that one did; its own where there is none."""
    was, now = (file.before if remark.is_old else file.after for file in (old, new))
    before, after = (text.split("\n") if text else [] for text in (was, now))
    if not 1 <= remark.line <= len(before):
        return remark.line
    return nearest_line(remark.line, before[remark.line - 1], after)
