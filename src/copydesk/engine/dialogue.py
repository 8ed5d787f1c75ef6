"""Owns what the records of a conversation come to: messages, where prompts begin in them, and what is yet to be told.

A running session applies each record as it is journalled, and a journal applies them all again: both come to the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from copydesk.domain.messages import THINKING_TYPES, Message, clean, repaired
from copydesk.engine.journal import Record


@dataclass(frozen=True, slots=True)
class Start:
    """Where the prompt of a turn begins."""

    message: int
    """From 0."""
    block: int
    """From 0; what stands before it in the message are results and notes, and not the prompt's."""
    step: int
    """Number of the last step that the History had then; 0 for none."""


@dataclass(frozen=True, slots=True)
class Note:
    """What copydesk has to say to the model."""

    text: str
    is_review: bool = False
    """It says what became of edits that had waited: true whatever else is cut out."""


@dataclass(slots=True)
class Dialogue:
    """The state of a conversation; `apply` is the only way in which it changes."""

    messages: list[Message] = field(default_factory=list)
    starts: dict[int, Start] = field(default_factory=dict)
    """By turn, in order; of the prompts that are still sent."""
    notes: list[Note] = field(default_factory=list)
    """Kept, and told by no message."""
    told: list[Note] = field(default_factory=list)
    """Notes on reviews that a message tells, in order."""
    heard: int | None = None
    """Number of the last step that the model needs no word of any more; None before the first prompt."""

    def apply(self, kind: str, data: Mapping[str, Any]) -> None:
        """Do what a record says; those of other kinds change nothing here."""
        match kind:
            case "prompt":
                self._begin(data["turn"], data["step"], {"role": "user", "content": data["content"]})
            case "message":
                self._tell(data)
                append_message(self.messages, dict(data))
            case "note":
                self._keep(data["text"], data["settles"])
            case "cut":
                self._cut(data)
            case "unthink":
                self._drop_thinking()
            case "repair":
                self._repair()
            case _:
                pass

    def reviews_since(self, start: Start) -> list[Note]:
        """The notes on reviews that were told since a prompt, in order: the last ones of `told`."""
        texts = [block.get("text") for message in self.messages[start.message :] for block in message["content"]]
        gone = Counter(texts[start.block :])
        since: list[Note] = []
        for note in reversed(self.told):
            if not gone[note.text]:
                break
            gone[note.text] -= 1
            since.insert(0, note)
        return since

    def _begin(self, turn: int, step: int, message: Message) -> None:
        self.starts[turn] = Start(*end_of(self.messages), step)
        self._hear(step)
        append_message(self.messages, message)

    def _keep(self, text: str, settles: Mapping[str, Any]) -> None:
        self.notes.append(Note(clean(text), is_review="proposals" in settles))
        self._hear(settles.get("step"))

    def _tell(self, message: Mapping[str, Any]) -> None:
        """Count the notes as told that a message tells, each once."""
        texts = [block.get("text") for block in message["content"]] if message["role"] == "user" else []
        for text in texts:
            note = next((note for note in self.notes if note.text == text), None)
            if note:
                self.notes.remove(note)
                self.told += [note] if note.is_review else []

    def _hear(self, step: int | None) -> None:
        if step is not None:
            self.heard = max(step, self.heard or 0)

    def _cut(self, data: Mapping[str, Any]) -> None:
        """Go back to before a turn's prompt, or the first after it that there is: damage may have lost its record."""
        start = next((start for turn, start in self.starts.items() if turn >= data["turn"]), None)
        if start:
            again = self.reviews_since(start)
            del self.told[len(self.told) - len(again) :]
            self.notes += again
            self.messages = before(self.messages, start)
            self.starts = {turn: start for turn, start in self.starts.items() if turn < data["turn"]}
        if data.get("note"):
            self.notes.append(Note(clean(data["note"])))
        self._hear(data.get("step"))

    def _drop_thinking(self) -> None:
        for turn, start in self.starts.items():
            message, block = end_of(without_thinking(before(self.messages, start)))
            self.starts[turn] = replace(start, message=message, block=block)
        self.messages = without_thinking(self.messages)

    def _repair(self) -> None:
        for turn, start in self.starts.items():
            whole = repaired(self.messages[: start.message + 1])
            # Results are added before what the person said, or taken out there: it is counted from the end.
            behind = len(self.messages[start.message]["content"]) - start.block
            self.starts[turn] = replace(start, message=len(whole) - 1, block=len(whole[-1]["content"]) - behind)
        self.messages = repaired(self.messages)


def dialogue_of(records: Sequence[Record]) -> Dialogue:
    """Rebuild a conversation from a journal."""
    dialogue = Dialogue()
    for record in records:
        dialogue.apply(record.kind, record.data)
    return dialogue


def end_of(messages: Sequence[Message]) -> tuple[int, int]:
    """Message and block at which what the person says next would stand."""
    if messages and messages[-1]["role"] == "user":
        return len(messages) - 1, len(messages[-1]["content"])
    return len(messages), 0


def before(messages: Sequence[Message], start: Start) -> list[Message]:
    """What stands before a prompt; what shares a message with it stays."""
    kept = list(messages[: start.message])
    if start.block:
        kept.append({"role": "user", "content": messages[start.message]["content"][: start.block]})
    return kept


def append_message(messages: list[Message], message: Message) -> None:
    """Append in place; two messages of a role in a row become one, as the API itself reads them."""
    last = messages[-1] if messages else None
    if last and last["role"] == message["role"]:
        messages[-1] = {"role": message["role"], "content": [*last["content"], *message["content"]]}
    else:
        messages.append(message)


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """The same messages without thinking; a message of the model with nothing else is left out."""
    kept: list[Message] = []
    for message in messages:
        content = [block for block in message["content"] if block.get("type") not in THINKING_TYPES]
        if content:
            append_message(kept, {"role": message["role"], "content": content})
    return kept
