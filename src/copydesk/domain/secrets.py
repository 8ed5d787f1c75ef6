"""Owns the shapes of keys: by which a text that is to leave the machine is looked through."""

import re
from collections.abc import Mapping

SHAPES: Mapping[str, str] = {
    "an Anthropic key": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "an OpenAI key": r"sk-(?!ant-)(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}",
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "a GitHub token": r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{20,}",
    "a Google key": r"AIza[A-Za-z0-9_-]{35}",
    "a Stripe key": r"[rs]k_live_[A-Za-z0-9]{20,}",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
}
"""What it is → how it looks; no key is found by its shape alone that is not one of these."""

_PATTERNS = {name: re.compile(rf"(?<![A-Za-z0-9]){shape}") for name, shape in SHAPES.items()}


def key_shapes_in(text: str) -> tuple[str, ...]:
    """Name what has the shape of a key in a text; nothing where there is none."""
    return tuple(name for name, pattern in _PATTERNS.items() if pattern.search(text))
