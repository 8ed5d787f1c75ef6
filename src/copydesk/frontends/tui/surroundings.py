"""Owns what the screens are given beside the session: kept sessions, the person's choices and settings, and the way
to another session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from copydesk.config.choices import ScreenChoices
from copydesk.domain.errors import UsageError
from copydesk.frontends.opening import Opening as Opening

if TYPE_CHECKING:
    from copydesk.engine.shelf import SessionShelf
    from copydesk.frontends.tui.bridge import SessionPort
    from copydesk.frontends.tui.facts import Facts
    from copydesk.frontends.tui.review.looks import LookStore


class Setting(NamedTuple):
    """Something that is set somewhere, for the list of settings."""

    name: str
    value: str
    source: str
    """Where it is set, or could be."""


def _forget(_: ScreenChoices) -> None:
    """Nothing is kept."""


def _no_looks() -> None:
    """Nothing was seen before."""


def _no_file(name: str, text: str) -> str:
    """Nothing is written."""
    raise UsageError("Nothing can be written from here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the screens can reach beside the session; without any of it they say so."""

    shelf: Callable[[], SessionShelf] | None = None
    """Gives the kept sessions; what they need is imported with the first call."""
    open_session: Callable[[Opening, Callable[[Facts], None]], Awaitable[SessionPort]] | None = None
    """Opens another session; raises CopydeskError where that cannot be."""
    looks: Callable[[], LookStore | None] = _no_looks
    """Gives what the person saw in reviews before; imported with the first call."""
    choices: ScreenChoices = field(default_factory=ScreenChoices)
    keep_choices: Callable[[ScreenChoices], None] = _forget
    """Blocking; raises OSError."""
    settings: Callable[[], tuple[Setting, ...]] = tuple
    """What is set elsewhere; blocking."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a binding → the keys that the person gave it."""
    keys_source: str = "[keys] in your configuration"
    exports: str = "~"
    """The folder that exports are offered to be written to."""
    save_export: Callable[[str, str], str] = _no_file
    """Given a path and a text: writes a new private file (blocking) and names it; raises UsageError."""
