"""Which parameters go together, and which a model takes: the refusals that need the table.

Each rule looks at one matter and raises `Refusal` with the sentence that the caller should read. The order of the rules
is the order in which a request with several faults hears of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .breakpoints import check_breakpoints
from .conversation import check_conversation
from .prompt import Request, estimated_tokens, prompt_parts
from .refusal import Refusal, not_found
from .shapes import SAMPLING_FIELDS
from .tables import (
    BINDING_CONTROLS,
    COMPUTER_USE,
    CURRENT_VERSION,
    DISPLAY_UPDATES,
    EARLIER_VERSION,
    EDITOR_NAMES,
    KNOWN_BETAS,
    LOGIN,
    LONG_OUTPUT,
    LONG_OUTPUT_TOKENS,
    MINIMUM_THINKING_BUDGET,
)


def check_version(request: Request) -> None:
    if request.row.retired and request.version != EARLIER_VERSION:
        raise not_found(f"model: {request.body['model']} is not served under anthropic-version {request.version}")
    if request.version == EARLIER_VERSION:
        for name in ("cache_control", "diagnostics"):
            if name in request.body:
                raise Refusal(f"{name}: Extra inputs are not permitted under anthropic-version {EARLIER_VERSION}")


def check_betas(request: Request) -> None:
    for beta in sorted(request.betas):
        if beta not in KNOWN_BETAS:
            raise Refusal(f"Unexpected value(s) `{beta}` for the `anthropic-beta` header")
        if beta not in request.row.betas | {LOGIN}:
            raise Refusal(f"anthropic-beta: `{beta}` is not supported by {request.row.id}")


def check_sampling(request: Request) -> None:
    for name in SAMPLING_FIELDS:
        if name in request.body:
            _check_sampling_field(request, name)


def _check_sampling_field(request: Request, name: str) -> None:
    if request.version == CURRENT_VERSION:
        raise Refusal(f"{name}: not supported under anthropic-version {CURRENT_VERSION}, not even at its default")
    value = request.body[name]
    if name != "top_k" and not 0 <= value <= 1:
        raise Refusal(f"{name}: range: 0..1")
    if request.thinking["type"] != "disabled" and not (name == "temperature" and value == 1):
        raise Refusal(f"{name}: may not be set while thinking is enabled; only a temperature of 1 may")


def check_output_limit(request: Request) -> None:
    if request.counting:
        return
    asked = request.body["max_tokens"]
    limit = LONG_OUTPUT_TOKENS if LONG_OUTPUT in request.betas else request.row.max_output
    if asked > limit:
        raise Refusal(
            f"max_tokens: {asked} > {limit}, which is the maximum allowed number of output tokens for {request.row.id}"
        )
    if asked < 0:
        raise Refusal("max_tokens: Input should be greater than or equal to 0")
    if asked == 0:
        _check_warm_up(request)


def _check_warm_up(request: Request) -> None:
    forced = request.body.get("tool_choice", {}).get("type") in ("any", "tool")
    formatted = (request.body.get("output_config") or {}).get("format")
    if request.body.get("stream") or request.thinking["type"] == "enabled" or forced or formatted:
        raise Refusal("max_tokens: 0 does not go with stream, enabled thinking, an output format or a forced tool")


def check_tools(request: Request) -> None:
    names: set[str] = set()
    for index, tool in enumerate(request.body.get("tools", ())):
        kind, name = tool.get("type"), tool["name"]
        if name in names:
            raise Refusal(f"tools.{index}: Tool names must be unique, '{name}' was seen before")
        names.add(name)
        if kind in EDITOR_NAMES:
            _check_editor(request, f"tools.{index}.{kind}", kind, name)
    has_oldest = any(tool.get("type") == "text_editor_20241022" for tool in request.body.get("tools", ()))
    if COMPUTER_USE in request.betas and not has_oldest:
        raise Refusal(f"anthropic-beta: `{COMPUTER_USE}` goes with a tool of type text_editor_20241022 only")


def _check_editor(request: Request, path: str, kind: str, name: str) -> None:
    if name != EDITOR_NAMES[kind]:
        raise Refusal(f"{path}.name: Input should be '{EDITOR_NAMES[kind]}'")
    if kind not in request.row.editors:
        raise Refusal(f"{path}: '{request.body['model']}' does not support tool types: {kind}")
    if kind == "text_editor_20241022" and COMPUTER_USE not in request.betas:
        raise Refusal(f"{path}: needs the anthropic-beta `{COMPUTER_USE}`")


def check_tool_choice(request: Request) -> None:
    choice = request.body.get("tool_choice")
    if choice is None:
        return
    tools = request.body.get("tools", ())
    if not tools:
        raise Refusal("tool_choice: may only be specified while providing tools")
    if choice["type"] in ("any", "tool"):
        _check_forced_tool(request)
    if choice["type"] == "tool" and choice["name"] not in {tool["name"] for tool in tools}:
        raise Refusal(f"tool_choice: Tool '{choice['name']}' not found in provided tools")


def _check_forced_tool(request: Request) -> None:
    if not request.row.forced_tools:
        raise Refusal(f"tool_choice: {request.row.id} does not support a forced tool")
    if request.thinking["type"] == "enabled":
        raise Refusal("tool_choice: Thinking may not be enabled when tool_choice forces tool use")


def check_thinking(request: Request) -> None:
    config = request.body.get("thinking")
    if config is None:
        return
    kind = config["type"]
    if kind not in request.row.thinking:
        raise Refusal(f"thinking.type: '{kind}' is not supported by {request.row.id}")
    if kind == "enabled":
        _check_budget(request, config["budget_tokens"])
    if config.get("display") == "updates" and DISPLAY_UPDATES not in request.betas:
        raise Refusal(f"thinking.{kind}.display: 'updates' needs the anthropic-beta `{DISPLAY_UPDATES}`")
    if "block_binding" in config and BINDING_CONTROLS not in request.betas:
        raise Refusal(f"thinking.{kind}.block_binding: Extra inputs are not permitted")


def _check_budget(request: Request, budget: int) -> None:
    path = "thinking.enabled.budget_tokens"
    if budget < MINIMUM_THINKING_BUDGET:
        raise Refusal(f"{path}: Input should be greater than or equal to {MINIMUM_THINKING_BUDGET}")
    if not request.counting and budget >= request.body["max_tokens"]:
        raise Refusal("`max_tokens` must be greater than `thinking.budget_tokens`")


def check_effort(request: Request) -> None:
    effort, thinking = request.effort, (request.body.get("thinking") or {}).get("type")
    if effort is None:
        return
    if effort not in request.row.efforts:
        raise Refusal(f"output_config.effort: '{effort}' is not supported by {request.row.id}")
    if thinking in ("disabled", "between_tools") and effort not in request.row.quiet_efforts:
        raise Refusal(f"output_config.effort: '{effort}' does not go with thinking of type {thinking}")


def check_length(request: Request) -> None:
    total = sum(estimated_tokens(part.canonical) for part in prompt_parts(request.body))
    if total > request.row.context:
        raise Refusal(f"prompt is too long: {total} tokens > {request.row.context} maximum")


RULES: Sequence[Callable[[Request], None]] = (
    check_version,
    check_betas,
    check_sampling,
    check_output_limit,
    check_tools,
    check_tool_choice,
    check_thinking,
    check_effort,
    check_breakpoints,
    check_conversation,
    check_length,
)


def judge(request: Request) -> None:
    """Raises `Refusal` for the first rule that the request breaks."""
    for rule in RULES:
        rule(request)
