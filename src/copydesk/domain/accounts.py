"""Owns the account of a session: what each turn took, why the cache was missed, and which rule let what through.

A fold over events, as the transcript is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from copydesk.domain.usage import Usage

if TYPE_CHECKING:
    from copydesk.domain import events


@dataclass(frozen=True, slots=True)
class TurnAccount:
    """What one turn took."""

    turn: int
    prompt: str = ""
    """A line of it."""
    calls: int = 0
    """Of the model."""
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = Decimal(0)
    """None once a call's price was unknown."""
    seconds: float = 0.0
    """That the API took."""
    misses: tuple[str, ...] = ()
    """Why the cache was not hit where it should have been."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a session took, turn by turn, and by which rules edits were let through."""

    turns: tuple[TurnAccount, ...] = ()
    by_rule: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A rule's words → the files whose edits it let through, in order."""
    ruled: Mapping[str, str] = field(default_factory=dict)
    """Proposal → the rule that spoke of it, while it is not known what becomes of it."""


def account(so_far: Account, envelopes: Iterable[events.Envelope]) -> Account:
    """Add what happened to an account; the events are loaded with the first, since an empty one is shown without."""
    from copydesk.domain import events
    from copydesk.domain.sessions import prompt_line

    for envelope in envelopes:
        match envelope.event:
            case events.TurnStarted(prompt=prompt):
                begun = TurnAccount(envelope.turn, prompt_line(prompt))
                so_far = replace(so_far, turns=(*so_far.turns, begun))
            case events.UsageReported():
                so_far = _used(so_far, envelope.turn, envelope.event)
            case events.ProposalMade(proposal=proposal, rule=rule) if rule:
                so_far = replace(so_far, ruled={**so_far.ruled, proposal: rule})
            case events.ChangeApplied() | events.ChangeGathered() as landed:
                so_far = _let_through(so_far, landed.proposal, landed.path)
            case _:
                pass
    return so_far


def _used(so_far: Account, turn: int, event: events.UsageReported) -> Account:
    last = so_far.turns[-1] if so_far.turns else TurnAccount(turn)
    known = last.cost_usd is not None and event.cost_usd is not None
    grown = replace(
        last,
        calls=last.calls + 1,
        usage=last.usage + event.usage,
        cost_usd=(last.cost_usd or Decimal(0)) + Decimal(event.cost_usd or 0) if known else None,
        seconds=last.seconds + event.api_seconds,
        misses=(*last.misses, event.cache_miss) if event.cache_miss else last.misses,
    )
    return replace(so_far, turns=(*so_far.turns[:-1], grown))


def _let_through(so_far: Account, proposal: str, path: str) -> Account:
    rule = so_far.ruled.get(proposal)
    if rule is None:
        return so_far
    left = {known: words for known, words in so_far.ruled.items() if known != proposal}
    by_rule = {**so_far.by_rule, rule: (*so_far.by_rule.get(rule, ()), path)}
    return replace(so_far, by_rule=by_rule, ruled=left)
