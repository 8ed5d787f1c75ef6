"""Owns one review in the campaign of consent: what is offered, what the person says of it, and what comes of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from copydesk.changes.changeset import Changeset
from copydesk.domain.proposals import OutcomeKind
from copydesk.engine.reviews import Reviewed
from tests.oracle.author import Author
from tests.oracle.desk import ConsentSession, decision_on, shown_of
from tests.oracle.oracle import CONFLICT, Change, Shown, Truth, Verdict, landed, merge_problems
from tests.oracle.told import concluded, sections


@dataclass(frozen=True, slots=True)
class _Word:
    """What the person said of a changeset."""

    changeset: Changeset
    files: list[tuple[Shown, Verdict]]
    given_up: set[str]
    """Conflicts that they rejected."""
    notes: list[str]

    @property
    def changes(self) -> dict[str, Change]:
        """What has to land."""
        found = {shown.path: (shown.before, landed(shown, verdict)) for shown, verdict in self.files}
        return {path: change for path, change in found.items() if change[0] != change[1]}

    @property
    def settled(self) -> set[str]:
        """The files that have to leave the overlay."""
        return {shown.path for shown, _ in self.files} | set(self.changeset.unchanged) | self.given_up

    @property
    def kind(self) -> OutcomeKind:
        if not self.changes:
            return OutcomeKind.REJECTED
        is_whole = all(landed(shown, verdict) == shown.after for shown, verdict in self.files)
        return OutcomeKind.APPLIED if is_whole else OutcomeKind.PARTLY_APPLIED


class World(Protocol):
    """What goes on beside a review."""

    def user_writes(self, path: str) -> None:
        """The user does something to a file."""

    def keep_reviewed(self, changes: Mapping[str, Change], settled: Collection[str]) -> None:
        """The process may be killed while this is made true."""


class ReviewRound:
    """One look at what waits, and mostly a decision."""

    def __init__(self, session: ConsentSession, truth: Truth, author: Author, world: World) -> None:
        self._session = session
        self._truth = truth
        self._author = author
        self._world = world
        self.log: list[str] = []
        self.problems: list[str] = []
        self.seen = Counter[str]()

    async def play(self) -> None:
        changeset = await self._session.reviews.changeset()
        self._check(changeset)
        random = self._author.random
        if self.problems or random.random() < 0.15:
            return
        word = self._word_on(changeset)
        before = dict(self._truth.disk)
        if random.random() < 0.25:
            self._world.user_writes(random.choice(changeset.paths or self._author.paths))
        others = [(Shown(c.path, None, None, ()), Verdict(c.path not in word.given_up)) for c in changeset.conflicts]
        note = word.notes[0] if word.notes else ""
        self._world.keep_reviewed(word.changes, word.settled)
        decision = decision_on(changeset.digest, [*word.files, *others], note)
        self.log.append(f"the person reviews {decision}")
        notes: list[str] = []
        heard = self._session.desk.fault.heard(decision)
        reviewed = await self._session.reviews.decide(heard, lambda note, _: notes.append(note))
        changed = {path for path in changeset.paths if before.get(path) != self._truth.disk.get(path)}
        self._conclude(word, changed, reviewed, "".join(notes))

    def _check(self, changeset: Changeset) -> None:
        """Hold what is offered against what waits and what the disk holds."""
        self._must_be("what is reviewed", set(changeset.paths), set(self._truth.waiting))
        for shown in [shown_of(file.change) for file in changeset.files]:
            waiting = self._truth.waiting[shown.path]
            self._must_be("what a change begins from", shown.before, self._truth.disk.get(shown.path))
            self._must_be("what the hunks make", landed(shown, Verdict(True)), shown.after)
            self.problems += merge_problems(waiting.base, waiting.image, shown.before, shown.after)
            self.seen["rebased"] += waiting.base != shown.before
        for path in changeset.unchanged:
            waiting, current = self._truth.waiting[path], self._truth.disk.get(path)
            self.seen["unchanged"] += 1
            if waiting.base != waiting.image:
                self.problems += merge_problems(waiting.base, waiting.image, current, current)
        for conflict in changeset.conflicts:
            waiting, current = self._truth.waiting[conflict.path], self._truth.disk.get(conflict.path)
            self.seen["conflict"] += 1
            self.problems += merge_problems(waiting.base, waiting.image, current, CONFLICT)

    def _word_on(self, changeset: Changeset) -> _Word:
        author = self._author
        files = [(shown, author.verdict(shown)) for shown in (shown_of(file.change) for file in changeset.files)]
        given_up = {conflict.path for conflict in changeset.conflicts if author.random.random() < 0.4}
        return _Word(changeset, files, given_up, [note for note in [author.note()] if note])

    def _conclude(self, word: _Word, changed: set[str], reviewed: Reviewed, told: str) -> None:
        """Hold what came of the decision against the decision; `changed` are the files that changed before it."""
        is_offered = any(shown.path in changed for shown, _ in word.files)
        if reviewed.outcome.kind is OutcomeKind.STALE and changed:
            self.seen["stale review"] += 1
            return
        self._must_be("the review's outcome", reviewed.outcome.kind, OutcomeKind.STALE if is_offered else word.kind)
        if self.problems:
            return
        self.seen[f"review {word.kind}"] += 1
        self.seen["given up"] += len(word.given_up)
        self.log.append(f"the model is told {told!r}")
        changes = word.changes
        if changes:
            self._truth.lands(self._session.last_step(), changes)
        self._check_words(word, told)
        bases = {path: waiting.base for path, waiting in self._truth.waiting.items()}
        self._truth.lets_go(word.settled)
        for path in word.settled - {shown.path for shown, _ in word.files}:
            self._seen_by_model(path)
        for shown, _ in word.files:
            self._check_told(shown, told, is_any=bool(changes))
            if bases[shown.path] != shown.before:
                # What the user wrote meanwhile it has not seen.
                self._truth.told.pop(shown.path, None)

    def _check_words(self, word: _Word, told: str) -> None:
        """Hold the words that reach the model against those that have to."""
        notes = [*word.notes, *(note for _, verdict in word.files for note in verdict.notes)]
        self.problems += [f"the note lacks {note!r}" for note in notes if note not in told]
        waiting = {conflict.path for conflict in word.changeset.conflicts} - word.given_up
        self.problems += [
            f"law 3: the note does not name {path}" for path in waiting | word.given_up if path not in told
        ]
        if "rejected" in told and not word.files and not word.given_up:
            self.problems.append("law 3: the model is told of a rejection; nothing was rejected")

    def _check_told(self, shown: Shown, told: str, *, is_any: bool) -> None:
        """Hold what the model concludes of one file against the disk."""
        current = self._truth.disk.get(shown.path)
        self._truth.told[shown.path] = current
        if not is_any:
            self._must_be("the note's sentence", "No change was made. The person rejected" in told, True)
            return
        said = sections(told, self._author.paths)
        if shown.path not in said:
            self.problems.append(f"law 3: nothing is said of {shown.path}")
            return
        found, problems = concluded(said[shown.path], shown)
        self.problems += problems
        self._must_be(f"law 3: what is concluded of {shown.path}", found, current)

    def _seen_by_model(self, path: str) -> None:
        """A file left the overlay that nothing was offered of: the model knows it unless the user changed it."""
        if self._truth.told.get(path) != self._truth.view(path):
            self._truth.told.pop(path, None)

    def _must_be(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.problems.append(f"{what} is {found} and should be {wanted}")
