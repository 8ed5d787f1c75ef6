"""Owns what stays the same in every request of a session, and where a run stops by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from copydesk.domain.usage import Usage
from copydesk.model.parameters import RequestParameters


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops by itself; None is no limit."""

    steps: int | None = None
    """Model calls in one turn."""
    cost_usd: Decimal | None = None
    """Dollars in the whole session."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stays the same in every request of a session."""

    parameters: RequestParameters
    system: str
    tools: tuple[dict[str, object], ...]
    price: Callable[[Usage], Decimal | None]
    limits: Limits = field(default_factory=Limits)
    price_note: str = ""
    """What the model costs, for people; empty where that is not known."""
