"""What the Messages API takes, as data: versions, betas, editor tools and one row for each model.

The table owns the numbers of the stand-in and must never be derived from the product's own profiles: two tables written
apart are what makes a wrong row visible. Source: the documentation of the API as of 2026-11. Where that is silent the
row refuses, because a stand-in that lets a doubtful request through proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CURRENT_VERSION = "2026-10-21"
EARLIER_VERSION = "2023-06-01"
API_VERSIONS = (EARLIER_VERSION, CURRENT_VERSION)

MAXIMUM_BODY_BYTES = 32 * 1024 * 1024
MAXIMUM_BREAKPOINTS = 4
LOOK_BACK_BLOCKS = 20
MINIMUM_THINKING_BUDGET = 1024

EDITOR_NAMES = {
    "text_editor_20241022": "str_replace_editor",
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
}
COMPUTER_USE = "computer-use-2024-10-22"
LONG_OUTPUT = "output-128k-2025-02-19"
LONG_OUTPUT_TOKENS = 128_000
EFFICIENT_TOOLS = "token-efficient-tools-2025-02-19"
INTERLEAVED = "interleaved-thinking-2025-05-14"
BINDING_CONTROLS = "thinking-binding-controls-2026-08-01"
DISPLAY_UPDATES = "thinking-display-updates-2026-08-18"
LOGIN = "oauth-2025-04-20"
"""Sent with the credentials of a profile on disk; it belongs to no model."""
KNOWN_BETAS = frozenset(
    {COMPUTER_USE, LONG_OUTPUT, EFFICIENT_TOOLS, INTERLEAVED, BINDING_CONTROLS, DISPLAY_UPDATES, LOGIN}
)

EFFORTS = ("low", "medium", "high", "xhigh", "max")
_LOWER_EFFORTS = ("low", "medium", "high")
_EFFORTS_BEFORE_XHIGH = ("low", "medium", "high", "max")


@dataclass(frozen=True)
class ModelRow:
    id: str
    """The pinned id; aliases resolve to it and answers carry it."""
    line: str
    lifecycle: str = "active"
    """`active`, `deprecated` or `retired`; a retired model exists only under the earlier API version."""
    context: int = 1_000_000
    """Tokens, the answer included."""
    max_output: int = 128_000
    """Tokens."""
    editors: tuple[str, ...] = ("text_editor_20250728",)
    """Types of the text editor tool that the model takes; empty where it takes plain client tools only."""
    thinking: frozenset[str] = frozenset({"adaptive"})
    """Accepted values of `thinking.type`."""
    thinks_unasked: bool = True
    """Whether the model thinks when the request has no `thinking`."""
    display: str = "omitted"
    """`thinking.display` where the request has none."""
    efforts: tuple[str, ...] = EFFORTS
    """Accepted values of `output_config.effort`; empty where the model has no effort."""
    quiet_efforts: tuple[str, ...] = EFFORTS
    """Those of them that go with thinking of type `disabled` or `between_tools`."""
    cache_minimum: int = 512
    """Tokens of the shortest prefix that is cached."""
    betas: frozenset[str] = frozenset()
    prefix_checked: bool = False
    """Whether a thinking block is refused after an edit of what came before it."""
    prefill: bool = False
    forced_tools: bool = False
    """Whether `tool_choice` may be `any` or `tool`."""
    system_messages: bool = False
    """Whether `messages` may hold the role `system`."""

    @property
    def retired(self) -> bool:
        return self.lifecycle == "retired"


_PRESERVED = ModelRow("", "", prefix_checked=True, betas=frozenset({BINDING_CONTROLS, DISPLAY_UPDATES}))
_FIVE = ModelRow("", "", system_messages=True)
_FOUR_SIX = ModelRow(
    "",
    "",
    thinking=frozenset({"adaptive", "enabled", "disabled"}),
    thinks_unasked=False,
    display="summarized",
    efforts=_EFFORTS_BEFORE_XHIGH,
    forced_tools=True,
)
_FOUR_FIVE = ModelRow(
    "",
    "",
    context=200_000,
    max_output=64_000,
    thinking=frozenset({"enabled", "disabled"}),
    thinks_unasked=False,
    display="summarized",
    efforts=(),
    cache_minimum=4096,
    betas=frozenset({INTERLEAVED}),
    prefill=True,
    forced_tools=True,
)
_FOUR = replace(
    _FOUR_FIVE, lifecycle="retired", editors=("text_editor_20250429", "text_editor_20250728"), cache_minimum=1024
)
_THREE = replace(_FOUR, thinking=frozenset(), editors=(), betas=frozenset(), max_output=4096, cache_minimum=2048)
_ON_OR_OFF = frozenset({"adaptive", "disabled"})

_ROWS = (
    replace(_PRESERVED, id="claude-fable-5-2", line="fable"),
    replace(_PRESERVED, id="claude-mythos-5-2", line="mythos"),
    replace(
        _PRESERVED,
        id="claude-haiku-5-5",
        line="haiku",
        thinking=_ON_OR_OFF,
        betas=frozenset({BINDING_CONTROLS}),
        system_messages=True,
    ),
    replace(
        _PRESERVED,
        id="claude-sonnet-5-5",
        line="sonnet",
        thinking=frozenset({"adaptive", "between_tools"}),
        quiet_efforts=_LOWER_EFFORTS,
        system_messages=True,
    ),
    replace(_PRESERVED, id="claude-fable-5-1", line="fable"),
    replace(_PRESERVED, id="claude-mythos-5-1", line="mythos"),
    replace(_PRESERVED, id="claude-opus-5-5", line="opus", system_messages=True),
    replace(
        _FIVE,
        id="claude-sonnet-5",
        line="sonnet",
        thinking=_ON_OR_OFF,
        cache_minimum=1024,
        forced_tools=True,
        system_messages=False,
    ),
    replace(_FIVE, id="claude-fable-5", line="fable"),
    replace(_FIVE, id="claude-mythos-5", line="mythos"),
    replace(
        _FIVE, id="claude-opus-5", line="opus", thinking=_ON_OR_OFF, quiet_efforts=_LOWER_EFFORTS, forced_tools=True
    ),
    replace(
        _FIVE,
        id="claude-opus-4-8",
        line="opus",
        thinking=_ON_OR_OFF,
        thinks_unasked=False,
        cache_minimum=1024,
        forced_tools=True,
    ),
    replace(
        _FIVE,
        id="claude-opus-4-7",
        line="opus",
        thinking=_ON_OR_OFF,
        thinks_unasked=False,
        cache_minimum=2048,
        forced_tools=True,
        system_messages=False,
    ),
    ModelRow(
        "claude-mythos-preview",
        "mythos",
        lifecycle="deprecated",
        thinking=frozenset({"adaptive", "enabled"}),
        efforts=_EFFORTS_BEFORE_XHIGH,
        cache_minimum=2048,
    ),
    replace(_FOUR_SIX, id="claude-opus-4-6", line="opus", cache_minimum=4096),
    replace(_FOUR_SIX, id="claude-sonnet-4-6", line="sonnet", cache_minimum=1024),
    replace(_FOUR_FIVE, id="claude-haiku-4-5-20251001", line="haiku"),
    replace(_FOUR_FIVE, id="claude-opus-4-5-20251101", line="opus", efforts=_LOWER_EFFORTS),
    replace(_FOUR_FIVE, id="claude-sonnet-4-5-20250929", line="sonnet", lifecycle="deprecated", cache_minimum=1024),
    replace(_FOUR, id="claude-opus-4-1-20250805", line="opus", max_output=32_000),
    replace(_FOUR, id="claude-opus-4-20250514", line="opus", max_output=32_000),
    replace(_FOUR, id="claude-sonnet-4-20250514", line="sonnet"),
    replace(
        _FOUR,
        id="claude-3-7-sonnet-20250219",
        line="sonnet",
        editors=("text_editor_20250124",),
        betas=frozenset({LONG_OUTPUT, EFFICIENT_TOOLS}),
    ),
    replace(
        _THREE,
        id="claude-3-5-sonnet-20241022",
        line="sonnet",
        editors=("text_editor_20241022",),
        max_output=8192,
        cache_minimum=1024,
        betas=frozenset({COMPUTER_USE}),
    ),
    replace(_THREE, id="claude-3-5-sonnet-20240620", line="sonnet", max_output=8192, cache_minimum=1024),
    replace(_THREE, id="claude-3-5-haiku-20241022", line="haiku", max_output=8192),
    replace(_THREE, id="claude-3-opus-20240229", line="opus", cache_minimum=1024),
    replace(_THREE, id="claude-3-haiku-20240307", line="haiku"),
)

_ALIASES = {
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
    "claude-opus-4-0": "claude-opus-4-20250514",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-3-5-sonnet-latest": "claude-3-5-sonnet-20241022",
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    "claude-3-opus-latest": "claude-3-opus-20240229",
}

_BY_ID = {row.id: row for row in _ROWS}
MODELS = _BY_ID | {alias: _BY_ID[target] for alias, target in _ALIASES.items()}
"""Every id that a request may name, aliases included. A test of an unknown model adds its own row to a copy."""
