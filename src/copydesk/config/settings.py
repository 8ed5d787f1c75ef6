"""Owns the configuration as a value, and how one is laid over another: flags over environment over files.

What a workspace says only tightens until it is trusted: a stricter mode, more questions, more denials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from copydesk.domain.modes import STRICTNESS, Mode
from copydesk.domain.rules import Rule, Verdict, in_order

if TYPE_CHECKING:
    from copydesk.domain.checks import Check
    from copydesk.domain.retention import Retention

DEFAULT_MODEL = "claude-opus-5-5"
DEFAULT_IGNORE_FILES = (".aiignore",)
_ADDING_UP = ("allow", "deny", "file_rules", "checks", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a person can set once and for all; None leaves it to the front end or the model's profile."""

    model: str | None = None
    mode: Mode | None = None
    effort: str | None = None
    thinking: Literal["on", "off", "auto"] | None = None
    max_tokens: int | None = None
    explore: bool | None = None
    """Whether the model is offered the exploring tools beside the editor tool; it is where nothing says no."""
    allow: tuple[str, ...] = ()
    """Patterns of the command line."""
    deny: tuple[str, ...] = ()
    """Patterns of the command line; they win."""
    file_rules: tuple[Rule, ...] = ()
    """What files say, and what is remembered, in the order in which the policy reads them."""
    ignore_files: tuple[str, ...] | None = None
    """Names of files in the root of a workspace whose patterns are denied."""
    respect_gitignore: bool | None = None
    """Whether the `.gitignore` in the root is one of them."""
    checks: tuple[Check, ...] = ()
    """Commands that may be run by their names, each name once."""
    links: tuple[str, ...] = ()
    """Paths that every check needs which runs in a copy, beside those that the check itself names."""
    notifications: Literal["bell", "osc9", "osc777", "off"] | None = None
    """How the screen calls a person back to a terminal that is not in focus; the person's own file alone says so."""
    history: Retention | None = None
    """How long the History keeps what; the person's own file alone says so."""
    keys: Mapping[str, tuple[str, ...]] | None = None
    """Id of a binding of the screen → the keys that it has in place of its own."""

    @property
    def explores(self) -> bool:
        """True unless it was switched off."""
        return self.explore is not False

    @property
    def ignoring(self) -> tuple[str, ...]:
        """The names of the ignore files, each once."""
        named = DEFAULT_IGNORE_FILES if self.ignore_files is None else self.ignore_files
        return tuple(dict.fromkeys((*named, *((".gitignore",) if self.respect_gitignore else ()))))

    @property
    def loosening(self) -> Config:
        """What of a workspace's own file counts only once it is trusted."""
        return Config(file_rules=_with_verdict(self.file_rules, {Verdict.ALLOW}), checks=self.checks, links=self.links)

    def over(self, other: Config) -> Config:
        """Lay this configuration over another: what is set here wins, rules and checks add up."""
        merged: dict[str, Any] = {}
        for entry in fields(self):
            own, below = getattr(self, entry.name), getattr(other, entry.name)
            if entry.name in _ADDING_UP:
                merged[entry.name] = below + own
            else:
                merged[entry.name] = below if own is None else own
        return Config(**merged)

    def tightened_by(self, project: Config, default_mode: Mode, *, is_trusted: bool = False) -> Config:
        """Take from a workspace's own file only what makes this stricter, and all of its rules once it is trusted.

        The mode is the front end's where none is set here.
        """
        own = self.mode or default_mode
        taken = project.file_rules if is_trusted else _with_verdict(project.file_rules, {Verdict.ASK, Verdict.DENY})
        named = {check.name for check in self.checks}
        added = tuple(check for check in project.checks if check.name not in named) if is_trusted else ()
        return replace(
            self,
            mode=max(own, project.mode or own, key=STRICTNESS.index),
            ignore_files=self.ignoring + (project.ignore_files or ()),
            checks=self.checks + added,
            links=self.links + (project.links if is_trusted else ()),
        ).with_rules(taken)

    def with_rules(self, rules: Iterable[Rule]) -> Config:
        """Add rules, each in the place of its origin."""
        return replace(self, file_rules=in_order((*self.file_rules, *rules)))

    def rules(self) -> tuple[Rule, ...]:
        """All rules in the order in which the policy reads them; those of the command line come last."""
        allowed = tuple(Rule(Verdict.ALLOW, glob, "--allow") for glob in self.allow)
        return self.file_rules + allowed + tuple(Rule(Verdict.DENY, glob, "--deny") for glob in self.deny)


def _with_verdict(rules: Iterable[Rule], verdicts: set[Verdict]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.verdict in verdicts)
