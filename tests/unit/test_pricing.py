from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.usage import Usage
from copydesk.model.pricing import cost
from copydesk.model.profiles import resolve

COUNTS = st.integers(min_value=0, max_value=10**7)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def test_cost_adds_every_kind_of_token_when_prices_are_known() -> None:
    usage = Usage(1_000_000, 200_000, 100_000, 500_000, 10_000)
    assert cost(resolve("claude-opus-5-5"), usage) == Decimal("4") + 1 + Decimal("0.8") + Decimal("0.1") + Decimal(
        "0.2"
    )


def test_cost_is_exact_when_it_is_small() -> None:
    assert cost(resolve("claude-haiku-5-5"), Usage(input_tokens=1)) == Decimal("0.0000001")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(input_tokens=100_000), "0.01"),
        (Usage(input_tokens=100_001), "0.0500005"),
        (Usage(input_tokens=50_000, cache_read_tokens=50_001), "0.02750005"),
        (Usage(input_tokens=1000, output_tokens=200_000), "0.1001"),
        (Usage(cache_creation_5m_tokens=60_000, cache_creation_1h_tokens=60_000), "0.0975"),
    ],
)
def test_cost_uses_the_tier_of_the_prompt_when_there_are_two(usage: Usage, expected: str) -> None:
    assert cost(resolve("claude-haiku-5-5"), usage) == Decimal(expected)


@pytest.mark.parametrize("model", ["claude-fable-5-2", "claude-opus-4-20250514", "claude-opus-9"])
def test_cost_is_unknown_when_the_model_has_no_prices(model: str) -> None:
    assert cost(resolve(model), Usage(input_tokens=1)) is None


def test_cost_is_unknown_when_only_the_price_of_reads_is_missing_and_needed() -> None:
    fable = resolve("claude-fable-5-1")
    assert cost(fable, Usage(input_tokens=1_000_000)) == 10
    assert cost(fable, Usage(input_tokens=1_000_000, cache_read_tokens=1)) is None


@given(USAGES, USAGES)
def test_usages_add_up_when_taken_together(one: Usage, other: Usage) -> None:
    both = one + other
    assert both.context_tokens == one.context_tokens + other.context_tokens
    assert both.output_tokens == one.output_tokens + other.output_tokens
    assert both == other + one
    assert one + Usage() == one


@given(USAGES)
def test_cache_share_is_a_share_of_the_prompt_when_computed(usage: Usage) -> None:
    assert 0.0 <= usage.cache_share <= 1.0
    assert usage.cache_share * usage.context_tokens == pytest.approx(usage.cache_read_tokens)


def test_cache_share_is_zero_when_there_is_no_prompt() -> None:
    assert Usage().cache_share == 0.0
