"""Owns the history that is sent to the Messages API: appended to, or cut back to before a prompt, never edited.

Every message is in the journal before anything else happens because of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from copydesk.domain.messages import (
    THINKING_TYPES,
    AssistantTurn,
    Message,
    ToolCall,
    ToolResult,
    clean,
    pending_calls,
    results_message,
    user_message,
    validate,
)
from copydesk.engine.journal import Record


class Conversation:
    """The messages of a session, as plain dictionaries."""

    def __init__(self, record: Callable[[str, dict[str, Any]], None]) -> None:
        self._record = record
        self._messages: list[Message] = []
        self._notes: list[str] = []
        """Kept for the model, and not told yet."""
        self._prompt_start = (0, 0)
        """Message and block at which the person's last prompt begins."""
        self.has_prompt = False
        """True once the person has asked for something that was not cut out again."""

    def restore(self, messages: Sequence[Message], notes: Sequence[str] = ()) -> None:
        """Take over a journal's messages, and the notes that it kept and none of them tells."""
        self._messages, self._notes = list(messages), list(notes)
        self.has_prompt = bool(messages)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the next request sends."""
        return tuple(self._messages)

    @property
    def owed(self) -> tuple[ToolCall, ...]:
        """Calls of the last message that have no result yet."""
        return pending_calls(self._messages)

    def add_prompt(self, *texts: str) -> None:
        """Append what the person says; the turn can be cut back to just before it."""
        last = self._messages[-1] if self._messages else None
        is_merged = last is not None and last["role"] == "user"
        self._prompt_start = (
            (len(self._messages) - 1, len(last["content"])) if last and is_merged else (len(self._messages), 0)
        )
        self.has_prompt = True
        self._append(user_message(*texts))

    def add_note(self, text: str) -> None:
        """Append what copydesk has to say to the model; it stays when a prompt is cut out."""
        self._append(user_message(text))

    def keep_note(self, text: str, settles: Mapping[str, Any] | None = None) -> None:
        """Keep, durably, what copydesk has to say once the calls of this turn are answered.

        `settles` is what the note is the last word on; resuming brings that about, should the process die before.
        """
        self._record("note", {"text": text, "settles": dict(settles or {})})
        self._notes.append(text)

    def tell_notes(self) -> None:
        """Append the notes that were kept; not while calls are owed an answer."""
        while self._notes:
            self.add_note(self._notes.pop(0))

    def add_reply(self, turn: AssistantTurn) -> None:
        """Append the model's reply verbatim; an empty one leaves nothing."""
        if turn.content:
            self._append(turn.to_message())

    def add_results(self, results: Sequence[ToolResult], note: str = "") -> None:
        """Append all results of a step in one message."""
        self._append(results_message(results, note))

    def answer_owed(self, reason: str) -> None:
        """Answer every call that has no result: no request can be sent before."""
        if self.owed:
            self.add_results([ToolResult(call.id, reason, True) for call in self.owed])

    def cut_turn(self) -> None:
        """Go back to just before the last prompt: a refused turn is not sent again."""
        message, block = self._prompt_start
        self._record("cut", {"message": message, "block": block})
        cut_messages(self._messages, message, block)
        self.has_prompt = bool(self._messages)

    def drop_thinking(self) -> None:
        """Leave all thinking out from now on: the API no longer takes it with this history."""
        self._record("unthink", {})
        self._messages = without_thinking(self._messages)

    def check(self, *, is_paused: bool = False) -> None:
        """Raise InvalidHistory unless the next request may be sent."""
        validate(self._messages, is_paused=is_paused)

    def _append(self, message: Message) -> None:
        self._record("message", message)
        append_message(self._messages, message)


def untold_notes(records: Sequence[Record]) -> list[str]:
    """The notes of a journal that no message of it tells."""
    kept: list[str] = []
    for record in records:
        if record.kind == "note":
            kept.append(clean(record.data["text"]))
        elif record.kind == "message" and record.data["role"] == "user":
            for block in record.data["content"]:
                if block.get("text") in kept:
                    kept.remove(block["text"])
    return kept


def messages_of(records: Sequence[Record]) -> list[Message]:
    """Rebuild the messages from a journal."""
    messages: list[Message] = []
    for record in records:
        match record.kind:
            case "message":
                append_message(messages, record.data)
            case "cut":
                cut_messages(messages, record.data["message"], record.data["block"])
            case "unthink":
                messages = without_thinking(messages)
            case _:
                pass
    return messages


def append_message(messages: list[Message], message: Message) -> None:
    """Append in place; two messages of a role in a row become one, as the API itself reads them."""
    last = messages[-1] if messages else None
    if last and last["role"] == message["role"]:
        messages[-1] = {"role": message["role"], "content": [*last["content"], *message["content"]]}
    else:
        messages.append(message)


def cut_messages(messages: list[Message], message: int, block: int) -> None:
    """Cut in place to just before a block of a message; what is left of the message stays."""
    kept = messages[message]["content"][:block] if message < len(messages) else []
    del messages[message:]
    if kept:
        messages.append({"role": "user", "content": kept})


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """The same messages without thinking; a message of the model with nothing else is left out."""
    kept: list[Message] = []
    for message in messages:
        content = [block for block in message["content"] if block.get("type") not in THINKING_TYPES]
        if content:
            append_message(kept, {"role": message["role"], "content": content})
    return kept
