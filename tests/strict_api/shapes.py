"""The shape of a request: which fields exist, which are needed and of what type they are.

Owns the small vocabulary of checks and the shapes built from it. It looks at one value at a time and must never judge
how two fields, or a field and a model, go together: that is for the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from .refusal import Refusal
from .tables import EDITOR_NAMES, EFFORTS

Check = Callable[[object, str], None]
"""Takes a value and the path that names it in an error; raises `Refusal` if the value does not fit."""


def _wanted(what: str) -> Callable[[str], Refusal]:
    return lambda path: Refusal(f"{path}: Input should be {what}")


def _typed(kind: type | tuple[type, ...], what: str) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _wanted(what)(path)

    return check


anything: Check = _typed(object, "a value")
string = _typed(str, "a valid string")
integer = _typed(int, "a valid integer")
number = _typed((int, float), "a valid number")
boolean = _typed(bool, "a valid boolean")
mapping = _typed(dict, "a valid dictionary")


def one_of(*allowed: str) -> Check:
    def check(value: object, path: str) -> None:
        if value not in allowed:
            raise _wanted("one of " + ", ".join(f"'{each}'" for each in allowed))(path)

    return check


def matching(pattern: str) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise Refusal(f"{path}: String should match pattern '^{pattern}$'")

    return check


def nullable(inner: Check) -> Check:
    def check(value: object, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def listing(inner: Check) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise _wanted("a valid list")(path)
        for index, item in enumerate(value):
            inner(item, f"{path}.{index}")

    return check


def text_or(blocks: Check) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            blocks(value, path)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    fields = {**required, **(optional or {})}

    def check(value: object, path: str) -> None:
        mapping(value, path or "body")
        assert isinstance(value, dict)
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                raise Refusal(f"{prefix}{name}: Field required")
        for name, item in value.items():
            if name not in fields:
                raise Refusal(f"{prefix}{name}: Extra inputs are not permitted")
            fields[name](item, f"{prefix}{name}")

    return check


def tagged(shapes: Mapping[str, Check], default: str | None = None) -> Check:
    """One shape for each value of the field `type`; `default` stands for a `type` that is absent or null."""

    def check(value: object, path: str) -> None:
        mapping(value, path)
        assert isinstance(value, dict)
        tag = value.get("type") or default
        if not isinstance(tag, str) or tag not in shapes:
            raise Refusal(f"{path}: Input tag '{tag}' found using 'type' does not match any of the expected tags")
        shapes[tag](value, f"{path}.{tag}")

    return check


CACHE_CONTROL = nullable(record({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}))
_TYPE: Mapping[str, Check] = {"type": string}
_CACHED: Mapping[str, Check] = {"cache_control": CACHE_CONTROL}
_IDENTIFIER = matching(r"[a-zA-Z0-9_-]+")
_TOOL_NAME = matching(r"[a-zA-Z0-9_-]{1,128}")

_TEXT = record({**_TYPE, "text": string}, {**_CACHED, "citations": nullable(listing(mapping))})
_SOURCE = tagged(
    {
        "base64": record({**_TYPE, "media_type": string, "data": string}),
        "text": record({**_TYPE, "media_type": string, "data": string}),
        "url": record({**_TYPE, "url": string}),
        "file": record({**_TYPE, "file_id": string}),
    }
)
_IMAGE = record({**_TYPE, "source": _SOURCE}, {**_CACHED, "transformations": nullable(mapping)})
_DOCUMENT = record(
    {**_TYPE, "source": _SOURCE},
    {**_CACHED, "citations": nullable(mapping), "context": nullable(string), "title": nullable(string)},
)
_TOOL_RESULT = record(
    {**_TYPE, "tool_use_id": _IDENTIFIER},
    {
        **_CACHED,
        "content": text_or(listing(tagged({"text": _TEXT, "image": _IMAGE, "document": _DOCUMENT}))),
        "is_error": boolean,
        "toolset_name": nullable(string),
    },
)
_TOOL_USE = record(
    {**_TYPE, "id": _IDENTIFIER, "name": _TOOL_NAME, "input": mapping},
    {**_CACHED, "caller": mapping, "toolset_name": nullable(string)},
)
_BLOCK = tagged(
    {
        "text": _TEXT,
        "image": _IMAGE,
        "document": _DOCUMENT,
        "tool_use": _TOOL_USE,
        "tool_result": _TOOL_RESULT,
        "thinking": record({**_TYPE, "thinking": string, "signature": string}),
        "redacted_thinking": record({**_TYPE, "data": string}),
    }
)
_MESSAGE = record({"role": one_of("user", "assistant", "system"), "content": text_or(listing(_BLOCK))})

_TOOL_OPTIONS: Mapping[str, Check] = {
    **_CACHED,
    "allowed_callers": listing(string),
    "defer_loading": boolean,
    "input_examples": listing(mapping),
    "strict": boolean,
}
_CUSTOM_TOOL = record(
    {"name": _TOOL_NAME, "input_schema": mapping},
    {
        **_TOOL_OPTIONS,
        "type": nullable(string),
        "description": string,
        "eager_input_streaming": nullable(boolean),
    },
)
_EDITOR_TOOL = record({**_TYPE, "name": string}, _TOOL_OPTIONS)
_LIMITED_EDITOR_TOOL = record({**_TYPE, "name": string}, {**_TOOL_OPTIONS, "max_characters": nullable(integer)})
_TOOL = tagged(
    {"custom": _CUSTOM_TOOL}
    | dict.fromkeys(EDITOR_NAMES, _EDITOR_TOOL)
    | {"text_editor_20250728": _LIMITED_EDITOR_TOOL},
    default="custom",
)

_DISPLAY: Mapping[str, Check] = {
    "display": nullable(one_of("summarized", "omitted", "updates")),
    "block_binding": nullable(record({}, {"prefix_mismatch_behavior": nullable(one_of("error", "drop_block"))})),
}
_THINKING = tagged(
    {
        "adaptive": record(_TYPE, _DISPLAY),
        "enabled": record({**_TYPE, "budget_tokens": integer}, _DISPLAY),
        "disabled": record(_TYPE),
        "between_tools": record(_TYPE),
    }
)
_ONE_AT_A_TIME: Mapping[str, Check] = {"disable_parallel_tool_use": boolean}
_TOOL_CHOICE = tagged(
    {
        "auto": record(_TYPE, _ONE_AT_A_TIME),
        "any": record(_TYPE, _ONE_AT_A_TIME),
        "tool": record({**_TYPE, "name": string}, _ONE_AT_A_TIME),
        "none": record(_TYPE),
    }
)
_OUTPUT_FORMAT = tagged({"json_schema": record({**_TYPE, "schema": mapping})})

_PROMPT_NEEDED: Mapping[str, Check] = {"model": string, "messages": listing(_MESSAGE)}
_PROMPT: Mapping[str, Check] = {
    "system": text_or(listing(tagged({"text": _TEXT}))),
    "tools": listing(_TOOL),
    "tool_choice": _TOOL_CHOICE,
    "thinking": _THINKING,
    "cache_control": CACHE_CONTROL,
    "output_config": record({}, {"effort": nullable(one_of(*EFFORTS)), "format": nullable(_OUTPUT_FORMAT)}),
    "speed": nullable(one_of("standard", "fast")),
}
SAMPLING_FIELDS: Sequence[str] = ("temperature", "top_p", "top_k")

CREATE_REQUEST = record(
    {**_PROMPT_NEEDED, "max_tokens": integer},
    {
        **_PROMPT,
        "stream": boolean,
        "stop_sequences": listing(string),
        "metadata": record({}, {"user_id": nullable(string)}),
        "service_tier": one_of("auto", "standard_only"),
        "diagnostics": nullable(record({}, {"previous_message_id": nullable(string)})),
        "container": nullable(anything),
        "inference_geo": nullable(string),
        "temperature": number,
        "top_p": number,
        "top_k": integer,
    },
)
COUNT_REQUEST = record(_PROMPT_NEEDED, _PROMPT)
