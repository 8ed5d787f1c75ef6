"""Owns what a session sends with every request: the constant fields for a model, and what a person may ask of it.

A wish that the model does not take is refused with a sentence before anything is sent; nothing is quietly changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from copydesk.domain.errors import UsageError
from copydesk.domain.tools import SCHEMA_TYPE, TOOL_VERSIONS, ToolVersion, definition
from copydesk.model.profiles import Beta, Effort, ModelProfile, Thinking

ThinkingChoice = Literal["on", "off", "auto"]
CacheLifetime = Literal["5m", "1h"]

SPACIOUS_MAX_TOKENS: Final = 64_000
"""Room for thinking and a long file; the default for models that can write more."""
CAUTIOUS_MAX_TOKENS: Final = 32_000
"""The default where a model's limit is not known."""
SPACIOUS_BUDGET: Final = 16_000
"""The default thinking budget, where `max_tokens` leaves that much."""
LEAST_BUDGET: Final = 1024
"""The smallest thinking budget that the API takes."""


class ParameterError(UsageError):
    """The model does not take what was asked for."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters, known only to API versions before 2026-10-21."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None

    def fields(self) -> dict[str, float | int]:
        """Return the parameters that are set, under the names of the API."""
        given = {"temperature": self.temperature, "top_p": self.top_p, "top_k": self.top_k}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """What a person asked for; None and `auto` leave it to the model's profile."""

    effort: str | None = None
    thinking: ThinkingChoice = "auto"
    thinking_budget: int | None = None
    """Tokens for thinking, for models that think within a budget."""
    max_tokens: int | None = None
    """The most tokens that one answer may take, thinking included."""
    betas: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    tool_version: str = "auto"
    """A `ToolVersion.type`, or `auto`."""
    max_characters: int | None = None
    """How much of a file `view` shows."""
    provider: str = "anthropic"
    """Whose service it goes to: not every one takes all fields."""
    system_cache_lifetime: CacheLifetime = "5m"
    """`1h` suits sessions where a person thinks between two requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParameters:
    """What every request of a session carries; the client adds system, messages and streaming."""

    body: Mapping[str, object]
    """Fields of the Messages API that stay the same all session long."""
    tool_version: ToolVersion
    tools_entry: Mapping[str, object]
    """The entry of `tools` that declares the text editor."""
    betas: tuple[str, ...]
    """For the `anthropic-beta` header, in a steady order."""
    api_version: str | None
    """The `anthropic-version` to send in place of the SDK's own; None: leave it to the SDK."""
    system_cache_control: Mapping[str, object]
    """The breakpoint for the last block of `system`."""
    has_tail_breakpoint: bool
    """True if the client must mark the last block of the messages itself, since the model has no automatic caching."""
    has_diagnostics: bool
    """True if `diagnostics` may be sent; the id of the message before is the client's."""


def parameters(profile: ModelProfile, options: RequestOptions) -> RequestParameters:
    """Return what requests to this model carry, or raise `ParameterError` for what it does not take."""
    version = _tool_version(profile, options)
    max_tokens = _max_tokens(profile, options)
    thinking = _thinking(profile, options, max_tokens)
    return RequestParameters(
        body=_body(profile, options, max_tokens, thinking),
        tool_version=version,
        tools_entry=definition(version, _max_characters(options)),
        betas=_betas(profile, options, version, thinking),
        api_version=None if profile.speaks_current_api else profile.api_version,
        system_cache_control=_system_cache_control(profile, options),
        has_tail_breakpoint=not profile.caching.automatic,
        has_diagnostics=profile.is_known and profile.speaks_current_api and options.provider == "anthropic",
    )


def _body(
    profile: ModelProfile, options: RequestOptions, max_tokens: int, thinking: dict[str, object] | None
) -> dict[str, object]:
    body: dict[str, object] = {"model": profile.requested, "max_tokens": max_tokens}
    if thinking:
        body["thinking"] = thinking
    if effort := _effort(profile, options):
        body["output_config"] = {"effort": effort}
    if profile.caching.automatic:
        body["cache_control"] = {"type": "ephemeral"}
    return body | _sampling(profile, options, thinking)


def _tool_version(profile: ModelProfile, options: RequestOptions) -> ToolVersion:
    asked = options.tool_version
    if asked == "auto":
        return profile.tool_version
    if asked not in TOOL_VERSIONS:
        raise ParameterError(f"There is no tool version {asked!r}; there are {_listed(TOOL_VERSIONS)}, and auto.")
    own = profile.tool_version.type
    if profile.is_known and asked not in (own, SCHEMA_TYPE):
        takes = _listed(dict.fromkeys((own, SCHEMA_TYPE)))
        raise ParameterError(f"{profile.requested} does not take the tool version {asked}; it takes {takes}.")
    return TOOL_VERSIONS[asked]


def _max_characters(options: RequestOptions) -> int | None:
    if options.max_characters is not None and options.max_characters < 1:
        raise ParameterError(f"max_characters is {options.max_characters}; it must be at least 1.")
    return options.max_characters


def _max_tokens(profile: ModelProfile, options: RequestOptions) -> int:
    raised = _raised_limit(profile, options)
    limit = raised or profile.limits.max_output
    asked = options.max_tokens
    if asked is None:
        return raised or min(limit or CAUTIOUS_MAX_TOKENS, SPACIOUS_MAX_TOKENS)
    if asked < 1:
        raise ParameterError(f"max_tokens is {asked}; it must be at least 1.")
    if limit is not None and asked > limit:
        raise ParameterError(
            f"{profile.requested} writes at most {limit} tokens, not {asked}{_way_to_more(profile, asked)}."
        )
    return asked


def _raised_limit(profile: ModelProfile, options: RequestOptions) -> int | None:
    """Return the limit that a beta among those asked for brings; who asks for that beta wants all of it."""
    raised = [beta.max_output for beta in profile.betas if beta.max_output and beta.name in options.betas]
    return max(raised, default=None)


def _way_to_more(profile: ModelProfile, asked: int) -> str:
    for beta in profile.betas:
        if beta.max_output is not None and asked <= beta.max_output:
            return f"; with the beta {beta.name} it writes up to {beta.max_output}"
    return ""


def _thinking(profile: ModelProfile, options: RequestOptions, max_tokens: int) -> dict[str, object] | None:
    """Return the `thinking` field, or None where nothing is to be said."""
    _check_thinking(profile, options)
    known = profile.thinking
    if known is None:
        return None
    if options.thinking == "off":
        return _thinking_off(profile, options, known)
    match known.style:
        case "none":
            return None
        case "enabled":
            return _thinking_within_budget(profile, options, max_tokens)
        case "adaptive" | "adaptive-always":
            return {"type": "adaptive", "display": "summarized"}
    assert_never(known.style)


def _check_thinking(profile: ModelProfile, options: RequestOptions) -> None:
    """Refuse what the model's way of thinking rules out, whatever else was asked for."""
    style = profile.thinking.style if profile.thinking else None
    match style, options.thinking:
        case None, "on" | "off":
            raise ParameterError(
                f"How {profile.requested} thinks is not known to copydesk, so it cannot be turned {options.thinking}; "
                "leave thinking at auto."
            )
        case "none", "on":
            raise ParameterError(f"{profile.requested} does not think; leave thinking at auto.")
        case "adaptive-always", "off":
            raise ParameterError(f"{profile.requested} always thinks; a lower effort makes it think less.")
        case _:
            pass
    if options.thinking_budget is not None and (style != "enabled" or options.thinking == "off"):
        off = " while thinking is off" if style == "enabled" else ""
        raise ParameterError(f"{profile.requested} takes no thinking budget{off}.")


def _thinking_off(profile: ModelProfile, options: RequestOptions, known: Thinking) -> dict[str, object] | None:
    if not known.on_by_default:
        return None
    default = profile.effort.default if profile.effort else None
    effort = options.effort or default
    if known.off_efforts is not None and effort not in known.off_efforts:
        raise ParameterError(
            f"{profile.requested} thinks at effort {effort}; thinking can be off at {_listed(known.off_efforts)}."
        )
    return {"type": "disabled" if "disabled" in known.accepts else "between_tools"}


def _thinking_within_budget(
    profile: ModelProfile, options: RequestOptions, max_tokens: int
) -> dict[str, object] | None:
    """Turn thinking on, unless nobody insists and the answer has no room for it or sampling was asked for instead."""
    insists = options.thinking == "on" or options.thinking_budget is not None
    budget = options.thinking_budget or min(SPACIOUS_BUDGET, max(LEAST_BUDGET, max_tokens // 2))
    if not insists and (budget >= max_tokens or options.sampling.fields()):
        return None
    if not LEAST_BUDGET <= budget < max_tokens:
        raise ParameterError(
            f"A thinking budget of {budget} tokens does not fit: it must be at least {LEAST_BUDGET} "
            f"and less than max_tokens, which is {max_tokens}."
        )
    return {"type": "enabled", "budget_tokens": budget}


def _effort(profile: ModelProfile, options: RequestOptions) -> str | None:
    asked = options.effort
    if asked is None:
        return None
    known = profile.effort or Effort(levels=())
    if asked not in known.levels:
        takes = f"it takes {_listed(known.levels)}" if known.levels else "it takes none that copydesk knows of"
        raise ParameterError(f"{profile.requested} does not take the effort {asked!r}; {takes}.")
    return asked


def _sampling(
    profile: ModelProfile, options: RequestOptions, thinking: dict[str, object] | None
) -> dict[str, float | int]:
    fields = options.sampling.fields()
    if fields and profile.speaks_current_api:
        raise ParameterError(
            f"{profile.requested} does not take {_listed(fields)}: sampling parameters are gone since API version "
            f"{profile.api_version}. Effort is what is left to choose."
        )
    if thinking and fields:
        raise ParameterError(f"{profile.requested} takes no {_listed(fields)} while it thinks; turn thinking off.")
    for name in ("temperature", "top_p"):
        if not 0 <= fields.get(name, 0) <= 1:
            raise ParameterError(f"{name} is {fields[name]}; it must be from 0 to 1.")
    return fields


def _betas(
    profile: ModelProfile, options: RequestOptions, version: ToolVersion, thinking: dict[str, object] | None
) -> tuple[str, ...]:
    sent = [version.beta] if version.beta else []
    manual = thinking is not None and thinking["type"] == "enabled"
    sent += [beta.name for beta in profile.betas if _is_sent(beta, options, manual=manual)]
    for name in options.betas:
        if name not in sent:
            raise ParameterError(_beta_refusal(profile, name))
    return tuple(sent)


def _is_sent(beta: Beta, options: RequestOptions, *, manual: bool) -> bool:
    match beta.when:
        case "asked":
            return beta.name in options.betas
        case "manual-thinking":
            return manual
    assert_never(beta.when)


def _beta_refusal(profile: ModelProfile, name: str) -> str:
    if name == profile.tool_version.beta:
        return f"The beta {name} goes only with the tool version {profile.tool_version.type}."
    if any(beta.name == name for beta in profile.betas):
        return f"The beta {name} goes only with thinking; turn thinking on."
    takes = [beta.name for beta in profile.betas]
    if profile.tool_version.beta:
        takes.insert(0, profile.tool_version.beta)
    return f"{profile.requested} does not take the beta {name!r}; it takes {_listed(takes) if takes else 'none'}."


def _system_cache_control(profile: ModelProfile, options: RequestOptions) -> dict[str, object]:
    """Long lifetimes are asked of the current API only; five minutes is what every version gives by default."""
    if profile.speaks_current_api and options.system_cache_lifetime == "1h":
        return {"type": "ephemeral", "ttl": "1h"}
    return {"type": "ephemeral"}


def _listed(names: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
