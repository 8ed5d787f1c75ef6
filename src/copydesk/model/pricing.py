"""Owns what a request costs, by the prices of its model's profile."""

from decimal import Decimal
from typing import Final

from copydesk.domain.usage import Usage
from copydesk.model.profiles import ModelProfile, PriceTier, Pricing

_MILLION: Final = Decimal(1_000_000)


def cost(profile: ModelProfile, usage: Usage) -> Decimal | None:
    """Return the price in USD of one request, exactly; None if a price that it needs is not known.

    `usage` must be that of a single request, since the size of its prompt picks the tier: add costs, not usages.
    """
    if profile.pricing is None:
        return None
    total = Decimal(0)
    for tokens, price in _charges(usage, tier_for(profile.pricing, usage.context_tokens)):
        if tokens and price is None:
            return None
        total += tokens * (price or Decimal(0))
    return total / _MILLION


def tier_for(pricing: Pricing, prompt_tokens: int) -> PriceTier:
    """Return the tier that a prompt of this size is charged at."""
    return [tier for tier in pricing.tiers if tier.above == 0 or prompt_tokens > tier.above][-1]


def _charges(usage: Usage, tier: PriceTier) -> tuple[tuple[int, Decimal | None], ...]:
    return (
        (usage.input_tokens, tier.input),
        (usage.output_tokens, tier.output),
        (usage.cache_creation_5m_tokens, tier.cache_write_5m),
        (usage.cache_creation_1h_tokens, tier.cache_write_1h),
        (usage.cache_read_tokens, tier.cache_read),
    )
