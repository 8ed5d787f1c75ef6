"""Owns going back by typed words: what was changed, what going back would do, and a yes before anything moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from copydesk.domain.checkpoints import Aim, Answers, FileConflict, HistoryRow, Remedy, RollbackPreview
from copydesk.domain.commits import PLAIN_WISH, CommitPreview, CommitWish, NotCommitted
from copydesk.domain.decisions import Choice, Decision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show
from copydesk.domain.errors import RollbackConflict, UsageError
from copydesk.domain.rewinds import RewindPreview
from copydesk.engine.session import Session
from copydesk.frontends.going_back import (
    REMEDY_WORDS,
    confirmation,
    left_sentence,
    reach_sentences,
    rewind_sentence,
    rollback_sentence,
)
from copydesk.frontends.plain.deciding import numbers_in
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.marks import Marks
from copydesk.frontends.plain.offer import diff_lines
from copydesk.frontends.plain.words import Action
from copydesk.frontends.present import line_counts, plural

NOTHING_MOVED = "Nothing was moved."
NOT_COVERED = "What other programs changed elsewhere is not in this list, and is never touched."


class _Left(Exception):
    """The person did not say yes."""


@dataclass(frozen=True, slots=True)
class GoingBack:
    """The words history, rollback, redo, rewind and commit."""

    session: Session
    dialogue: Dialogue
    local_time: Callable[[float], str]

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        return {
            "history": self.history,
            "rollback": lambda words: self.rollback(words.split()),
            "redo": lambda words: self.redo(words.split()),
            "rewind": lambda words: self.rewind(words.split()),
            "commit": self.commit,
        }

    async def history(self, words: str = "") -> None:
        """Say the applied steps, newest first: all, or those with a file whose path has these words."""
        rows = [row for row in await self.session.history() if words in " ".join(row.paths)]
        self.dialogue.say(*(self._row(row) for row in rows))
        self.dialogue.say(NOT_COVERED if rows else "Nothing has been changed here yet.")

    async def rollback(self, words: Sequence[str]) -> None:
        """Go back to before a step, the last one if none is named; in some files only if any are."""
        step, *paths = words or [""]
        aim = Aim("" if step == "last" else step, tuple(paths))
        await self._carry_out(aim, f"Going back before {step or 'the last step'}")

    async def redo(self, words: Sequence[str]) -> None:
        """Take a rollback back, the last one if none is named."""
        await self._carry_out(Aim(words[0] if words else "", is_redo=True), "Taking back the rollback")

    async def rewind(self, words: Sequence[str]) -> None:
        """Cut the conversation back to before a turn, with the files or without."""
        turns = await self.session.turns()
        if not turns:
            self.dialogue.say("There is nothing yet in this conversation that could be cut.")
            return
        if not words or not words[0].isdecimal():
            for row in turns:
                self.dialogue.say(f"Turn {row.turn}, {plural(row.edits, 'edit')}: {row.words}")
            self.dialogue.say("Say /rewind and the number of the turn that is cut out with all after it.")
            return
        try:
            await self._rewind(int(words[0]))
        except _Left:
            self.dialogue.say(NOTHING_MOVED)
        except RollbackConflict as error:
            self.dialogue.say(NOTHING_MOVED, *error.reasons)

    async def commit(self, message: str) -> None:
        """Commit what was accepted, or some hunks of it, after a yes to exactly what was said."""
        wish, preview = PLAIN_WISH, await self.session.preview_commit()
        numbers, words = numbers_in(message.removeprefix("only "))
        if message.startswith("only ") and numbers and isinstance(preview, CommitPreview):
            message = words
            choice = Marks.on(preview.diffs).marking(numbers, Choice.ACCEPT).decision(preview.digest)
            wish = CommitWish(choice=choice)
            preview = await self.session.preview_commit(wish)
        if isinstance(preview, NotCommitted):
            self.dialogue.say("Nothing was committed.", *preview.reasons)
            return
        self._read(preview.diffs)
        hooks = f" Your hooks run: {', '.join(preview.hooks)}." if preview.hooks else ""
        asked = f"A commit “{message or preview.message}” of {plural(len(preview.paths), 'file')}.{hooks}"
        if not await self.dialogue.agrees(asked):
            self.dialogue.say("Nothing was committed.")
            return
        done = await self.session.commit(replace(wish, message=message, shown=preview.digest))
        if isinstance(done, NotCommitted):
            self.dialogue.say("Nothing was committed.", *done.reasons)

    def _row(self, row: HistoryRow) -> str:
        whose = f"session {row.session}{f' turn {row.turn}' if row.turn else ''}"
        extent = line_counts(row.added, row.removed)
        paths = ", ".join(map(show, row.paths))
        return f"{row.id}: {self.local_time(row.at)}, {row.operation} {paths}, {extent}, {row.state}, {whose}"

    async def _carry_out(self, aim: Aim, doing: str) -> None:
        try:
            await self._go(aim, doing)
        except _Left:
            self.dialogue.say(NOTHING_MOVED)
        except RollbackConflict as error:
            self.dialogue.say(NOTHING_MOVED, *error.reasons)

    async def _go(self, aim: Aim, doing: str) -> None:
        """Do it; that it was done is an event, and said as one."""
        preview = await self.session.preview_rollback(aim)
        self.dialogue.say(rollback_sentence(preview, doing))
        await self._say_reach(preview)
        if not preview.diffs and not preview.conflicts:
            return
        # The id of the step that was read out: the last one may be another by now.
        shown = Aim(preview.step, aim.paths, aim.is_redo)
        settled, answers = await self._settled(shown, preview)
        self._read(settled.diffs)
        decision = await self._chosen(settled)
        await self._confirm(confirmation(settled, answers, decision))
        await self.session.rollback(shown, answers, decision)

    async def _say_reach(self, preview: RollbackPreview) -> None:
        rows = await self.session.history()
        chosen = next((row for row in rows if preview.step.startswith(row.id)), None)
        self.dialogue.say(*(reach_sentences(rows, chosen, preview) if chosen else ()))

    async def _rewind(self, turn: int) -> None:
        preview = await self.session.preview_rewind(turn)
        self.dialogue.say(rewind_sentence(preview))
        asked = "Say conversation to cut only that, both to have the files go back too; anything else does nothing."
        match (await self.dialogue.ask(asked)).lower():
            case "conversation":
                await self._confirm(left_sentence(preview))
                await self._expect(turn, preview)
                await self.session.rewind(turn, with_files=False)
            case "both":
                settled, answers = await self._settled(Aim(preview.files.step), preview.files)
                self._read(settled.diffs)
                await self._confirm(confirmation(settled, answers))
                await self._expect(turn, preview)
                await self.session.rewind(turn, True, answers, settled.digest)
            case _:
                raise _Left

    async def _settled(self, aim: Aim, preview: RollbackPreview) -> tuple[RollbackPreview, Answers]:
        """Have each conflict answered; gives what that comes to."""
        if not preview.conflicts:
            return preview, Answers()
        said = {conflict.path: await self._remedy(conflict) for conflict in preview.conflicts}
        answers = Answers(by_path=said)
        settled = await self.session.preview_rollback(aim, answers)
        if settled.conflicts or await self.session.preview_rollback(aim) != preview:
            raise RollbackConflict((), ("Something changed meanwhile; say it again to hear how it is now.",))
        return settled, answers

    async def _remedy(self, conflict: FileConflict) -> Remedy:
        self.dialogue.say(f"In the way: {conflict.sentence}")
        self.dialogue.say(*(f"{remedy}: {REMEDY_WORDS[remedy]}." for remedy in conflict.remedies))
        said = (await self.dialogue.ask("Say one of these words; anything else moves nothing.")).lower()
        if said not in list(conflict.remedies):
            raise _Left
        return Remedy(said)

    async def _chosen(self, preview: RollbackPreview) -> Decision:
        """Which hunks go back."""
        marks = Marks.on(preview.diffs)
        if len(marks.parts) < 2:
            return marks.whole(preview.digest, accepted=True)
        said = await self.dialogue.ask("Say all, or the numbers of the hunks that go back.")
        numbers = said.replace(",", " ").split()
        if said.lower() == "all":
            return marks.whole(preview.digest, accepted=True)
        if not numbers or not all(word.isdecimal() for word in numbers):
            raise _Left
        return marks.marking(map(int, numbers), Choice.ACCEPT).decision(preview.digest)

    def _read(self, diffs: Sequence[FileDiff]) -> None:
        self.dialogue.say(*diff_lines(tuple(diffs)))

    async def _confirm(self, what: str) -> None:
        self.dialogue.say(what)
        if not await self.dialogue.agrees("Is that to be done?"):
            raise _Left

    async def _expect(self, turn: int, preview: RewindPreview) -> None:
        """What is cut is what was read out."""
        if await self.session.preview_rewind(turn) != preview:
            raise UsageError("Something changed meanwhile; say it again to hear how it is now.")
