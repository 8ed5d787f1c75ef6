"""Owns what is known of each model: the rows of `profiles.toml` as values, and which row serves an id.

It never guesses: what is not known is None. It builds no request (`parameters` does) and must stay cheap to import.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from copydesk.domain.errors import UsageError
from copydesk.domain.tools import TOOL_VERSIONS, ToolVersion

SDK_API_VERSION: Final = "2026-10-21"
"""The `anthropic-version` that the SDK sends by itself."""
DEFAULT_ROW: Final = "default"
"""The `ModelProfile.id` of every model that no row names."""

LifecycleState = Literal["active", "deprecated", "retired", "unknown"]
ThinkingStyle = Literal["none", "enabled", "adaptive", "adaptive-always"]
BetaCondition = Literal["asked", "manual-thinking"]

_PREFIX: Final = re.compile(r"^(?:(?:us|eu|apac|global)\.)?(?:anthropic\.)?")
_SUFFIX: Final = re.compile(r"(?:-v\d+(?::\d+)?)?(?:\[[^\]]*\])?$")
_TRAILING_DATE: Final = re.compile(r"-\d{8}$")


class UnknownModel(UsageError):
    """The id is not one of Anthropic's, so nothing says which tool version it takes."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"{model!r} is not a Claude model that copydesk knows: name one of those that `copydesk models` lists, "
            "or say which tool it takes with --tool-version (`schema` suits most other models)."
        )


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Where a model stands on the Anthropic API."""

    state: LifecycleState
    released: date | None = None
    not_before: date | None = None
    """It will not be retired before this day."""
    retires: date | None = None
    """The day it was, or will be, retired."""


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta that the model takes, beside the one that its tool may need."""

    name: str
    when: BetaCondition
    max_output: int | None = None
    """The output limit in tokens while it is sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in tokens."""

    context_window: int | None = None
    max_output: int | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """How the model thinks and what can be asked of it."""

    style: ThinkingStyle
    on_by_default: bool
    """True if it thinks when a request says nothing about it."""
    accepts: tuple[str, ...] = ()
    """The values of `thinking.type` that are no error."""
    off_efforts: tuple[str, ...] | None = None
    """The only efforts at which thinking can be turned off; None: at every one."""


@dataclass(frozen=True, slots=True)
class Effort:
    """The levels of effort, lowest first; no level means that the parameter is refused."""

    levels: tuple[str, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Caching:
    """What the prompt cache does for the model."""

    automatic: bool
    """True if a request may ask for caching as a whole; otherwise only breakpoints in its blocks count."""
    minimum: int | None = None
    """Shorter prefixes (tokens) are not cached."""


@dataclass(frozen=True, slots=True)
class PriceTier:
    """USD per million tokens, for requests whose prompt is longer than `above` tokens."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    cache_read: Decimal | None = None
    above: int = 0


@dataclass(frozen=True, slots=True)
class Pricing:
    """What the model costs."""

    tiers: tuple[PriceTier, ...]
    """Lowest first; a whole request is charged at the tier that its prompt falls into."""
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """All that is known of one model."""

    requested: str
    """The id as it was given, decoration included; this is what a request names."""
    id: str
    """The id of the row, or `default`."""
    lifecycle: Lifecycle
    tool_version: ToolVersion
    api_version: str
    limits: Limits
    caching: Caching
    betas: tuple[Beta, ...] = ()
    training_cutoff: str | None = None
    """Year and month, as in `2025-03`."""
    thinking: Thinking | None = None
    """None: unknown, so nothing is sent."""
    effort: Effort | None = None
    """None: unknown, so nothing is sent."""
    forced_tool_choice: bool | None = None
    """True if a request may force a tool."""
    prefill: bool | None = None
    """True if a request may begin the answer."""
    reads_pdf: bool | None = None
    """False if a PDF document in a request is an error; every model takes images."""
    pricing: Pricing | None = None

    @property
    def is_known(self) -> bool:
        """True if a row names the model."""
        return self.id != DEFAULT_ROW

    @property
    def speaks_current_api(self) -> bool:
        """True if it is served under the API version of the SDK; older ones have sampling and no `diagnostics`."""
        return self.api_version == SDK_API_VERSION


def load_profiles() -> tuple[ModelProfile, ...]:
    """Return one profile for each id that a row names, newest family first."""
    table = _table()
    return tuple(_profile(model, row) for row in table["row"] for model in row["ids"])


def default_profile() -> ModelProfile:
    """Return the profile of ids that no row names."""
    return _profile(DEFAULT_ROW, _table()["default"])


def resolve(model: str, tool_version: str | None = None) -> ModelProfile:
    """Return the profile that serves `model`, an id with or without a platform's decoration.

    A `claude-*` id without a row gets the default one. So does any other id, if the person named a tool version for
    it; without one it is `UnknownModel`.
    """
    rows = _rows_by_name()
    for name in _candidates(model):
        if name in rows:
            return replace(rows[name], requested=model)
    if _undecorated(model).startswith("claude-") or tool_version not in (None, "auto"):
        return replace(default_profile(), requested=model)
    raise UnknownModel(model)


def _candidates(model: str) -> Iterator[str]:
    """Yield the names to look for; clouds write dates differently, and not always the same dates."""
    bare = _undecorated(model)
    name, _, day = bare.partition("@")
    if day:
        yield f"{name}-{day}"
    yield name
    if bare != model:
        yield _TRAILING_DATE.sub("", name)


def _undecorated(model: str) -> str:
    return _SUFFIX.sub("", _PREFIX.sub("", model.strip(), count=1), count=1)


@cache
def _rows_by_name() -> dict[str, ModelProfile]:
    named = {profile.id: profile for profile in load_profiles()}
    for row in _table()["row"]:
        named.update(dict.fromkeys(row.get("spellings", ()), named[row["ids"][0]]))
    return named


@cache
def _table() -> dict[str, Any]:
    text = Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _profile(model: str, row: Mapping[str, Any]) -> ModelProfile:
    given = {name: value for name, value in row.items() if name not in ("ids", "spellings")}
    parts = {name: _PARTS[name](value) if name in _PARTS else value for name, value in given.items()}
    fields: dict[str, Any] = {"limits": Limits(), **parts}
    return ModelProfile(requested=model, id=model, **fields)


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _price_tier(tier: Mapping[str, Any]) -> PriceTier:
    above = tier.get("above", 0)
    prices = {name: Decimal(value) for name, value in tier.items() if name != "above"}
    return PriceTier(**prices, above=above)


_PARTS: Final[Mapping[str, Callable[[Any], object]]] = {
    "lifecycle": lambda fields: Lifecycle(**fields),
    "tool_version": TOOL_VERSIONS.__getitem__,
    "limits": lambda fields: Limits(**fields),
    "caching": lambda fields: Caching(**fields),
    "betas": lambda rows: tuple(Beta(**fields) for fields in rows),
    "thinking": lambda fields: Thinking(**_tuples(fields)),
    "effort": lambda fields: Effort(**_tuples(fields)),
    "pricing": lambda fields: Pricing(
        tiers=tuple(map(_price_tier, fields["tiers"])), as_of=fields["as_of"], source=fields["source"]
    ),
}
"""How each field of a row becomes a value; an unknown field in the file is a TypeError."""
