"""Owns who may do what: modes, and the verdict on an action by the rules, the mode and the protected paths.

A policy never asks anybody; it says allow, ask or deny and by which rule. Nobody to ask means no (the gate's business).
"""

from dataclasses import dataclass, replace

from copydesk.domain.modes import SELECTABLE as SELECTABLE
from copydesk.domain.modes import SERVED as SERVED
from copydesk.domain.modes import STRICTNESS as STRICTNESS
from copydesk.domain.modes import Mode as Mode
from copydesk.domain.protections import Protection, protection_of
from copydesk.domain.rules import Action as Action
from copydesk.domain.rules import ActionKind as ActionKind
from copydesk.domain.rules import Origin, in_order
from copydesk.domain.rules import Rule as Rule
from copydesk.domain.rules import Verdict as Verdict

PLAN_REFUSAL = "Mode plan makes no changes: describe the change that you would make instead of making it."


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict and the rule that said so."""

    verdict: Verdict
    reason: str
    """A sentence for the model and the person."""
    mark: str = ""
    """What the person should know before deciding: `runs code`, `secret`, `generated` ..."""
    is_protected: bool = False
    """A path that asks in every mode, by nature or by a rule: an approval is never a bare default."""
    rule: Rule | None = None
    """The rule that decided; None where the mode did, or a protection that no rule opened."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The mode, the rules in order, and the protected paths."""

    mode: Mode
    rules: tuple[Rule, ...] = ()
    """The last one that speaks of an action decides."""

    def denies(self, action: Action) -> bool:
        """Whether it would be denied; for whole listings, of which most policies deny nothing."""
        is_possible = any(rule.verdict is Verdict.DENY for rule in self.rules)
        return is_possible and self.rule_on(action).verdict is Verdict.DENY

    def rule_on(self, action: Action) -> Ruling:
        """Say allow, ask or deny. Paths inside `.git` never come here: they cannot even be opened."""
        is_view = action.kind is ActionKind.VIEW
        protection = protection_of(action.path)
        is_closed = protection is not None and (protection.covers_view if is_view else protection.always_asks)
        closed = protection if is_closed else None
        mark = protection.kind if protection and (is_closed or not is_view) else ""
        rule = self._deciding_rule(action, closed)
        if rule and rule.verdict is Verdict.DENY:
            return Ruling(Verdict.DENY, f"{action.path} is denied by {rule.words}.", rule=rule)
        if self.mode is Mode.PLAN and not is_view:
            return Ruling(Verdict.DENY, PLAN_REFUSAL)
        if rule and rule.verdict is Verdict.ALLOW:
            return Ruling(Verdict.ALLOW, f"Allowed by {rule.words}.", mark, rule=rule)
        if closed:
            return Ruling(Verdict.ASK, _question(action, closed), mark, True, rule)
        if rule:
            return Ruling(Verdict.ASK, f"{action.path} needs the person's consent, by {rule.words}.", mark, True, rule)
        return self._by_mode(mark, is_view=is_view)

    def remembering(self, rule: Rule) -> "Policy":
        """The policy with one rule more, where its origin puts it: after those like it."""
        return replace(self, rules=in_order((*self.rules, rule)))

    def forgetting(self, identity: str) -> "Policy":
        """The policy without the remembered rule of this id."""
        return replace(self, rules=tuple(rule for rule in self.rules if not rule.id or rule.id != identity))

    def _deciding_rule(self, action: Action, closed: Protection | None) -> Rule | None:
        """The last rule that speaks of an action; one of the workspace never undercuts the person's before it."""
        decided: Rule | None = None
        floor: Rule | None = None
        for rule in self.rules:
            if not rule.speaks_of(action, closed):
                continue
            if rule.origin is not Origin.WORKSPACE:
                decided = floor = rule
            else:
                decided = rule if floor is None or rule.verdict.severity >= floor.verdict.severity else floor
        return decided

    def _by_mode(self, mark: str, *, is_view: bool) -> Ruling:
        if is_view:
            return Ruling(Verdict.ALLOW, "Reading is allowed.")
        match self.mode:
            case Mode.ACCEPT:
                return Ruling(Verdict.ALLOW, "Mode accept applies edits as they come.", mark)
            case Mode.REVIEW:
                return Ruling(Verdict.ALLOW, "Mode review gathers edits until the person reviews them.", mark)
            case Mode.ASK:
                return Ruling(Verdict.ASK, "In mode ask each edit is shown first.", mark)
            case Mode.PLAN:
                return Ruling(Verdict.DENY, PLAN_REFUSAL)


def _question(action: Action, closed: Protection) -> str:
    if action.kind is ActionKind.VIEW:
        return f"{action.path} may hold secrets, so reading it needs the person's consent."
    return f"{action.path} is protected ({closed.kind}), so a change needs the person's consent."
