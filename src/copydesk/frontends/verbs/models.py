"""Owns how the profile table is shown: for people in 80 columns, and complete as JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Final

from copydesk.domain.tools import TOOL_VERSIONS
from copydesk.frontends.model_words import betas_of, detail_lines, price_sources, size
from copydesk.model.profiles import ModelProfile, default_profile, load_profiles

_HEAD: Final = "{:<26}  {:<20}  {:<10}  {:>7}  {:>6}"
_DETAIL: Final = "    "
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
    lines += [*_block("any other claude-*", default_profile()), "", *_legend(), "", *_NOTES, *price_sources(profiles)]
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
        "betas": list(betas_of(profile)),
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
    sizes = size(limits.context_window), size(limits.max_output)
    yield _HEAD.format(title, profile.tool_version.type, profile.api_version, *sizes)
    for line in detail_lines(profile):
        yield _DETAIL + line


def _legend() -> Iterator[str]:
    for version in TOOL_VERSIONS.values():
        yield f"{version.type}: {version.name}"
        yield f"{_DETAIL}{', '.join(version.commands)}"
