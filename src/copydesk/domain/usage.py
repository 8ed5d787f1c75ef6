"""Owns the count of tokens that requests took; what they cost is not known here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, or of several added up; no token is counted in two fields."""

    input_tokens: int = 0
    """Read by the model without help of the cache."""
    cache_creation_5m_tokens: int = 0
    """Written to the cache for five minutes."""
    cache_creation_1h_tokens: int = 0
    """Written to the cache for an hour."""
    cache_read_tokens: int = 0
    output_tokens: int = 0
    """Thinking included."""

    def __add__(self, other: "Usage") -> "Usage":
        """Add two counts field by field."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cache_creation_5m_tokens + other.cache_creation_5m_tokens,
            self.cache_creation_1h_tokens + other.cache_creation_1h_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.output_tokens + other.output_tokens,
        )

    @property
    def cache_creation_tokens(self) -> int:
        """Tokens written to the cache, for however long."""
        return self.cache_creation_5m_tokens + self.cache_creation_1h_tokens

    @property
    def context_tokens(self) -> int:
        """Size of the prompt: everything but the output."""
        return self.input_tokens + self.cache_creation_tokens + self.cache_read_tokens

    @property
    def cache_share(self) -> float:
        """How much of the prompt came from the cache, from 0.0 to 1.0."""
        return self.cache_read_tokens / self.context_tokens if self.context_tokens else 0.0
