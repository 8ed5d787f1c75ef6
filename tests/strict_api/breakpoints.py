"""Cache breakpoints: where they may stand, and what a prompt costs with the prefixes seen before.

Owns the rules for `cache_control` and the simulated cache. Tokens are estimated from bytes; entries never expire, for
the stand-in has no clock of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from .prompt import Part, Request, estimated_tokens, prompt_parts
from .refusal import Refusal
from .tables import LOOK_BACK_BLOCKS, MAXIMUM_BREAKPOINTS


@dataclass(frozen=True)
class Breakpoint:
    position: int
    """Index of the part that ends the prefix."""
    lifetime: str


@dataclass(frozen=True)
class PromptUsage:
    """Tokens of a prompt by how they were paid for; the four add up to the whole prompt."""

    uncached: int
    read: int
    written_5m: int
    written_1h: int

    @property
    def total(self) -> int:
        return self.uncached + self.read + self.written_5m + self.written_1h


def find_breakpoints(request: Request, parts: Sequence[Part]) -> list[Breakpoint]:
    """The explicit ones in prompt order, then the automatic one; refuses an automatic one that contradicts."""
    found = [Breakpoint(index, each) for index, part in enumerate(parts) for each in part.lifetimes]
    automatic = request.body.get("cache_control")
    positions = [index for index, part in enumerate(parts) if part.cacheable]
    if not automatic or not positions:
        return found
    last, lifetime = positions[-1], automatic.get("ttl", "5m")
    at_last = [each.lifetime for each in found if each.position == last]
    if any(each != lifetime for each in at_last):
        raise Refusal(f"cache_control: the last block has a breakpoint of another ttl than '{lifetime}'")
    return found if at_last else [*found, Breakpoint(last, lifetime)]


def check_breakpoints(request: Request) -> None:
    found = find_breakpoints(request, list(prompt_parts(request.body)))
    if len(found) > MAXIMUM_BREAKPOINTS:
        raise Refusal(
            f"A maximum of {MAXIMUM_BREAKPOINTS} blocks with cache_control may be provided. Found {len(found)}."
        )
    ordered = [each.lifetime for each in sorted(found, key=lambda each: each.position)]
    if any(later == "1h" and "5m" in ordered[:index] for index, later in enumerate(ordered)):
        raise Refusal(
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block; "
            "the order of blocks is tools, system, messages"
        )


@dataclass
class PromptCache:
    """The prefixes that earlier requests wrote. The caller keeps two requests from using it at once."""

    written: set[str] = field(default_factory=set)

    def charge(self, request: Request) -> PromptUsage:
        """Reads what is there, writes what the breakpoints ask for, and says what the prompt cost."""
        parts = list(prompt_parts(request.body))
        marks = sorted(find_breakpoints(request, parts), key=lambda each: each.position)
        sizes, prefixes = _running_sizes(parts), _prefix_digests(request, parts)
        useful = [mark for mark in marks if sizes[mark.position + 1] >= request.row.cache_minimum]
        start = max((self._longest_read(prefixes, mark.position) for mark in useful), default=0)
        costs, end = {"5m": 0, "1h": 0}, start
        for mark in useful:
            if mark.position + 1 > end:
                costs[mark.lifetime] += sizes[mark.position + 1] - sizes[end]
                end = mark.position + 1
            self.written.add(prefixes[mark.position])
        return PromptUsage(sizes[-1] - sizes[end], sizes[start], costs["5m"], costs["1h"])

    def _longest_read(self, prefixes: Sequence[str], position: int) -> int:
        """Number of parts read from the cache, looking back from one breakpoint."""
        oldest = max(position - LOOK_BACK_BLOCKS, -1)
        return next((at + 1 for at in range(position, oldest, -1) if prefixes[at] in self.written), 0)


def _running_sizes(parts: Sequence[Part]) -> list[int]:
    """Tokens before each part, and of the whole prompt last."""
    sizes = [0]
    for part in parts:
        sizes.append(sizes[-1] + estimated_tokens(part.canonical))
    return sizes


def _message_settings(request: Request) -> str:
    """What invalidates the cached messages, though not the tools and the system before them."""
    thinking = {name: value for name, value in request.thinking.items() if name != "display"}
    return json.dumps([thinking, request.effort, request.body.get("tool_choice")], sort_keys=True)


def _prefix_digests(request: Request, parts: Sequence[Part]) -> list[str]:
    """A digest of the prompt up to and with each part; model, speed and thinking are part of what is cached."""
    digest = hashlib.sha256(f"{request.row.id} {request.body.get('speed') or 'standard'}\n".encode())
    entered_messages, digests = False, []
    for part in parts:
        if part.place == "messages" and not entered_messages:
            entered_messages = True
            digest.update(_message_settings(request).encode())
        digest.update(part.canonical.encode())
        digests.append(digest.hexdigest())
    return digests
