"""Owns the history that is sent to the Messages API: appended to, or cut back to before a prompt, never edited.

Every message is in the journal before anything else happens because of it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from copydesk.domain.messages import (
    AssistantTurn,
    Block,
    Message,
    ToolCall,
    ToolResult,
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
        self._prompt_starts = 0

    def restore(self, messages: Sequence[Message], answers: Message | None = None) -> None:
        """Take over a journal's messages, and answer the calls that a killed process left open."""
        self._messages = list(messages)
        if answers:
            self._append(answers)

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
        self._prompt_starts = len(self._messages)
        self._append(user_message(*texts))

    def add_reply(self, turn: AssistantTurn) -> None:
        """Append the model's reply verbatim; an empty one leaves nothing."""
        if turn.content:
            self._append(turn.to_message())

    def add_results(self, results: Sequence[ToolResult], note: str = "") -> None:
        """Append all results of a step in one message."""
        self._append(results_message(results, note))

    def cut_turn(self) -> None:
        """Go back to just before the last prompt: a refused turn is not sent again."""
        self._record("cut", {"messages": self._prompt_starts})
        del self._messages[self._prompt_starts :]

    def check(self, *, is_paused: bool = False) -> None:
        """Raise InvalidHistory unless the next request may be sent."""
        validate(self._messages, is_paused=is_paused)

    def _append(self, message: Message) -> None:
        self._record("message", message)
        append_message(self._messages, message)
        self._prompt_starts = min(self._prompt_starts, len(self._messages) - 1)


def messages_of(records: Sequence[Record]) -> list[Message]:
    """Rebuild the messages from a journal."""
    messages: list[Message] = []
    for record in records:
        if record.kind == "message":
            append_message(messages, record.data)
        elif record.kind == "cut":
            del messages[record.data["messages"] :]
    return messages


def append_message(messages: list[Message], message: Message) -> None:
    """Append in place; two messages of the person in a row become one, as the API itself reads them."""
    last = messages[-1] if messages else None
    if last and last["role"] == message["role"] == "user":
        merged: list[Block] = [*last["content"], *message["content"]]
        messages[-1] = {"role": "user", "content": merged}
    else:
        messages.append(message)
