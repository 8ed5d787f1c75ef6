"""Owns the history that is sent to the Messages API: appended to, or cut back to before a prompt, never edited.

Every message is in the journal before anything else happens because of it; a journal gives the same history again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from copydesk.domain.messages import (
    AssistantTurn,
    Block,
    Message,
    ToolCall,
    ToolResult,
    pending_calls,
    repaired,
    results_message,
    user_message,
    validate,
)
from copydesk.engine.dialogue import Dialogue, Start


class Conversation:
    """The messages of a session, as plain dictionaries."""

    def __init__(self, record: Callable[[str, dict[str, Any]], None]) -> None:
        self._record = record
        self._dialogue = Dialogue()

    def restore(self, dialogue: Dialogue) -> None:
        """Take over what a journal comes to; what its damage broke is made valid again, for good."""
        self._dialogue = dialogue
        if repaired(dialogue.messages) != dialogue.messages:
            self._do("repair", {})

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the next request sends."""
        return tuple(self._dialogue.messages)

    @property
    def starts(self) -> Mapping[int, Start]:
        """Where the prompt of each turn begins that is still sent."""
        return self._dialogue.starts

    @property
    def has_prompt(self) -> bool:
        """True once the person has asked for something that was not cut out again."""
        return bool(self._dialogue.starts)

    @property
    def heard(self) -> int | None:
        """Number of the last step that the model needs no word of any more; None before the first prompt."""
        return self._dialogue.heard

    @property
    def owed(self) -> tuple[ToolCall, ...]:
        """Calls of the last message that have no result yet."""
        return pending_calls(self._dialogue.messages)

    def add_prompt(self, turn: int, step: int, *parts: str | Block) -> None:
        """Append what the person says in a turn; `step` is the number of the last step that the History has."""
        self._do("prompt", {"turn": turn, "step": step, "content": user_message(*parts)["content"]})

    def add_note(self, text: str) -> None:
        """Append what copydesk has to say to the model; it stays when a later prompt is cut out."""
        self._do("message", user_message(text))

    def keep_note(self, text: str, settles: Mapping[str, Any] | None = None) -> None:
        """Keep, durably, what copydesk has to say once the calls of this turn are answered.

        `settles` is what the note is the last word on; resuming brings that about, should the process die before.
        """
        self._do("note", {"text": text, "settles": dict(settles or {})})

    def tell_notes(self) -> None:
        """Append the notes that were kept; not while calls are owed an answer."""
        for note in list(self._dialogue.notes):
            self.add_note(note.text)

    def add_reply(self, turn: AssistantTurn) -> None:
        """Append the model's reply verbatim; an empty one leaves nothing."""
        if turn.content:
            self._do("message", turn.to_message())

    def add_results(self, results: Sequence[ToolResult], note: str = "") -> None:
        """Append all results of a step in one message."""
        self._do("message", results_message(results, note))

    def answer_owed(self, reason: str) -> None:
        """Answer every call that has no result: no request can be sent before."""
        if self.owed:
            self.add_results([ToolResult(call.id, reason, True) for call in self.owed])

    def cut_turn(self) -> None:
        """Go back to just before the last prompt: a refused turn is not sent again."""
        self._do("cut", {"turn": max(self.starts)})

    def cut_back(self, turn: int, word: Mapping[str, Any]) -> None:
        """Go back, at the person's word, to just before the prompt of a turn.

        `word` is journalled with it: `step`, the number of the last step that the History has; `note`, what the model
        is told of the files, if anything; `paths` and `returned`, as the event has them.
        """
        self._do("cut", {"turn": turn, **word})

    def has_reviews_since(self, turn: int) -> bool:
        """Whether the model was told of a review since the prompt of a turn; it is told again after a cut."""
        return bool(self._dialogue.reviews_since(self.starts[turn]))

    def drop_thinking(self) -> None:
        """Leave all thinking out from now on: the API no longer takes it with this history."""
        self._do("unthink", {})

    def check(self, *, is_paused: bool = False) -> None:
        """Raise InvalidHistory unless the next request may be sent."""
        validate(self._dialogue.messages, is_paused=is_paused)

    def _do(self, kind: str, data: dict[str, Any]) -> None:
        self._record(kind, data)
        self._dialogue.apply(kind, data)
