"""Owns the way from a chosen step to files that went back: preview, answers on conflicts, confirmation.

Nothing is asked of the session to move but what was shown last and confirmed; where something changed in the meantime
it is shown again, as it is now.
"""

from dataclasses import dataclass

from textual.app import App

from copydesk.domain.checkpoints import Aim, Answers, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import RollbackConflict
from copydesk.domain.rewinds import RewindPreview
from copydesk.frontends.going_back import confirmation, left_sentence, let_through, rewind_sentence, rollback_sentence
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question, RewindChoice, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.turn_screen import TurnScreen

NOTHING_MOVED = "Nothing was moved."
CHANGED = "Nothing was moved: something changed while you looked. This is how it is now."


class _Left(Exception):
    """The person left a question without an answer."""


class _Changed(Exception):
    """What was shown is not so any more."""


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What the person answered, and what that comes to."""

    preview: RollbackPreview
    """With the answers; nothing is open in it."""
    answers: Answers
    decision: Decision
    """On the digest of the preview."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """Asks for what must be known, one screen after the other; runs in a worker of the app."""

    app: App[None]
    session: SessionPort

    async def go(self, aim: Aim, doing: str, looks_first: bool = False) -> str:
        """Go back, or take a rollback back; gives what is to be said in the end. Raises CopydeskError.

        `doing` is half a sentence for it. With `looks_first` the difference is shown first, to choose among its hunks.
        """
        remark = ""
        while True:
            try:
                return await self._go(aim, doing, looks_first, remark)
            except _Left:
                return NOTHING_MOVED
            except _Changed:
                remark = CHANGED
            except RollbackConflict as error:
                remark = f"{NOTHING_MOVED} {' '.join(error.reasons)}"

    async def rewind(self, near: int | None) -> str:
        """Cut the conversation back to before a turn, with the files or without; gives what is to be said then.

        `near` is the turn that is offered first, the last one where there is no such turn.
        """
        turns = await self.session.turns()
        if not turns:
            return "There is nothing yet in this conversation that could be cut."
        chosen = await self.app.push_screen_wait(TurnScreen(turns, near))
        if chosen is None:
            return ""
        turn, remark = turns[chosen].turn, ""
        while True:
            try:
                return await self._rewind(turn, f"Going back before turn {turn}", remark)
            except _Left:
                return NOTHING_MOVED
            except _Changed:
                remark = CHANGED
            except RollbackConflict as error:
                remark = f"{NOTHING_MOVED} {' '.join(error.reasons)}"

    async def _go(self, aim: Aim, doing: str, looks_first: bool, remark: str) -> str:
        preview = await self.session.preview_rollback(aim)
        if not preview.diffs and not preview.conflicts:
            return rollback_sentence(preview, doing)
        decision = Decision(True, preview.digest)
        if looks_first:
            chosen = await self.app.push_screen_wait(RestoreScreen(preview, doing, remark))
            if chosen is None:
                raise _Left
            decision = chosen
        # The id of the step that was shown: the last rollback may be another one by now.
        shown = Aim(preview.step, aim.paths, aim.is_redo)
        agreed = await self._settled(shown, _Agreed(preview, Answers(), decision), doing, remark)
        if not let_through(agreed.preview, agreed.decision):
            return "Every file stays as it is; there is nothing to do."
        asked = f"y {'takes it back' if aim.is_redo else 'rolls back'}, esc does not."
        await self._confirm(Question(doing, "", asked, remark=remark), agreed)
        return await self.session.rollback(shown, agreed.answers, agreed.decision)

    async def _rewind(self, turn: int, doing: str, remark: str) -> str:
        preview = await self.session.preview_rewind(turn)
        match await self.app.push_screen_wait(RewindScreen(doing, preview, remark)):
            case None:
                raise _Left
            case RewindChoice.CONVERSATION:
                text = f"{rewind_sentence(preview)}\n{left_sentence(preview)}"
                await self._ask(Question(doing, text, "y cuts the conversation, esc does not.", remark=remark))
                await self._expect(turn, preview)
                return await self.session.rewind(turn, with_files=False)
            case RewindChoice.BOTH:
                rollback = preview.files
                agreed = _Agreed(rollback, Answers(), Decision(True, rollback.digest))
                agreed = await self._settled(Aim(rollback.step), agreed, doing, remark)
                asked = "y cuts the conversation and rolls back, esc does neither."
                await self._confirm(Question(doing, f"{rewind_sentence(preview)}\n", asked, remark=remark), agreed)
                await self._expect(turn, preview)
                return await self.session.rewind(turn, True, agreed.answers, agreed.decision.digest)

    async def _settled(self, aim: Aim, agreed: _Agreed, doing: str, remark: str) -> _Agreed:
        """Have each conflict answered, and see what that comes to."""
        preview = agreed.preview
        if not preview.conflicts:
            return agreed
        answers = await self.app.push_screen_wait(ConflictScreen(preview, doing, remark))
        if answers is None:
            raise _Left
        settled = await self.session.preview_rollback(aim, answers)
        if settled.conflicts or await self.session.preview_rollback(aim) != preview:
            raise _Changed
        return _Agreed(settled, answers, Decision(True, settled.digest, files=agreed.decision.files))

    async def _confirm(self, question: Question, agreed: _Agreed) -> None:
        """Show exactly what is going to happen, and have a yes to it."""
        text = question.text + confirmation(agreed.preview, agreed.answers, agreed.decision)
        diffs = let_through(agreed.preview, agreed.decision)
        await self._ask(Question(question.doing, text, question.asked, diffs, question.remark))

    async def _ask(self, question: Question) -> None:
        if not await self.app.push_screen_wait(ConfirmScreen(question)):
            raise _Left

    async def _expect(self, turn: int, preview: RewindPreview) -> None:
        """Have what is cut be what was shown; a digest is of the files only."""
        if await self.session.preview_rewind(turn) != preview:
            raise _Changed
