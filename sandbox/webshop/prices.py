"""Amounts of money, held as whole cents."""

import re

_AMOUNT = re.compile(r"(\d+)(?:\.(\d{2}))?")


def parse_amount(text: str) -> int:
    """Read "12" or "12.50" as cents."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    return int(match[1]) * 100 + int(match[2] or 0)


def format_amount(cents: int) -> str:
    """Write cents the way a receipt shows them: 1250 becomes "12.50"."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}"


def round_half_up(cents: float) -> int:
    """Round to a whole cent, the half cent in the shop's favour."""
    return int(cents + 0.5)


def discounted(cents: int, percent: int) -> int:
    """The amount after a discount of so many percent."""
    if not 0 <= percent <= 100:
        raise ValueError(f"a discount lies between 0 and 100 percent, not {percent}")
    return round_half_up(cents * (100 - percent) / 100)
