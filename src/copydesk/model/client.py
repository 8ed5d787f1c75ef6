"""Owns one call of the model: sent again while that makes sense, streamed as events, cut off at any time.

Nothing runs because of a reply until it is whole: a reply that breaks off is asked for once more, from the start.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final, cast

from copydesk.domain.messages import AssistantTurn
from copydesk.model.connection import Connection
from copydesk.model.diary import note_answer, note_failure, note_request
from copydesk.model.failures import StreamBroken, reported_in_stream, request_failure, stream_failure
from copydesk.model.requests import ModelRequest, sdk_arguments
from copydesk.model.retries import Retries
from copydesk.model.stream import (
    Accumulator,
    Discarded,
    Ended,
    MalformedStream,
    RetryPlanned,
    SsePayload,
    StreamEvent,
)

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncStream
    from httpx2 import Response

__all__ = ["ClaudeModel", "ModelRequest", "ReplyStream"]

READ_AT_ONCE: Final = 4
"""Payloads; those that came together are read without a pause of their own, and would keep the keys waiting."""
READ_SECONDS: Final = 0.002
"""Without a rest. A loop that is never idle lets go of the interpreter too shortly for the threads of the terminal."""
REST_SECONDS: Final = 0.002
DRAIN_SECONDS: Final = 0.5
"""How long to wait for the end of the body after the last event, so that the connection can be used again."""


class ClaudeModel:
    """Claude, behind the Messages API."""

    def __init__(self, connection: Connection, retries: Retries, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._retries = retries
        self._clock = clock

    @property
    def has_credentials(self) -> bool:
        """Whether there is anything to sign a request with."""
        return self._connection.has_credentials

    def use_key(self, key: str) -> None:
        """Sign later requests with this API key."""
        self._connection.use_key(key)

    def prepare(self) -> None:
        """Begin to load the SDK in the background, so that the first request need not wait for it."""
        self._connection.prepare()

    def open(self, request: ModelRequest) -> "ReplyStream":
        """Return the reply to a request; it is sent when the first event is asked for."""
        return ReplyStream(self._connection, request, self._retries, self._clock)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()


class ReplyStream(AsyncIterator[StreamEvent]):
    """One reply while it comes; the last event is `Ended`, or an error of `failures` is raised."""

    def __init__(
        self, connection: Connection, request: ModelRequest, retries: Retries, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._request = request
        self._retries = retries
        self._clock = clock
        self._accumulator = Accumulator(clock)
        self._stream: AsyncStream[Any] | None = None
        self._is_closed = False
        self._events = self._run()

    async def __anext__(self) -> StreamEvent:
        return await anext(self._events)

    def partial(self) -> AssistantTurn:
        """What has come so far and can be kept: closed blocks as they are, and the text of an open one."""
        return self._accumulator.partial()

    async def aclose(self) -> None:
        """Stop reading and close the connection, if the reply is not at its end."""
        self._is_closed = True
        await self._hang_up()
        with suppress(RuntimeError):  # another task is still reading, and sees the connection end
            await self._events.aclose()

    async def _run(self) -> AsyncGenerator[StreamEvent, None]:
        client = await self._connection.client()
        began = self._clock()
        for is_last in (False, True):
            try:
                async with aclosing(self._attempt(client)) as events:
                    async for event in events:
                        yield event
            except StreamBroken as broken:
                if self._is_closed:
                    raise
                if is_last:
                    raise StreamBroken(f"{broken} It was asked for twice; send the prompt again.") from None
                reason, used = str(broken), self._accumulator.turn().usage
            else:
                yield Ended(self._accumulator.turn(), self._clock() - began)
                return
            self._accumulator = Accumulator(self._clock)
            seconds = self._retries.wait(1)
            yield Discarded(reason, used)
            yield RetryPlanned(1, seconds, reason)
            await self._retries.sleep(seconds)

    async def _attempt(self, client: "AsyncAnthropic") -> AsyncGenerator[StreamEvent, None]:
        """Ask for the reply and read it to its end."""
        try:
            async with aclosing(self._connect(client)) as retries:
                async for planned in retries:
                    yield planned
            if self._is_closed:
                raise StreamBroken("The reply was closed before it began.")
            async with aclosing(self._read()) as events:
                async for event in events:
                    yield event
        finally:
            await self._hang_up()

    async def _connect(self, client: "AsyncAnthropic") -> AsyncGenerator[RetryPlanned, None]:
        """Send the request until it is answered; each retry is announced before its wait."""
        from anthropic import AnthropicError
        from httpx2 import HTTPError, InvalidURL

        for attempt in count(1):
            note_request(self._request)
            try:
                self._stream = await self._create(client)
                note_answer(self._request, self._stream.response)
                return
            except (AnthropicError, HTTPError, InvalidURL, ValueError, AssertionError) as error:
                note_failure(self._request, error, attempt)
                failure = request_failure(error, self._connection.redact, self._retries.now())
            if not failure.is_retryable or attempt > self._retries.most:
                raise failure.error from None
            seconds = self._retries.wait(attempt) if failure.wait is None else failure.wait
            yield RetryPlanned(attempt, seconds, str(failure.error))
            await self._retries.sleep(seconds)

    async def _create(self, client: "AsyncAnthropic") -> "AsyncStream[Any]":
        """Betas, and what exists only as one, have an interface of their own in the SDK."""
        arguments = sdk_arguments(self._request, self._connection.request_headers())
        messages: Any = client.beta.messages if "betas" in arguments else client.messages
        stream: AsyncStream[Any] = await self._connection.notices.watch(messages.create(**arguments))
        return stream

    async def _read(self) -> AsyncGenerator[StreamEvent, None]:
        from anthropic import AnthropicError
        from httpx2 import HTTPError

        assert self._stream is not None
        read, rested = 0, self._clock()
        try:
            async with aclosing(self._payloads(self._stream.response)) as payloads:
                async for payload in payloads:
                    read += 1
                    if read % READ_AT_ONCE == 0:
                        is_due = self._clock() - rested > READ_SECONDS
                        await asyncio.sleep(REST_SECONDS if is_due else 0)
                        rested = self._clock() if is_due else rested
                    for event in self._accumulator.feed(payload):
                        yield event
                    if self._accumulator.is_complete:
                        await _drain(payloads)
                        return
        except (AnthropicError, HTTPError, ValueError, AssertionError) as error:
            raise stream_failure(error, self._connection.redact) from None
        raise StreamBroken("The reply ended before it was whole.")

    async def _payloads(self, response: "Response") -> AsyncGenerator[SsePayload, None]:
        """Raw events as dictionaries: a third of the cost of the SDK's models, and exactly what the server sent."""
        from anthropic import AsyncStream

        raw = cast("AsyncGenerator[Any, None]", AsyncStream.raw_events(response))
        async with aclosing(raw) as frames:
            async for frame in frames:
                if not frame.data:
                    continue
                if frame.event == "error":
                    raise reported_in_stream(*_reported(frame.data), self._connection.redact)
                payload = json.loads(frame.data)
                if not isinstance(payload, dict):
                    raise MalformedStream("an event of the reply is no JSON object")
                yield payload

    async def _hang_up(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()


async def _drain(payloads: AsyncIterator[SsePayload]) -> None:
    """Read what follows the last event; the reply is whole, so nothing that goes wrong here matters."""
    from httpx2 import HTTPError

    with suppress(TimeoutError, HTTPError, ValueError, StreamBroken):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in payloads:
                pass


def _reported(data: str) -> tuple[str, str]:
    """Type and message of an `error` event; one that is no JSON is its own message."""
    try:
        error = json.loads(data)["error"]
        return str(error["type"]), str(error["message"])
    except (KeyError, TypeError, ValueError):
        return "error", data
