"""The models endpoints: what a client may ask about a model without calling it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .refusal import Refusal, not_found
from .tables import EFFORTS, ModelRow

Query = Mapping[str, Sequence[str]]
_CREATED = "2026-01-01T00:00:00Z"
"""One date for all: the table has none, and no client should lean on it."""


def list_models(models: Mapping[str, ModelRow], query: Query) -> dict[str, Any]:
    wanted = query.get("lifecycle[]", ("active", "deprecated"))
    rows = [row for name, row in models.items() if name == row.id and row.lifecycle in wanted]
    start, end = _window(rows, query)
    limit = int(query.get("limit", ("20",))[0])
    if not 1 <= limit <= 1000:
        raise Refusal("limit: Input should be between 1 and 1000")
    page = rows[start:end][:limit] if "before_id" not in query else rows[start:end][-limit:]
    return {
        "data": [describe(row) for row in page],
        "has_more": len(page) < end - start,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _window(rows: Sequence[ModelRow], query: Query) -> tuple[int, int]:
    ids = [row.id for row in rows]
    after, before = query.get("after_id", ("",))[0], query.get("before_id", ("",))[0]
    for name in (after, before):
        if name and name not in ids:
            raise Refusal(f"no model '{name}' in the list")
    return (ids.index(after) + 1 if after else 0), (ids.index(before) if before else len(ids))


def find_model(models: Mapping[str, ModelRow], name: str) -> ModelRow:
    if name not in models:
        raise not_found(f"model: {name}")
    return models[name]


def describe(row: ModelRow) -> dict[str, Any]:
    """The row as a ModelInfo."""
    return {
        "type": "model",
        "id": row.id,
        "display_name": row.id.replace("-", " ").title(),
        "created_at": _CREATED,
        "lifecycle": row.lifecycle,
        "deprecated_at": None if row.lifecycle == "active" else _CREATED,
        "retires_at": None,
        "line": row.line,
        "max_input_tokens": row.context,
        "max_tokens": row.max_output,
        "capabilities": _capabilities(row),
    }


def _capabilities(row: ModelRow) -> dict[str, Any]:
    kinds = ("adaptive", "between_tools", "disabled", "enabled")
    edits = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
    effort = {each: _supported(each in row.efforts) for each in EFFORTS}
    thinking = {kind: _supported(kind in row.thinking) for kind in kinds}
    yes = ("batch", "citations", "image_input", "pdf_input")
    no = ("code_execution", "structured_outputs")
    return {
        **{name: _supported(True) for name in yes},
        **{name: _supported(False) for name in no},
        "context_management": {"supported": False, **{name: _supported(False) for name in edits}},
        "effort": {"supported": bool(row.efforts), **effort},
        "server_tools": {name: _supported(False) for name in ("code_execution", "web_search")} | _supported(False),
        "thinking": {"supported": bool(row.thinking), "types": thinking},
    }


def _supported(supported: bool) -> dict[str, Any]:
    return {"supported": supported}
