"""Owns what the options say of every request; whatever a model does not take is found here, before anything is done."""

import argparse
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from copydesk.config import DEFAULT_MODEL, Config
from copydesk.domain.errors import UsageError
from copydesk.domain.usage import Usage
from copydesk.engine.frame import Frame, Limits
from copydesk.engine.prompts import system_prompt
from copydesk.model.parameters import RequestOptions, Sampling, parameters
from copydesk.model.pricing import cost
from copydesk.model.profiles import ModelProfile, resolve
from copydesk.tools.declarations import exploring_definitions


def frame_for(options: argparse.Namespace, config: Config) -> tuple[Frame, ModelProfile]:
    """What every request carries, or a UsageError for what the model does not take."""
    profile = resolve(config.model or DEFAULT_MODEL, options.tool_version)
    wishes = RequestOptions(
        effort=config.effort,
        thinking=config.thinking or "auto",
        max_tokens=config.max_tokens,
        betas=tuple(options.beta),
        sampling=Sampling(options.temperature, options.top_p, options.top_k),
        tool_version=options.tool_version,
        max_characters=options.max_characters,
        provider=options.provider,
    )
    request = parameters(profile, wishes)
    system = _system(options)
    price = price_of(profile, options.price)
    limits = Limits(options.max_steps, options.max_cost)
    if limits.cost_usd is not None and price(Usage(1, 1, 1, 1, 1)) is None:
        raise UsageError(f"The price of {profile.requested} is not known, so --max-cost needs --price IN/OUT.")
    tools = (dict(request.tools_entry), *(exploring_definitions() if config.explores else ()))
    return Frame(request, system, tools, price, limits, price_sentence(profile)), profile


def price_of(profile: ModelProfile, given: tuple[Decimal, Decimal] | None) -> Callable[[Usage], Decimal | None]:
    """How a request is priced: by the profile, or by what the person says, in USD per million tokens."""
    if given is None:
        return partial(cost, profile)
    into, out = given
    return lambda usage: (usage.context_tokens * into + usage.output_tokens * out) / 1_000_000


def price_sentence(profile: ModelProfile) -> str:
    """What the model costs, for the first screen; empty where that is not known."""
    tier = profile.pricing.tiers[0] if profile.pricing else None
    if tier is None:
        return ""
    return f"${tier.input} in, ${tier.output} out per million tokens"


def _system(options: argparse.Namespace) -> str:
    if not options.system_prompt_file:
        return system_prompt(options.append_system_prompt)
    try:
        text = Path(options.system_prompt_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The system prompt file {options.system_prompt_file} cannot be read: {why}.") from error
    return f"{text.strip()}\n\n{options.append_system_prompt.strip()}".strip()
