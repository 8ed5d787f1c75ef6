"""Owns how contract tests reach the model: a client on the stand-in, with waits that are noted and not waited."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from copydesk.domain.messages import AssistantTurn, Message, ToolResult, results_message, user_message
from copydesk.model.client import ClaudeModel, ModelRequest, ReplyStream
from copydesk.model.connection import Connection, MakeTransport
from copydesk.model.parameters import RequestOptions, parameters
from copydesk.model.profiles import resolve
from copydesk.model.providers import Credentials
from copydesk.model.retries import Retries
from copydesk.model.stream import Ended, StreamEvent
from tests.strict_api import StrictApi

KEY = "key-for-tests"
OPUS = "claude-opus-5-5"
NOW = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC, in seconds since the epoch."""
HELLO = [user_message("Hello.")]
SYSTEM = "You edit files. " * 1500


@dataclass
class Desk:
    """A model, and what it waited for and said on the side."""

    model: ClaudeModel
    waits: list[float] = field(default_factory=list)
    """Seconds."""
    notices: list[str] = field(default_factory=list)

    async def ask(self, messages: Sequence[Message] = HELLO, **fields: Any) -> AssistantTurn:
        return ended(await self.events(messages, **fields)).turn

    async def events(self, messages: Sequence[Message] = HELLO, **fields: Any) -> list[StreamEvent]:
        reply = self.open(messages, **fields)
        try:
            return [event async for event in reply]
        finally:
            await reply.aclose()

    def open(self, messages: Sequence[Message] = HELLO, **fields: Any) -> ReplyStream:
        return self.model.open(request(messages, **fields))


def request(
    messages: Sequence[Message] = HELLO,
    model: str = OPUS,
    previous: str = "",
    options: RequestOptions | None = None,
) -> ModelRequest:
    chosen = options or RequestOptions()
    own = parameters(resolve(model, chosen.tool_version), chosen)
    return ModelRequest(own, SYSTEM, [dict(own.tools_entry)], messages, previous)


@asynccontextmanager
async def desk(
    url: str,
    credentials: Credentials | None = None,
    *,
    retries: int = 4,
    patience: float = 10.0,
    chance: Callable[[], float] = lambda: 0.5,
    make_transport: MakeTransport | None = None,
) -> AsyncIterator[Desk]:
    waits: list[float] = []
    notices: list[str] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    connection = Connection(
        credentials or Credentials(api_key=KEY, base_url=url),
        notices.append,
        timeout=patience,
        make_transport=make_transport,
    )
    model = ClaudeModel(connection, Retries(chance, lambda: NOW, sleep, retries), time.monotonic)
    try:
        yield Desk(model, waits, notices)
    finally:
        await model.aclose()


def ended(events: Sequence[StreamEvent]) -> Ended:
    last = events[-1]
    assert isinstance(last, Ended)
    return last


def answered(turn: AssistantTurn, *contents: str) -> list[Message]:
    """The turn and the results of its calls."""
    results = [ToolResult(call.id, content) for call, content in zip(turn.calls, contents, strict=True)]
    return [turn.to_message(), results_message(results)]


def is_clean(api: StrictApi) -> bool:
    return api.refusals == [] and api.failures == []
