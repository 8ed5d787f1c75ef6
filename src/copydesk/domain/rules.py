"""Owns the rules of the person: which action on which path one speaks of, where it came from, how long it lasts.

A rule decides nothing alone; the policy asks them all, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from copydesk.domain.globs import fault_of_glob, glob_matches, is_literal, names_path

if TYPE_CHECKING:
    from copydesk.domain.ignores import IgnorePatterns
    from copydesk.domain.protections import Protection


class Verdict(StrEnum):
    """What a policy says of an action, from the mildest on."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"

    @property
    def severity(self) -> int:
        """Orders verdicts: the higher is the stricter."""
        return list(Verdict).index(self)


class ActionKind(StrEnum):
    """What is done to a path."""

    VIEW = "view"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


EDITS = (ActionKind.CREATE, ActionKind.EDIT, ActionKind.DELETE)


class Action(NamedTuple):
    """Something the model wants to do."""

    kind: ActionKind
    path: str
    """Real path relative to the root, links resolved; that of a directory with what is in it ends in `/`."""


class Origin(StrEnum):
    """Who wrote a rule, in the order in which the policy reads them."""

    CONFIGURATION = "configuration"
    """The person's own file."""
    WORKSPACE = "workspace"
    """A file of the workspace, so somebody else: it gives way to a stricter rule of the person's own file."""
    REMEMBERED = "remembered"
    """The person, when they decided about something like it."""
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy, in the person's words."""

    verdict: Verdict
    glob: str
    source: str
    """Where it came from, such as `--allow`."""
    actions: tuple[ActionKind, ...] = ()
    """What it speaks of; without any, a deny or ask of everything, an allow of edits."""
    origin: Origin = Origin.COMMAND_LINE
    id: str = ""
    """By which a remembered rule is revoked; empty for every other."""
    ignored: IgnorePatterns | None = None
    """Where the glob is the name of an ignore file: what that file leaves out, in place of the glob."""

    @property
    def words(self) -> str:
        """How people tell it from the others."""
        return f"{self.source} {self.glob}"

    def matches(self, path: str) -> bool:
        """True where the path, or a directory above it, matches the pattern."""
        return self.ignored.matches(path) if self.ignored else glob_matches(self.glob, path)

    def names(self, path: str) -> bool:
        """True where the pattern is this very path, from the root on."""
        return names_path(self.glob, path.removesuffix("/"))

    def speaks_of(self, action: Action, closed: Protection | None) -> bool:
        """True where the rule has a say about an action, on a path that is protected against it or on none such."""
        if not self.matches(action.path) or not self._covers(action):
            return False
        return closed is None or self.verdict is not Verdict.ALLOW or self._opens(action.path, closed)

    def _covers(self, action: Action) -> bool:
        if self.actions:
            return action.kind in self.actions
        # Who allows one file by its name has it read as well.
        return self.verdict is not Verdict.ALLOW or action.kind in EDITS or self.names(action.path)

    def _opens(self, path: str, closed: Protection) -> bool:
        """A secret is opened only by its own path, and no protected path by what somebody else wrote."""
        match self.origin:
            case Origin.WORKSPACE:
                return False
            case Origin.REMEMBERED:
                return self.names(path)
            case Origin.CONFIGURATION | Origin.COMMAND_LINE:
                return self.names(path) or not closed.covers_view


class RuleScope(StrEnum):
    """How far a remembered rule reaches."""

    FILE = "file"
    """One path, in every session of this workspace."""
    GLOB = "glob"
    """A pattern, in every session of this workspace."""
    SESSION = "session"
    """Until this session ends; it is written nowhere."""


@dataclass(frozen=True, slots=True)
class RememberedRule:
    """A rule that a person made of a decision, or at a shell."""

    id: str
    verdict: Verdict
    actions: tuple[ActionKind, ...]
    """As for a `Rule`."""
    glob: str
    scope: RuleScope
    created_at: float
    """Seconds since the epoch."""
    reason: str = ""
    """The person's words, or empty."""

    @property
    def rule(self) -> Rule:
        """What it says to the policy."""
        return Rule(
            self.verdict, self.glob, f"the remembered rule {self.id},", self.actions, Origin.REMEMBERED, self.id
        )


def fault_of_remembered(verdict: Verdict, glob: str) -> str:
    """Say why a pattern cannot be remembered, in words that go on from the pattern; empty where it can."""
    from copydesk.domain.protections import protection_of

    if fault := fault_of_glob(glob):
        return fault
    if verdict is not Verdict.ALLOW or is_literal(glob):
        return ""
    protection = protection_of(glob.removeprefix("./").removeprefix("/"))
    if protection is None or not protection.always_asks:
        return ""
    return f"stands for protected files ({protection.kind}), which are remembered only one by one, by their paths"


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Put rules into the order in which the policy reads them; those of one origin stay as they are."""
    return tuple(sorted(rules, key=lambda rule: list(Origin).index(rule.origin)))
