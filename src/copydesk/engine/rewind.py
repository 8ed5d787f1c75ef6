"""Owns cutting the conversation back to before a prompt, with the files or without, and what the model is told then.

The files go first: if they cannot all go, nothing happens at all, and a process killed in between leaves an uncut
conversation whose model hears of the rollback with the next prompt. It is not asked while a turn runs.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby

from copydesk.changes.overlay import Overlay
from copydesk.domain.checkpoints import Aim, Answers, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.errors import GitError, HistoryError, UsageError
from copydesk.domain.events import ConversationCut, Noticed, RolledBack, TurnStarted
from copydesk.domain.rewinds import RewindPreview, TurnRow, cut_sentence, first_words, moved_sentence
from copydesk.domain.unified import quoted_path
from copydesk.engine.bus import Bus
from copydesk.engine.conversation import Conversation
from copydesk.engine.rollbacks import NOTHING, Rollbacks, Since

_DID = {"rollback": "The person rolled files back", "redo": "The person took a rollback back"}
_LOOK = "View them again before you edit them."
_CUT = "The person cut out what was said from here on. Files that are not as they were then"


class Rewinds:
    """The ways back in one session's conversation, and word to its model of every rollback."""

    def __init__(self, bus: Bus, conversation: Conversation, rollbacks: Rollbacks, overlay: Overlay) -> None:
        self._bus = bus
        self._conversation = conversation
        self._rollbacks = rollbacks
        self._overlay = overlay
        self._hearing = asyncio.Lock()
        """What two ask about at once is told once."""

    async def turns(self) -> list[TurnRow]:
        """The turns to whose beginning the conversation can be cut back, oldest first."""
        edits = await self._rollbacks.edits()
        starts = self._conversation.starts
        begun = [(e.turn, e.event.prompt, e.at) for e in self._bus.after(0) if isinstance(e.event, TurnStarted)]
        return [TurnRow(turn, first_words(said), at, edits[str(turn)]) for turn, said, at in begun if turn in starts]

    async def preview(self, turn: int, answers: Answers | None = None) -> RewindPreview:
        """What cutting back to before a turn's prompt would do; UsageError where the turn is not there."""
        since = await self._since(turn)
        turns = tuple(row for row in await self.turns() if row.turn >= turn)
        messages = len(self._conversation.messages) - self._conversation.starts[turn].message
        files = await self._files(since, answers)
        waiting = self._waiting(turn)
        return RewindPreview(turns, messages, files, _merged(since.changed, waiting), waiting)

    async def carry_out(
        self, turn: int, with_files: bool, answers: Answers | None = None, digest: str | None = None
    ) -> str:
        """Cut back to before a turn's prompt, and say what was done; `digest` is that of the files' preview.

        UsageError where the turn is not there, or edits of the turns wait for a review; RollbackConflict as a rollback
        raises it. Nothing happened then.
        """
        moved = await self._return(turn, answers, digest) if with_files else None
        since = await self._since(turn)
        changed = _merged(since.changed, self._waiting(turn))
        returned = moved.paths if moved else ()
        prompts = [row.words for row in await self.turns() if row.turn >= turn]
        # The files that went back and are as they were then need no word, unless a review says that edits landed.
        again = [returned_note([moved])] if moved and self._conversation.has_reviews_since(turn) else []
        note = " ".join([*again, *([f"{_CUT}: {_listed(changed)}. {_LOOK}"] if changed else [])])
        word = {"step": since.latest, "note": note, "paths": list(changed), "returned": list(returned)}
        self._conversation.cut_back(turn, word)
        self._conversation.tell_notes()
        self._bus.emit(ConversationCut(turn, changed, returned))
        return cut_sentence(prompts, returned, changed)

    async def go_back(self, aim: Aim, answers: Answers | None, decision: Decision | None) -> str:
        """Move files alone, keep word of it for the model, and say what was done; raises what a rollback raises."""
        moved = await self._rollbacks.go_back(aim, answers, decision)
        if moved is None:
            return f"There is nothing to {'redo' if aim.is_redo else 'go back to'}."
        await self.hear(moved)
        return moved_sentence(moved.operation, moved.paths, moved.kept)

    async def hear(self, moved: RolledBack | None = None) -> int:
        """Keep word for the model of what was rolled back or redone since it heard last, by whatever program.

        `moved` is what this session just did itself. Gives the number of the History's last step.
        """
        async with self._hearing:
            heard = self._conversation.heard
            try:
                latest, returns = await self._rollbacks.returns_after(heard)
            except (GitError, HistoryError) as error:
                self._bus.emit(Noticed(f"Whether files were rolled back meanwhile cannot be told: {error}"))
                return heard or 0
            self._announce([moved, *returns] if moved else returns)
            if returns:
                self._conversation.keep_note(returned_note(returns), {"step": latest})
            return latest

    async def _return(self, turn: int, answers: Answers | None, digest: str | None) -> RolledBack | None:
        """Take the files back to before a turn; None where none had to move."""
        since = await self._since(turn)
        if waiting := self._waiting(turn):
            raise UsageError(f"{', '.join(waiting)}: edits wait for your review; decide about them first.")
        if not since.first:
            return None
        decision = None if digest is None else Decision(True, digest)
        moved = await self._rollbacks.go_back(Aim(since.first), answers, decision)
        if moved:
            self._announce([moved])
        return moved

    def _announce(self, returns: Sequence[RolledBack]) -> None:
        """Emit what was not emitted yet: a process killed right after may have been the one to do so."""
        known = {e.event.step for e in self._bus.after(0) if isinstance(e.event, RolledBack)}
        for event in returns:
            if event.step not in known:
                self._bus.emit(event)
                known.add(event.step)

    async def _since(self, turn: int) -> Since:
        start = self._conversation.starts.get(turn)
        if start is None:
            raise UsageError(f"The conversation cannot be cut back to turn {turn}: it is not part of it any more.")
        return await self._rollbacks.since(start.step)

    async def _files(self, since: Since, answers: Answers | None) -> RollbackPreview:
        return await self._rollbacks.preview(Aim(since.first), answers) if since.first else NOTHING

    def _waiting(self, turn: int) -> tuple[str, ...]:
        """Files of which edits of a turn, or of later ones, wait for a review."""
        gathered = [one for one in self._overlay.proposals if int(one.turn or 0) >= turn]
        return tuple(dict.fromkeys(path for one in gathered for path in one.paths))


def returned_note(returns: Sequence[RolledBack]) -> str:
    """What the model is told of rollbacks and redos, in their order."""
    told = []
    for operation, moved in groupby(returns, lambda event: event.operation):
        told.append(f"{_DID[operation]}: {_listed(dict.fromkeys(path for event in moved for path in event.paths))}.")
    return " ".join((*told, _LOOK))


def _listed(paths: Sequence[str] | dict[str, None]) -> str:
    return ", ".join(map(quoted_path, paths))


def _merged(*paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for some in paths for path in some))
