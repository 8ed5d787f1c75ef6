"""Owns what people see of the sessions of a workspace: a line on each for lists, and what a session came to so far."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from copydesk.domain import events
from copydesk.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Tally:
    """What a session used, added up."""

    turns: int = 0
    """Number of the last turn that was begun."""
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = Decimal(0)
    """None once a call's price was unknown."""

    def plus(self, envelopes: Iterable[events.Envelope]) -> "Tally":
        """Add what these events say."""
        tally = self
        for envelope in envelopes:
            tally = replace(tally, turns=max(tally.turns, envelope.turn))
            if isinstance(envelope.event, events.UsageReported):
                tally = tally.plus_call(envelope.event)
        return tally

    def plus_call(self, event: events.UsageReported) -> "Tally":
        """Add one model call."""
        cost = None
        if self.cost_usd is not None and event.cost_usd is not None:
            cost = self.cost_usd + Decimal(event.cost_usd)
        return replace(self, usage=self.usage + event.usage, cost_usd=cost)


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """Write a tally as plain data."""
    return {**asdict(tally), "cost_usd": None if tally.cost_usd is None else str(tally.cost_usd)}


def tally_from_json(data: Mapping[str, Any]) -> Tally:
    """Read a tally back; raises KeyError, TypeError or ArithmeticError where it is not one."""
    cost = data["cost_usd"]
    return Tally(int(data["turns"]), Usage(**data["usage"]), None if cost is None else Decimal(cost))


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as lists show it; what could not be read is empty."""

    id: str
    used_at: float
    """When it was last written to, in seconds since the epoch."""
    size: int
    """Of its record, in bytes."""
    begun_at: float | None = None
    model: str = ""
    prompt: str = ""
    """The first thing that was asked for, a line of it."""
    tally: Tally = field(default_factory=Tally)
    waiting: tuple[str, ...] = ()
    """Files of which edits wait for a review."""
    is_live: bool = False
    """A process is in it."""
    is_torn: bool = False
    """Its last record is not whole; going on with the session cuts it off."""
    fault: str = ""
    """Why it cannot be read, in a sentence; empty where it can."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing was asked in it and nobody is about to: lists leave such sessions out."""
        return not (self.tally.turns or self.fault or self.is_live)

    def fits(self, words: str) -> bool:
        """Whether each of these words occurs in what its line shows, whatever their case."""
        text = f"{self.id} {self.model} {self.prompt} {' '.join(self.waiting)}".casefold()
        return all(word in text for word in words.casefold().split())


def prompt_line(prompt: str) -> str:
    """The first line of a prompt that says anything, not longer than a line of any screen."""
    return next((line.strip() for line in prompt.splitlines() if line.strip()), "")[:300]
