"""Owns what people see of cutting a conversation back: the turns to go back to, and what a cut would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copydesk.domain.sessions import prompt_line

if TYPE_CHECKING:
    from copydesk.domain.checkpoints import RollbackPreview

MOST_CHARACTERS = 60
"""Of a prompt's first words."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn to whose beginning the conversation can be cut back, for lists."""

    turn: int
    words: str
    """The first words of its prompt."""
    at: float
    """When it began, in seconds since the epoch."""
    edits: int
    """Applied steps that the model made in it, whatever became of them since."""


@dataclass(frozen=True, slots=True)
class RewindPreview:
    """What cutting back to before the prompt of a turn would do; nothing has been done."""

    turns: tuple[TurnRow, ...]
    """Those that the model would no longer see, oldest first."""
    messages: int
    """How many messages would be cut out; one that is cut in two counts."""
    files: RollbackPreview
    """What would become of the files where they go back too; empty where there is nothing to take back."""
    changed: tuple[str, ...]
    """Files that are not as they were then; without going back they stay so, and the model is told."""
    waiting: tuple[str, ...] = ()
    """Files of which edits of these turns wait for a review; while there are any, files cannot go back."""


def first_words(prompt: str) -> str:
    """The first line of a prompt that says anything, shortened."""
    line = prompt_line(prompt)
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1].rstrip() + "…"


def cut_sentence(prompts: Sequence[str], returned: Sequence[str], changed: Sequence[str]) -> str:
    """Say that these prompts were cut out, which files went back with them, and which are not as they were then."""
    many = f" and {_counted(len(prompts) - 1)} after it" if len(prompts) > 1 else ""
    said = [f"Cut out of the conversation: “{first_words(prompts[0])}”{many}." if prompts else "Nothing was cut out."]
    said += [f"Rolled back: {', '.join(returned)}."] if returned else []
    said += [f"Not as they were then: {', '.join(changed)}."] if changed else []
    return " ".join(said)


def moved_sentence(operation: str, paths: Sequence[str], kept: Sequence[str]) -> str:
    """Say what a rollback or redo did."""
    said = [f"{'Redone' if operation == 'redo' else 'Rolled back'}: {', '.join(paths)}."]
    said += [f"Kept as they are: {', '.join(kept)}."] if kept else []
    return " ".join(said)


def _counted(number: int) -> str:
    return "1 prompt" if number == 1 else f"{number} prompts"
