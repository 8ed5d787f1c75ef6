"""The stand-in itself: one request in, one answer out, with no socket in sight.

Owns the order of the gates (credentials, version, size, JSON, shape, model, rules, signatures), the script's place, the
prompt cache and the record of what came. It never sends: the server does that with the actions it is given.
"""

from __future__ import annotations

import hashlib
import json
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never
from urllib.parse import parse_qs, urlsplit

from .binding import Binding, check_binding, seal_blocks
from .breakpoints import PromptCache
from .catalogue import describe, find_model, list_models
from .conversation import check_prefill
from .diagnosis import Diagnosis
from .messages import actions_for, answer_blocks, stop_reason, usage_fields
from .prompt import Request, canonical
from .recorded import Recorded
from .refusal import Refusal, not_found
from .replies import Action, Failure, Open, Reply, Send
from .rules import judge
from .script import Script, ScriptEnded, next_answer
from .shapes import COUNT_REQUEST, CREATE_REQUEST
from .tables import API_VERSIONS, MODELS, ModelRow

_STANDARD_BLOCKS = ("text", "thinking", "redacted_thinking", "tool_use")


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    actions: Sequence[Action]


@dataclass(frozen=True)
class Credential:
    key: str
    header: str
    """`authorization`, as the API itself, or `x-api-key`, as some gateways."""

    def check(self, headers: Mapping[str, str]) -> None:
        given = headers.get(self.header)
        wanted = f"Bearer {self.key}" if self.header == "authorization" else self.key
        if given != wanted:
            fault = "missing" if given is None else "invalid"
            raise Refusal(f"{self.header} header: {fault}", status=401, kind="authentication_error")


@dataclass
class Service:
    script: Script
    credential: Credential
    models: Mapping[str, ModelRow] = field(default_factory=lambda: MODELS)
    requests: list[Recorded] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Faults of the test itself: a script that ended, or raised."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._cache = PromptCache()
        self._diagnosis = Diagnosis()
        self._accepted = 0
        self._issued: set[str] = set()
        self._paused: set[str] = set()

    def receive(self, recorded: Recorded, raw: bytes | None) -> Response:
        """Answers and records one request; `raw` is None for a body that was too large to read."""
        with self._lock:
            recorded.request_id = f"req_{len(self.requests) + 1:04}"
            self.requests.append(recorded)
            try:
                response = self._route(recorded, raw)
            except Refusal as refusal:
                recorded.refusal = refusal.reason
                response = _error(recorded, Failure(refusal.status, refusal.kind, refusal.reason))
            except Exception as fault:  # a faulty script must show in the test, not in a server thread
                response = self._fail_test(recorded, fault)
            recorded.status = response.status
            return response

    def _fail_test(self, recorded: Recorded, fault: Exception) -> Response:
        ended = isinstance(fault, ScriptEnded)
        self.failures.append(str(fault) if ended else "".join(traceback.format_exception(fault)))
        again = {"x-should-retry": "false"}
        return _error(recorded, Failure(500, "api_error", f"{type(fault).__name__}: {fault}", again))

    def _route(self, recorded: Recorded, raw: bytes | None) -> Response:
        self.credential.check(recorded.headers)
        version = _version(recorded.headers)
        url = urlsplit(recorded.path)
        match recorded.method, url.path.strip("/").split("/"):
            case "POST", ["v1", "messages"]:
                return self._create(recorded, self._read(recorded, raw, version, counting=False))
            case "POST", ["v1", "messages", "count_tokens"]:
                return self._count(recorded, self._read(recorded, raw, version, counting=True))
            case "GET", ["v1", "models"]:
                return _json(recorded, list_models(self.models, parse_qs(url.query)))
            case "GET", ["v1", "models", name]:
                return _json(recorded, describe(find_model(self.models, name)))
            case _:
                raise not_found(f"Not found: {recorded.method} {url.path}")

    def _read(self, recorded: Recorded, raw: bytes | None, version: str, *, counting: bool) -> Request:
        recorded.body = body = _parse_body(raw)
        shape = COUNT_REQUEST if counting else CREATE_REQUEST
        shape(self._without_issued(body), "")
        betas = recorded.headers.get("anthropic-beta", "")
        named = frozenset(name.strip() for name in betas.split(",") if name.strip())
        request = Request(body, find_model(self.models, body["model"]), version, named, counting)
        judge(request)
        last = body["messages"][-1]["content"]
        if isinstance(last, str) or _joined(last) not in self._paused:
            check_prefill(request)
        return request

    def _without_issued(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with blocks replaced whose type only this server knows: echoed as they came, they are in order."""

        def known(block: Any) -> Any:
            echoed = isinstance(block, dict) and canonical(block) in self._issued
            return {"type": "text", "text": "as it came"} if echoed else block

        messages = body.get("messages")
        if not self._issued or not isinstance(messages, list):
            return body
        return {**body, "messages": [_each_block(message, known) for message in messages]}

    def _count(self, recorded: Recorded, request: Request) -> Response:
        check_binding(request)
        return _json(recorded, {"input_tokens": PromptCache().charge(request).total})

    def _create(self, recorded: Recorded, request: Request) -> Response:
        binding = check_binding(request)
        if request.body["max_tokens"] == 0:
            return self._send_reply(recorded, request, binding, Reply((), "max_tokens"))
        answer = next_answer(self.script, request.body, self._accepted)
        self._accepted += 1
        match answer:
            case Failure():
                return _error(recorded, answer)
            case Reply():
                return self._send_reply(recorded, request, binding, answer)
            case _:
                assert_never(answer)

    def _send_reply(self, recorded: Recorded, request: Request, binding: Binding, reply: Reply) -> Response:
        streaming = request.body.get("stream", False)
        message = self._compose(request, binding, reply)
        actions = actions_for(message, reply, streaming=streaming)
        kind = "text/event-stream; charset=utf-8" if streaming else "application/json"
        return Response(200, _headers(recorded, kind), actions)

    def _compose(self, request: Request, binding: Binding, reply: Reply) -> dict[str, Any]:
        usage = self._cache.charge(request)
        name = hashlib.sha256(f"{binding.past.prefix} {self._accepted}".encode()).hexdigest()[:20]
        content = seal_blocks(binding.past, answer_blocks(reply, request, name), request.display)
        message: dict[str, Any] = {
            "id": f"msg_{name}",
            "type": "message",
            "role": "assistant",
            "model": request.row.id,
            "content": content,
            "stop_reason": stop_reason(reply),
            "stop_sequence": None,
            "stop_details": reply.stop_details,
            "usage": usage_fields(usage, reply),
        }
        if request.body.get("diagnostics") is not None:
            message["diagnostics"] = self._diagnosis.explain(request, usage)
        if binding.dropped:
            message["input_transformations"] = list(binding.dropped)
        self._remember(message, request)
        return message

    def _remember(self, message: Mapping[str, Any], request: Request) -> None:
        content = message["content"]
        self._diagnosis.remember(message["id"], request)
        self._issued |= {canonical(block) for block in content if block["type"] not in _STANDARD_BLOCKS}
        if message["stop_reason"] == "pause_turn":
            self._paused.add(_joined(content))


def _each_block(message: Any, change: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [change(block) for block in message["content"]]}


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("anthropic-version")
    if version is None:
        raise Refusal("anthropic-version: header is required")
    if version not in API_VERSIONS:
        raise Refusal(f"anthropic-version: '{version}' is not a valid version")
    return version


def _parse_body(raw: bytes | None) -> dict[str, Any]:
    if raw is None:
        raise Refusal("Request exceeds the maximum size", status=413, kind="request_too_large")
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as fault:
        raise Refusal(f"The request body is not valid JSON: {fault}") from fault
    if not isinstance(body, dict):
        raise Refusal("The request body is not valid JSON: expected an object")
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _joined(content: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(canonical(block) for block in content)


def _headers(recorded: Recorded, kind: str) -> dict[str, str]:
    return {"content-type": kind, "request-id": recorded.request_id}


def _json(recorded: Recorded, value: Mapping[str, Any]) -> Response:
    return Response(200, _headers(recorded, "application/json"), [Open(), Send(json.dumps(value).encode())])


def _error(recorded: Recorded, failure: Failure) -> Response:
    error: dict[str, Any] = {"type": failure.kind, "message": failure.message}
    if failure.details is not None:
        error["details"] = failure.details
    body = {"type": "error", "error": error, "request_id": recorded.request_id}
    actions: Sequence[Action] = [Open(), Send(failure.body or json.dumps(body).encode())]
    for fault in failure.faults:
        actions = fault(actions)
    kind = "application/json" if failure.body is None else "text/html"
    return Response(failure.status, {**_headers(recorded, kind), **failure.headers}, actions)
