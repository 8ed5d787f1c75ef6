"""Owns recording and replay of traffic at the HTTP transport, beneath the SDK, which takes both for the network.

A recording keeps bodies of answers only: no header of a request, and no credential. A replay never opens a socket.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from copydesk.domain.errors import CassetteError
from copydesk.model.cassettes import ANY, Cassette, Exchange, Expectation, expectation
from copydesk.model.failures import CASSETTE_ERROR

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport, Request, Response

MESSAGES_PATH: Final = "/v1/messages"
_KEPT_HEADERS: Final = ("content-type", "request-id")
_FRAMING: Final = ("content-encoding", "content-length", "transfer-encoding")
_PIECES: Final = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_WORDS: Final = re.compile(r"\s*\S+\s*?")


Pause = Callable[[], Awaitable[None]]
"""Awaited before each event of a replay, so that it can be watched."""


def replay_transport(cassette: Cassette, pause: Pause | None = None) -> "AsyncBaseTransport":
    """Make a transport that answers from a cassette; what differs from the recording is answered with an error."""
    from httpx2 import AsyncBaseTransport, Request, Response

    class ReplayTransport(AsyncBaseTransport):
        async def handle_async_request(self, request: Request) -> Response:
            body = await request.aread()
            try:
                exchange = _chosen(cassette, request, body)
            except CassetteError as error:
                return _refusal(str(error))
            return _played(exchange, json.loads(body), pause)

    return ReplayTransport()


def recording_transport(
    inner: "AsyncBaseTransport", save: Callable[[Cassette], None], redact: Callable[[str], str]
) -> "AsyncBaseTransport":
    """Make a transport that sends through another and hands over the cassette so far after every answer."""
    from httpx2 import AsyncBaseTransport, Request, Response

    recorder = Recorder(save, redact)

    class RecordingTransport(AsyncBaseTransport):
        async def handle_async_request(self, request: Request) -> Response:
            body = await request.aread()
            response = await inner.handle_async_request(request)
            if request.url.path.endswith(MESSAGES_PATH) and response.status_code == HTTPStatus.OK:
                return _recorded(response, recorder, json.loads(body))
            return response

        async def aclose(self) -> None:
            await inner.aclose()

    return RecordingTransport()


def recorded_network(save: Callable[[Cassette], None], redact: Callable[[str], str]) -> "AsyncBaseTransport":
    """Make a transport that records what goes over the network; no proxy of the environment is used."""
    from httpx2 import AsyncHTTPTransport

    return recording_transport(AsyncHTTPTransport(), save, redact)


class Recorder:
    """Grows a cassette by the exchanges that it is told of."""

    def __init__(self, save: Callable[[Cassette], None], redact: Callable[[str], str]) -> None:
        self._save = save
        self._redact = redact
        self._heard = Cassette()
        """As it came, since conversations hold it so; only `_written` leaves the process."""
        self._written = Cassette()

    def add(self, request: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> None:
        """Add one exchange from the body of a request and the bytes of its answer, and save."""
        messages = request["messages"]
        after, is_last_known = self._heard.position(messages)
        events, is_complete = _events(raw.decode("utf-8", "replace"))
        expect = expectation(messages[-1], has_results=is_last_known)
        name = f"exchange-{len(self._heard.exchanges) + 1}"
        heard = Exchange(name, after, expect, tuple(events), is_complete, headers=dict(headers))
        prompt = None if expect.prompt is None else self._redact(expect.prompt)
        written = replace(heard, expect=replace(expect, prompt=prompt), events=self._clean(events))
        self._heard = replace(self._heard, exchanges=(*self._heard.exchanges, heard))
        self._written = replace(
            self._written,
            exchanges=(*self._written.exchanges, written),
            prompts=tuple(dict.fromkeys((*self._written.prompts, *([prompt] if prompt else [])))),
            model=self._written.model or str(request.get("model", "")),
        )
        self._save(self._written)

    def _clean(self, events: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        """The events without secrets; a secret may lie in pieces in several of them, which then become one."""
        whole = json.dumps(_merged(events), ensure_ascii=False)
        clean = self._redact(whole)
        return tuple(events if clean == whole else json.loads(clean))


def _recorded(response: "Response", recorder: Recorder, request: Mapping[str, Any]) -> "Response":
    from httpx2 import AsyncByteStream, Response

    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    # Read decoded: what the SDK gets, and what is kept, are the same plain bytes.
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _FRAMING]

    class RecordedStream(AsyncByteStream):
        def __init__(self) -> None:
            self._gathered = bytearray()
            self._is_added = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in response.aiter_bytes():
                self._gathered += piece
                yield piece

        async def aclose(self) -> None:
            await response.aclose()
            if not self._is_added:
                self._is_added = True
                recorder.add(request, kept, bytes(self._gathered))

    return Response(response.status_code, headers=headers, stream=RecordedStream())


def _events(text: str) -> tuple[list[dict[str, Any]], bool]:
    """The events of an SSE body that were whole, and whether they are a whole reply."""
    events: list[dict[str, Any]] = []
    for frame in text.replace("\r\n", "\n").split("\n\n")[:-1]:
        data = "\n".join(line[5:].removeprefix(" ") for line in frame.split("\n") if line.startswith("data:"))
        try:
            event = json.loads(data)
        except ValueError:
            return events, False
        if not isinstance(event, dict) or event.get("type", "error") == "error":
            return events, False
        events.append(event)
    return events, bool(events) and events[-1]["type"] == "message_stop"


def _merged(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events with neighbouring pieces of the same text put together."""
    merged: list[dict[str, Any]] = []
    for event in events:
        last = merged[-1] if merged else {}
        name = _PIECES.get(event.get("delta", {}).get("type", ""))
        if name and last.get("index") == event["index"] and last.get("delta", {}).get("type") == event["delta"]["type"]:
            joined = last["delta"][name] + event["delta"][name]
            merged[-1] = {**last, "delta": {**last["delta"], name: joined}}
        else:
            merged.append(event)
    return merged


def _chosen(cassette: Cassette, request: "Request", body: bytes) -> Exchange:
    if request.method != "POST" or not request.url.path.endswith(MESSAGES_PATH):
        raise CassetteError(f"A recording does not answer {request.method} {request.url.path}.")
    found = cassette.answer(json.loads(body)["messages"])
    return found or _off_tape(cassette.off_tape)


def _off_tape(text: str) -> Exchange:
    usage = {"input_tokens": 0, "output_tokens": 0}
    message = {"id": "msg_off_tape", "type": "message", "role": "assistant", "model": ANY, "content": []}
    events: tuple[dict[str, Any], ...] = (
        {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": _text(word)} for word in _WORDS.findall(text)),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    )
    return Exchange("off_tape", None, Expectation(prompt=ANY), events, is_complete=True)


def _text(text: str) -> dict[str, str]:
    return {"type": "text_delta", "text": text}


def _played(exchange: Exchange, request: Mapping[str, Any], pause: Pause | None) -> "Response":
    from httpx2 import AsyncByteStream, Response

    frames = [_frame(_filled(event, request)) for event in exchange.events]

    class ReplayedStream(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            if pause is None:
                yield b"".join(frames)
                return
            for frame in frames:
                await pause()
                yield frame

    headers = {"content-type": "text/event-stream", "request-id": f"req_{exchange.id}", **exchange.headers}
    return Response(exchange.status, headers=headers, stream=ReplayedStream())


def _filled(event: Mapping[str, Any], request: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event with the request's own model and tool name where the tape leaves them open."""
    match event:
        case {"type": "message_start", "message": {"model": "*"} as message}:
            return {**event, "message": {**message, "model": request["model"]}}
        case {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "*"} as block}:
            tools = request.get("tools") or [{"name": "none"}]
            return {**event, "content_block": {**block, "name": tools[0]["name"]}}
        case _:
            return event


def _frame(event: Mapping[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _refusal(said: str) -> "Response":
    from httpx2 import Response

    body = {"type": "error", "error": {"type": CASSETTE_ERROR, "message": said}}
    return Response(HTTPStatus.BAD_REQUEST, headers={"x-should-retry": "false"}, json=body)
