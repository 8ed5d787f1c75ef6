"""Owns the words for what a turn took: the same for the screen of the cost and for plain lines."""

from copydesk.domain.accounts import TurnAccount
from copydesk.domain.display import show
from copydesk.frontends.present import plural, tokens


def turn_lines(turn: TurnAccount) -> list[str]:
    """What a turn took, a line each, and why the cache was missed."""
    usage = turn.usage
    return [
        f"turn {turn.turn}: {plural(turn.calls, 'request')}, {turn.seconds:.1f} s of the API",
        f"tokens: {tokens(usage.cache_read_tokens)} read from the cache, {tokens(usage.input_tokens)} without it",
        f"{tokens(usage.cache_creation_tokens)} written to the cache, {tokens(usage.output_tokens)} out",
        *(f"cache missed: {show(reason)}" for reason in dict.fromkeys(turn.misses)),
    ]
