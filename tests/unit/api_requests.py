"""Requests to the Messages API as tests write them by hand, and their sending without the SDK."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.strict_api import MODELS, StrictApi

Json = dict[str, Any]

CURRENT, EARLIER = "2026-10-21", "2023-06-01"
OPUS, SONNET_3_7, SONNET_3_5 = "claude-opus-5-5", "claude-3-7-sonnet-20250219", "claude-3-5-sonnet-20241022"
EDITOR = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}
OLD_EDITOR = {"type": "text_editor_20250124", "name": "str_replace_editor"}
OLDEST_EDITOR = {"type": "text_editor_20241022", "name": "str_replace_editor"}
CUSTOM = {"name": "edit", "description": "Edits.", "input_schema": {"type": "object", "properties": {}}}
HELLO = [{"role": "user", "content": "Hello."}]
VIEW = {"command": "view", "path": "a.py"}
MARK = {"type": "ephemeral"}
LONG_MARK = {"type": "ephemeral", "ttl": "1h"}


def user(*content: Json | str) -> Json:
    return {"role": "user", "content": [text(each) if isinstance(each, str) else each for each in content]}


def assistant(*content: Json | str) -> Json:
    return {"role": "assistant", "content": [text(each) if isinstance(each, str) else each for each in content]}


def text(words: str, **fields: Any) -> Json:
    return {"type": "text", "text": words, **fields}


def use(call_id: str) -> Json:
    return {"type": "tool_use", "id": call_id, "name": "edit", "input": VIEW}


def result(call_id: str, content: Any = "1\tx = 1\n", **fields: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **fields}


def request(model: str = OPUS, **fields: Any) -> Json:
    return {"model": model, "max_tokens": 4000, "messages": HELLO} | fields


def headers_for(model: str, api: StrictApi, betas: str = "") -> dict[str, str]:
    retired = model in MODELS and MODELS[model].retired
    sent = {"authorization": f"Bearer {api.key}", "anthropic-version": EARLIER if retired else CURRENT}
    return sent | ({"anthropic-beta": betas} if betas else {})


def send(
    api: StrictApi, body: Json | bytes | None, headers: Mapping[str, str], path: str = "/v1/messages"
) -> tuple[int, Json]:
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=10)
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    try:
        connection.request("GET" if body is None else "POST", path, raw, dict(headers))
        answer = connection.getresponse()
        assert answer.headers["request-id"].startswith("req_")
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def ask(api: StrictApi, body: Json, betas: str = "") -> tuple[int, Json]:
    return send(api, body, headers_for(body["model"], api, betas))
