"""Owns the words for what is known of a model: the same for the table that is printed and for the screen."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Final

from copydesk.model.profiles import Lifecycle, ModelProfile, PriceTier

_UNKNOWN: Final = "?"


def model_lines(profile: ModelProfile) -> list[str]:
    """What is known of one model, a line each, with the day and the source of its prices."""
    limits = f"context: {size(profile.limits.context_window)}; output: {size(profile.limits.max_output)}"
    served = f"{profile.tool_version.type}; API {profile.api_version}"
    return [f"{profile.id}  {served}", limits, *detail_lines(profile), *price_sources([profile])]


def lifecycle_words(profile: ModelProfile) -> str:
    """Where a model stands, in one word."""
    return _UNKNOWN if profile.lifecycle.state == "unknown" else profile.lifecycle.state


def detail_lines(profile: ModelProfile) -> Iterator[str]:
    """Yield what does not fit into the columns of a table."""
    cutoff = profile.training_cutoff or _UNKNOWN
    yield f"lifecycle: {_lifecycle(profile.lifecycle)}; training cut-off: {cutoff}"
    thinking = profile.thinking.style if profile.thinking else _UNKNOWN
    yield f"thinking: {thinking}; effort: {_efforts(profile)}"
    yield f"cache: {_caching(profile)}"
    yield from _prices(profile)
    for beta in betas_of(profile):
        yield f"beta: {beta['name']} (with: {beta['when']})"


def betas_of(profile: ModelProfile) -> Iterator[dict[str, object]]:
    """Yield the beta that goes with the model's tool, then the model's own."""
    if profile.tool_version.beta:
        yield {"name": profile.tool_version.beta, "when": "tool", "max_output": None}
    for beta in profile.betas:
        yield asdict(beta)


def size(tokens: int | None) -> str:
    """A number of tokens as the tables of models write it."""
    match tokens:
        case None:
            return _UNKNOWN
        case _ if tokens % 1_000_000 == 0:
            return f"{tokens // 1_000_000}M"
        case _ if tokens % 1000 == 0:
            return f"{tokens // 1000}k"
        case _:
            return str(tokens)


def _lifecycle(lifecycle: Lifecycle) -> str:
    match lifecycle:
        case Lifecycle(state="retired", retires=date() as day):
            return f"retired {day}"
        case Lifecycle(retires=date() as day):
            return f"{lifecycle.state}, retires {day}"
        case Lifecycle(not_before=date() as day):
            return f"{lifecycle.state}, not retired before {day}"
        case Lifecycle(released=date() as day):
            return f"{lifecycle.state} since {day}"
        case Lifecycle(state="unknown"):
            return _UNKNOWN
        case _:
            return lifecycle.state


def _efforts(profile: ModelProfile) -> str:
    if profile.effort is None:
        return _UNKNOWN
    marked = (level + "*" * (level == profile.effort.default) for level in profile.effort.levels)
    return ", ".join(marked) or "none"


def _caching(profile: ModelProfile) -> str:
    minimum = profile.caching.minimum or _UNKNOWN
    return f"from {minimum} tokens, {'automatic' if profile.caching.automatic else 'by breakpoints'}"


def _prices(profile: ModelProfile) -> Iterator[str]:
    for tier in profile.pricing.tiers if profile.pricing else ():
        condition = f"prices above {size(tier.above)}" if tier.above else "prices"
        yield f"{condition}: {_tier(tier)}"
    if not profile.pricing:
        yield f"prices: {_UNKNOWN}"


def _tier(tier: PriceTier) -> str:
    writes = f"{_price(tier.cache_write_5m)} / {_price(tier.cache_write_1h)}"
    return f"{tier.input} in, {tier.output} out, cache write {writes}, cache read {_price(tier.cache_read)}"


def _price(price: Decimal | None) -> str:
    return _UNKNOWN if price is None else str(price)


def price_sources(profiles: Iterable[ModelProfile]) -> Iterator[str]:
    """Yield where the prices come from, each source once."""
    sources = {f"{p.pricing.source} ({p.pricing.as_of})": None for p in profiles if p.pricing}
    for source in sources:
        yield f"Prices from: {source}"
