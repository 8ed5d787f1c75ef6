"""Owns playing one random sequence on the program and on the oracle at once, up to the first law that is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from copy import deepcopy
from random import Random

from copydesk.domain.checkpoints import Aim
from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.policies import Mode, Ruling
from copydesk.domain.proposals import OutcomeKind, Proposal
from tests.oracle.author import LONGEST, Author, Edit
from tests.oracle.desk import ConsentDesk, decision_on, shown_of
from tests.oracle.oracle import CONFLICT, Change, File, Shown, Truth, Verdict, landed, merge_problems
from tests.oracle.reviewing import ReviewRound
from tests.oracle.told import concluded, misquoted, rows, sections

LENGTH = (5, 12)
"""Actions of a sequence."""
MOST_QUESTIONS = 3
"""Of one edit in a row that the user changes the file under."""


Keep = Callable[[list[Truth]], None]
"""Takes what may be true if the process is killed in the next step; the first of them is true now."""


def not_kept(truths: list[Truth]) -> None:
    """Nobody kills this process."""


class Crash(Exception):
    """The program is gone; nothing in it catches this."""


class Play:
    """One sequence of a seed, on a desk that others use before and after; also the person who is asked."""

    def __init__(self, seed: int, desk: ConsentDesk, keep: Keep = not_kept, resumed: Truth | None = None) -> None:
        random = Random(f"{seed} resumed" if resumed else seed)
        self.truth = resumed or Truth()
        self.seen = Counter[str]()
        """What happened, and how often."""
        self.desk = desk
        self._name = f"s{seed}"
        self._keep = keep
        self._author = Author(random, self._name, repeats=seed % 5 == 4, undoes=resumed is None)
        self._random = random
        mode = Mode.REVIEW if self.truth.waiting else random.choice((Mode.ASK, Mode.REVIEW))
        self._session = desk.session(self._name, self, mode)
        self._log: list[str] = []
        self._problems: list[str] = []
        self._edit = Edit({}, "", None)
        self._questions: list[tuple[Shown, Verdict | None]] = []
        """What the person was shown of this edit, and said; None where they decided on something else."""
        self._words: tuple[str, ...] = ()
        """What they said to the model with it."""

    async def play(self) -> str | None:
        """Give a report of the first law that is broken, None where all hold."""
        for path in self._author.paths[:2]:
            self.truth.begin(path, self._author.lines("start", 6, LONGEST))
            self.desk.write(path, "".join(self.truth.disk[path]).encode())
        return await self.go_on()

    async def go_on(self) -> str | None:
        """The same from what is there."""
        self._hold_laws()
        for _ in range(self._random.randint(*LENGTH)):
            if self._problems:
                break
            self._keep([self.truth])
            await self._act()
            self._hold_laws()
        return self._report() if self._problems else None

    async def _act(self) -> None:
        chance, is_review = self._random.random(), self._session.mode is Mode.REVIEW
        if chance < 0.45:
            await self._model_edits()
        elif chance < 0.62:
            self.user_writes(self._random.choice((*self._author.paths, *self.truth.waiting, *self.truth.waiting)))
        elif chance < 0.68:
            await self._model_views()
        elif chance < 0.74:
            await self._roll_back()
        elif chance < 0.78:
            self._crash()
        elif self.truth.waiting:
            await self._review()
        else:
            self._session.mode = Mode.ASK if is_review else Mode.REVIEW
            self._note(f"mode {self._session.mode}")

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """Answer as the person does, while the user may write and the program may die."""
        shown = shown_of(proposal.changes[0])
        self._check_question(shown)
        if len(self._questions) < MOST_QUESTIONS and self._random.random() < 0.35:
            self.user_writes(shown.path if self._random.random() < 0.8 else self._random.choice(self._author.paths))
        chance = self._random.random()
        if chance < 0.04:
            raise Crash
        if chance < 0.07:
            self._questions.append((shown, None))
            return self.desk.fault.heard(Decision(True, "0" * 64))
        verdict, note = self._author.verdict(shown), self._author.note()
        self._note(f"asked about {shown}, the person says {verdict} {note!r}")
        self._questions.append((shown, verdict))
        self._words = (*verdict.notes, *filter(None, [note]))
        self._keep_landed({shown.path: (shown.before, landed(shown, verdict))})
        return self.desk.fault.heard(decision_on(proposal.digest, [(shown, verdict)], note))

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Nothing here is secret."""
        return True

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """Nothing is run."""
        return False

    def _check_question(self, shown: Shown) -> None:
        current = self.truth.disk.get(shown.path)
        if shown.before != current:
            self._problems.append(f"asked about {shown.before}; the disk holds {current}")
        if landed(shown, Verdict(True)) != shown.after:
            self._problems.append("the hunks that are shown do not make the file that is shown")
        if not self._questions:
            self._must_be("the edit", shown.after, self._edit.after)
            return
        self.seen["merged"] += 1
        before, _ = self._questions[-1]
        self._problems += merge_problems(before.before, before.after, current, shown.after)

    async def _model_edits(self) -> None:
        path = self._random.choice(self._author.paths)
        view = self.truth.view(path)
        self._edit = edit = self._author.edit(path, view, self.truth.undone(path))
        self._note(f"the model sends {edit.given}")
        self.truth.model_writes(edit.after)
        self._questions = []
        if self._session.mode is Mode.REVIEW:
            gathered = deepcopy(self.truth)
            gathered.gathers(path, edit.after, is_undo=edit.is_undo)
            self._keep([self.truth, gathered])
        try:
            answer = await self._session.call(edit.given)
        except Crash:
            self._crash()
            return
        message = answer.result.text
        self._note(f"the model is told {message!r}")
        if answer.outcome is None:
            self.seen["refused call"] += 1
            self._must_be(f"the file by {message!r}", edit.after, view)
        elif self._session.mode is Mode.REVIEW:
            self._must_be("the outcome", answer.outcome.kind, OutcomeKind.GATHERED)
            self.truth.gathers(path, edit.after, is_undo=edit.is_undo)
            self._told_whole(path, message, edit.after)
        else:
            self._conclude(answer.outcome.kind, message)

    def _conclude(self, kind: OutcomeKind, message: str) -> None:
        """Hold what became of an edit against the person's last word, and against what the model is told."""
        if not self._questions:
            self._problems.append("nobody was asked")
            return
        (shown, verdict), path = self._questions[-1], self._edit.path
        lands = landed(shown, verdict) if verdict else shown.before
        wanted = self._wanted_kind(shown, verdict, lands)
        self.seen[wanted] += 1
        self._must_be("the outcome", kind, wanted)
        if wanted in (OutcomeKind.REJECTED, OutcomeKind.STALE):
            self._must_be("the answer's beginning", message.partition(".")[0], "No change was made")
        if wanted is not OutcomeKind.STALE:
            self._problems += [f"the answer lacks {word!r}" for word in self._words if word not in message]
        current = self.truth.disk.get(path)
        if wanted is OutcomeKind.STALE and verdict and not _does_nothing(shown, current):
            self.seen["contradicted"] += 1
            self._problems += merge_problems(shown.before, shown.after, current, CONFLICT)
        if kind is not wanted or wanted in (OutcomeKind.REJECTED, OutcomeKind.STALE):
            return
        self.truth.lands(self._session.last_step(), {path: (shown.before, lands)}, is_undo=self._edit.is_undo)
        if wanted is OutcomeKind.APPLIED:
            self._told_whole(path, message, lands)
        else:
            self._told_part(sections(message, [path]), shown, lands)
        if len(self._questions) > 1:
            # What the user wrote meanwhile it has not seen.
            self.truth.told.pop(path, None)

    def _wanted_kind(self, shown: Shown, verdict: Verdict | None, lands: File) -> OutcomeKind:
        if verdict and lands == shown.before:
            return OutcomeKind.REJECTED
        if verdict is None or self.truth.disk.get(shown.path) != shown.before:
            return OutcomeKind.STALE
        return OutcomeKind.APPLIED if lands == shown.after else OutcomeKind.PARTLY_APPLIED

    def _told_whole(self, path: str, message: str, lines: File) -> None:
        self._problems += misquoted(message, lines)
        self.truth.told[path] = lines

    def _told_part(self, said: dict[str, list[str]], shown: Shown, lines: File) -> None:
        if shown.path not in said:
            self._problems.append(f"law 3: nothing is said of {shown.path}")
            return
        found, problems = concluded(said[shown.path], shown)
        self._problems += problems
        self._must_be("law 3: what is concluded", found, lines)
        self.truth.told[shown.path] = lines

    async def _model_views(self) -> None:
        path = self._random.choice(self._author.paths)
        view = self.truth.view(path)
        answer = await self._session.call({"command": "view", "path": path})
        self._must_be("a view's refusal", answer.result.is_error, view is None)
        if view:
            self._must_be("the view", rows(answer.result.text), view)
            self.truth.told[path] = view

    def user_writes(self, path: str) -> None:
        current = self.truth.disk.get(path)
        lines = self._author.user_edit(current)
        self._note(f"the user makes {path} {lines}")
        if lines is None:
            (self.desk.base / path).unlink()
        else:
            self.desk.write(path, "".join(lines).encode())
        if lines != current:
            self.truth.user_writes(path, lines)

    async def _roll_back(self) -> None:
        if not self.truth.steps:
            return
        step = self._random.choice(list(self.truth.steps))
        wanted = self.truth.rollback(step)
        self._note(f"back to before {step}: {wanted}")
        self._keep_landed(wanted or {})
        moved: set[str] | None = None
        with suppress(RollbackConflict):
            done = await self._session.rollbacks.go_back(Aim(step))
            moved = set(done.paths) if done else set()
        self._must_be("what a rollback moves", moved, None if wanted is None else set(wanted))
        if moved is None:
            self.seen["rollback refused"] += 1
        elif moved and wanted:
            self.seen["rollback"] += 1
            self.truth.rolls_back(self._session.last_step(), wanted)

    def _crash(self) -> None:
        """Everything that is not on disk is gone; the session goes on from what is."""
        self.seen["crash"] += 1
        self._note("a crash")
        mode = Mode.REVIEW if self.truth.waiting else self._session.mode
        self.desk = ConsentDesk(self.desk.base.parent, self.desk.fault)
        self._session = self.desk.session(self._name, self, mode)

    async def _review(self) -> None:
        if self._random.random() < 0.4:
            self.user_writes(self._random.choice(list(self.truth.waiting)))
        review = ReviewRound(self._session, self.truth, self._author, self)
        await review.play()
        self._log += review.log
        self._problems += review.problems
        self.seen += review.seen

    def keep_reviewed(self, changes: Mapping[str, Change], settled: Collection[str]) -> None:
        """What may be true by the person's word on a review: nothing of it, what is on disk, all."""
        on_disk, reviewed = deepcopy(self.truth), deepcopy(self.truth)
        on_disk.lands("", changes)
        reviewed.lands("", changes)
        reviewed.lets_go(settled)
        self._keep([self.truth, on_disk, reviewed])

    def _keep_landed(self, changes: Mapping[str, Change]) -> None:
        self.keep_reviewed(changes, ())

    def _hold_laws(self) -> None:
        folder = self.desk.base / self._name
        files = {str(file.relative_to(self.desk.base)) for file in folder.rglob("*") if file.is_file()}
        paths = files | set(self._author.paths)
        self._problems += self.truth.disk_problems({path: self._session.on_disk(path) for path in paths})
        views = {path: self._session.view(path) for path in paths}
        self._problems += self.truth.told_problems(views)
        for path in self._author.paths:
            self._must_be(f"what the model reads of {path}", views[path], self.truth.view(path))
        self._must_be("what waits", set(self._session.reviews.waiting), set(self.truth.waiting))

    def _must_be(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self._problems.append(f"{what} is {found} and should be {wanted}")

    def _note(self, text: str) -> None:
        self._log.append(text)

    def _report(self) -> str:
        steps = [f"{number}. {text}" for number, text in enumerate(self._log, 1)]
        return "\n".join([f"sequence {self._name}:", *steps, *(f"- {problem}" for problem in self._problems)])


def _does_nothing(shown: Shown, current: File) -> bool:
    """Whether the file is as the edit would make it."""
    return not any(merge_problems(shown.before, shown.after, current, current))
