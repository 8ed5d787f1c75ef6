"""Owns what the world lends to the accessible mode beside its session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from copydesk.frontends.opening import Opening
from copydesk.frontends.plain.writing import Editor

if TYPE_CHECKING:
    from copydesk.engine.session import Session
    from copydesk.engine.shelf import SessionShelf


class Prompts(Protocol):
    """The prompts of before."""

    def load(self) -> Sequence[str]:
        """All of them, oldest first (blocking)."""

    def add(self, prompt: str) -> None:
        """Keep one that was sent (blocking)."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The kept sessions, and the ways out of this one."""

    open: Callable[[], "SessionShelf"]
    """Gives the kept sessions."""
    save_export: Callable[[str, str], str]
    """Given a path and a text: writes a new private file (blocking) and names it; raises UsageError."""
    open_session: Callable[[Opening], "Session"] | None = None
    """Opens another session (blocking); raises CopydeskError where that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the accessible mode can reach; without any of it, it says so."""

    editor: Editor
    local_time: Callable[[float], str]
    """Seconds since the epoch as people here write it."""
    secret: Callable[[bool], None]
    """Has the terminal not echo what is typed, or echo it again."""
    readings: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """By the name that asks for each; takes what is written behind it. Blocking."""
    shelf: Shelf | None = None
    prompts: Prompts | None = None
    first_prompt: str = ""
