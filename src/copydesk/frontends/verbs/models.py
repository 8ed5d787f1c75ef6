"""Owns how the profile table is shown: for people in 80 columns, and complete as JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Final

from copydesk.domain.tools import TOOL_VERSIONS
from copydesk.model.profiles import Lifecycle, ModelProfile, PriceTier, default_profile, load_profiles

_HEAD: Final = "{:<26}  {:<20}  {:<10}  {:>7}  {:>6}"
_DETAIL: Final = "    "
_UNKNOWN: Final = "?"
_NOTES: Final = (
    "*: the default. ?: not known. Sizes: tokens. Prices: USD per million tokens.",
    "Cache writes: for 5 minutes / for 1 hour. Dates: those of the Anthropic API.",
)


def run_models(*, as_json: bool, write: Callable[[str], None]) -> int:
    """Write every profile, as a table or as one JSON document; return the exit code."""
    profiles = load_profiles()
    if as_json:
        write(json.dumps(models_json(profiles), indent=2) + "\n")
    else:
        write(models_table(profiles))
    return 0


def models_json(profiles: Iterable[ModelProfile]) -> dict[str, object]:
    """Return the whole table; what is not known is null, prices are USD per million tokens."""
    return {
        "models": [_profile_json(profile) for profile in profiles],
        "other_models": _profile_json(default_profile()) | {"model": None},
    }


def models_table(profiles: Sequence[ModelProfile]) -> str:
    """Return the table for people, no line over 80 columns, with a final newline."""
    lines = [_HEAD.format("MODEL", "TOOL", "API", "CONTEXT", "OUTPUT")]
    for profile in profiles:
        lines += _block(profile.id, profile)
    lines += [*_block("any other claude-*", default_profile()), "", *_legend(), "", *_NOTES, *_sources(profiles)]
    return "\n".join(lines) + "\n"


def _profile_json(profile: ModelProfile) -> dict[str, object]:
    version, effort = profile.tool_version, profile.effort
    return {
        "model": profile.id,
        "lifecycle": _plain(asdict(profile.lifecycle)),
        "tool_type": version.type,
        "tool_name": version.name,
        "commands": list(version.commands),
        "api_version": profile.api_version,
        "betas": list(_betas(profile)),
        "context_window": profile.limits.context_window,
        "max_output": profile.limits.max_output,
        "training_cutoff": profile.training_cutoff,
        "thinking": _plain(asdict(profile.thinking)) if profile.thinking else None,
        "efforts": list(effort.levels) if effort else None,
        "default_effort": effort.default if effort else None,
        "forced_tool_choice": profile.forced_tool_choice,
        "prefill": profile.prefill,
        "cache_minimum": profile.caching.minimum,
        "automatic_caching": profile.caching.automatic,
        "prices": _plain(asdict(profile.pricing)) if profile.pricing else None,
    }


def _betas(profile: ModelProfile) -> Iterator[dict[str, object]]:
    """Yield the beta that goes with the model's tool, then the model's own."""
    if profile.tool_version.beta:
        yield {"name": profile.tool_version.beta, "when": "tool", "max_output": None}
    for beta in profile.betas:
        yield asdict(beta)


def _plain(value: object) -> object:
    """Turn tuples, dates and prices into what JSON knows."""
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
        case _:
            return value


def _block(title: str, profile: ModelProfile) -> Iterator[str]:
    """Yield the lines of one model: a row under the header, then what does not fit into columns."""
    limits = profile.limits
    sizes = _size(limits.context_window), _size(limits.max_output)
    yield _HEAD.format(title, profile.tool_version.type, profile.api_version, *sizes)
    cutoff = profile.training_cutoff or _UNKNOWN
    yield f"{_DETAIL}lifecycle: {_lifecycle(profile.lifecycle)}; training cut-off: {cutoff}"
    thinking = profile.thinking.style if profile.thinking else _UNKNOWN
    yield f"{_DETAIL}thinking: {thinking}; effort: {_efforts(profile)}"
    yield f"{_DETAIL}cache: {_caching(profile)}"
    for line in _prices(profile):
        yield _DETAIL + line
    for beta in _betas(profile):
        yield f"{_DETAIL}beta: {beta['name']} (with: {beta['when']})"


def _size(tokens: int | None) -> str:
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
        condition = f"prices above {_size(tier.above)}" if tier.above else "prices"
        yield f"{condition}: {_tier(tier)}"
    if not profile.pricing:
        yield f"prices: {_UNKNOWN}"


def _tier(tier: PriceTier) -> str:
    writes = f"{_price(tier.cache_write_5m)} / {_price(tier.cache_write_1h)}"
    return f"{tier.input} in, {tier.output} out, cache write {writes}, cache read {_price(tier.cache_read)}"


def _price(price: Decimal | None) -> str:
    return _UNKNOWN if price is None else str(price)


def _legend() -> Iterator[str]:
    for version in TOOL_VERSIONS.values():
        yield f"{version.type}: {version.name}"
        yield f"{_DETAIL}{', '.join(version.commands)}"


def _sources(profiles: Iterable[ModelProfile]) -> Iterator[str]:
    """Yield where the prices come from, each source once."""
    sources = {f"{p.pricing.source} ({p.pricing.as_of})": None for p in profiles if p.pricing}
    for source in sources:
        yield f"Prices from: {source}"
