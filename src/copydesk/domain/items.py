"""Owns what a transcript consists of: prompts, replies, thoughts, tool calls and notices, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff
    from copydesk.domain.drafts import Draft


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the person asked."""

    text: str
    turn: int = 0
    """The turn that it began, counted from 1 in the session."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said; Markdown."""

    text: str
    is_live: bool = False
    """More of it is coming."""


@dataclass(frozen=True, slots=True)
class Thought:
    """The model's thinking, summarised by the API."""

    text: str
    seconds: float = 0.0
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class ToolCard:
    """A tool call and what became of it."""

    call: str
    name: str
    input: dict[str, Any]
    state: str = "running"
    """`drafts`, `running`, `waits`, `gathered`, `done`, `failed`, `applied`, `partly_applied`, `rejected`, `undone`,
    `denied` or `stale`."""
    diffs: tuple[FileDiff, ...] = ()
    proposal: str = ""
    digest: str = ""
    mark: str = ""
    is_protected: bool = False
    reason: str = ""
    """Why it was refused, or why it waits; the person's note where there is one."""
    checkpoint: str = ""
    answer: str = ""
    """What the model was told."""
    draft: Draft | None = None
    """What of the input can be read while it is being written."""

    @property
    def verb(self) -> str:
        """The call in one word: view, create, edit, undo, find, search; call where nothing is known of it yet."""
        unnamed = self.name if self.draft is None else "call"
        command = self.name if self.name in _SHORT_NAMES else str(self.input.get("command", unnamed))
        return _SHORT_NAMES.get(command, command)

    @property
    def path(self) -> str:
        """The path as the model gave it, or as the proposal names it; for what explores, what is looked for where."""
        path = self.diffs[0].path if self.diffs else str(self.input.get("path", ""))
        if self.verb not in ("find", "search"):
            return path
        wanted = str(self.input.get("pattern") or "*")
        return " in ".join(str(part) for part in (wanted, self.input.get("glob"), path) if part)


_SHORT_NAMES = {
    "str_replace": "edit",
    "insert": "edit",
    "undo_edit": "undo",
    "find_files": "find",
    "search_text": "search",
}


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed request that is sent again."""

    reason: str
    seconds: float
    """Until then, counted from the announcement."""
    attempt: int

    def sentence(self, left: float | None = None) -> str:
        """Say it, with the seconds that are left where that is known."""
        seconds = self.seconds if left is None else left
        when = f"in {seconds:.0f} s" if seconds >= 0.5 else "now"
        return f"{self.reason} Trying again {when} (attempt {self.attempt})."


@dataclass(frozen=True, slots=True)
class Notice:
    """A line from copydesk itself."""

    text: str
    kind: str = "note"
    """`note`, `error`, `retry` or `outside`."""
    retry: Retry | None = None
    """What is tried again after a wait that this announces."""


Item = Prompt | Reply | Thought | ToolCard | Notice


def is_unsettled(item: Item) -> bool:
    """Whether an item is still being made, runs or waits."""
    match item:
        case Reply(is_live=is_live) | Thought(is_live=is_live):
            return is_live
        case ToolCard(state=state):
            return state in ("running", "waits")
        case Prompt() | Notice():
            return False
        case _:
            assert_never(item)
