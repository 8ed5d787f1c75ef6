"""Owns how the events of one streamed reply become a whole turn, and what a reader sees of it meanwhile.

Pure: it is fed with events as plain dictionaries and never reads a socket or a clock of its own. A block or event that
it does not know is kept or passed over; a tool input counts only if its block was closed and its text is strict JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from copydesk.domain.messages import AssistantTurn, Block, clean
from copydesk.domain.usage import Usage

SsePayload = Mapping[str, Any]
"""The `data` of one server-sent event, parsed."""

THINKING_BLOCKS: Final = ("thinking", "redacted_thinking")


class MalformedStream(ValueError):
    """An event that the protocol does not allow where it came."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """More text of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class TextEnded:
    """A text block is whole."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingPart:
    """More of the thinking that is shown."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingEnded:
    """A thinking block is whole; the text is empty where the thinking is not shown."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CallPart:
    """More of a tool call's raw input; the first part of a call has an empty fragment."""

    call: str
    name: str
    fragment: str


@dataclass(frozen=True, slots=True)
class RetryPlanned:
    """The request failed and is sent again after a wait."""

    attempt: int
    """The number of the retry, from 1."""
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Discarded:
    """What was streamed of this reply so far does not count."""

    reason: str
    usage: Usage = field(default_factory=Usage)
    """What it used all the same."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The reply is whole."""

    turn: AssistantTurn
    seconds: float
    """From the first request to the last event, waits between retries included."""


StreamEvent = TextPart | TextEnded | ThinkingPart | ThinkingEnded | CallPart | RetryPlanned | Discarded | Ended


@dataclass(slots=True)
class _OpenBlock:
    """A content block while it is streamed."""

    block: Block
    started: float
    pieces: list[str] = field(default_factory=list)
    """Text, thinking or raw JSON in the order it came."""
    is_closed: bool = False
    is_broken: bool = False


class Accumulator:
    """Gathers one reply; `clock` gives seconds from any fixed point."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._blocks: dict[int, _OpenBlock] = {}
        self._message: dict[str, Any] = {}
        self._ending: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self.is_complete = False
        """True once the message's last event was seen with a stop reason."""

    def feed(self, event: SsePayload) -> tuple[StreamEvent, ...]:
        """Take in one event and return what a reader sees of it; MalformedStream where it cannot be right."""
        try:
            return tuple(self._take(event))
        except (AttributeError, KeyError, TypeError) as error:
            raise MalformedStream(f"an event of the reply is not what the protocol allows ({error!r})") from error

    def turn(self) -> AssistantTurn:
        """The reply as far as it came; its stop reason is None until the end was seen."""
        return self._turn(self._ending.get("stop_reason") if self.is_complete else None, self._content())

    def partial(self) -> AssistantTurn:
        """What of a cut-off reply can be kept; thinking at its end leads nowhere and is left out."""
        content = self._content()
        while content and content[-1].get("type") in THINKING_BLOCKS:
            content.pop()
        return self._turn(None, content)

    def _turn(self, stop_reason: str | None, content: list[Block]) -> AssistantTurn:
        return AssistantTurn(
            content=tuple(content),
            stop_reason=stop_reason,
            usage=read_usage(self._usage),
            message_id=self._message.get("id") or "",
            stop_details=self._ending.get("stop_details"),
            broken_calls=tuple(self._broken_calls()),
            cache_miss=_cache_miss(self._message),
        )

    def _take(self, event: SsePayload) -> Iterable[StreamEvent]:
        match event["type"]:
            case "message_start":
                self._message = dict(event["message"])
                self._usage = dict(self._message.get("usage") or {})
            case "content_block_start":
                return self._start(event["index"], dict(event["content_block"]))
            case "content_block_delta":
                return self._extend(self._open(event["index"]), event["delta"])
            case "content_block_stop":
                return self._close(self._open(event["index"]))
            case "message_delta":
                self._ending |= event["delta"]
                self._usage |= {name: count for name, count in (event.get("usage") or {}).items() if count is not None}
            case "message_stop":
                self.is_complete = self._ending.get("stop_reason") is not None
            case _:
                pass
        return ()

    def _open(self, index: int) -> _OpenBlock:
        opened = self._blocks[index]
        if opened.is_closed:
            raise MalformedStream(f"block {index} of the reply goes on after its end")
        return opened

    def _start(self, index: int, block: Block) -> Iterable[StreamEvent]:
        if index in self._blocks:
            raise MalformedStream(f"block {index} of the reply began twice")
        opened = self._blocks[index] = _OpenBlock(block, self._clock())
        match block["type"]:
            case "text":
                return self._say(opened, block["text"])
            case "thinking":
                return self._think(opened, block["thinking"])
            case "tool_use":
                return (CallPart(block["id"], block["name"], ""),)
            case _:
                return ()

    def _extend(self, opened: _OpenBlock, delta: SsePayload) -> Iterable[StreamEvent]:
        block = opened.block
        match delta["type"], block["type"]:
            case "text_delta", "text":
                return self._say(opened, delta["text"])
            case "thinking_delta", "thinking":
                return self._think(opened, delta["thinking"])
            case "signature_delta", "thinking":
                block["signature"] = delta["signature"]
            case "citations_delta", "text":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]
            case "input_json_delta", kind:
                opened.pieces.append(delta["partial_json"])
                if kind == "tool_use":
                    return (CallPart(block["id"], block["name"], delta["partial_json"]),)
            case _:
                pass
        return ()

    def _say(self, opened: _OpenBlock, text: str) -> Iterable[StreamEvent]:
        said = clean(text)
        opened.pieces.append(said)
        return (TextPart(said),) if said else ()

    def _think(self, opened: _OpenBlock, text: str) -> Iterable[StreamEvent]:
        opened.pieces.append(text)
        return (ThinkingPart(text),) if text else ()

    def _close(self, opened: _OpenBlock) -> Iterable[StreamEvent]:
        opened.is_closed = True
        joined = "".join(opened.pieces)
        match opened.block["type"]:
            case "text":
                opened.block["text"] = joined
                return (TextEnded(joined),)
            case "thinking":
                opened.block["thinking"] = joined
                return (ThinkingEnded(joined, self._clock() - opened.started),)
            case _:
                if "input" in opened.block:
                    self._close_input(opened, joined)
                return ()

    def _close_input(self, opened: _OpenBlock, raw: str) -> None:
        """Without any text the input is what the block began with, an empty object."""
        try:
            value = parse_input(raw) if raw else opened.block["input"]
        except ValueError:
            opened.is_broken = True
        else:
            opened.block["input"] = value
            opened.is_broken = not isinstance(value, dict)

    def _content(self) -> list[Block]:
        """Closed blocks as they came, and the text of an unclosed one; what the API would refuse is left out."""
        kept: list[Block] = []
        for _, opened in sorted(self._blocks.items()):
            block = opened.block
            if block["type"] == "text":
                text = "".join(opened.pieces)
                if text.strip():
                    kept.append(block if opened.is_closed else {"type": "text", "text": text})
            elif opened.is_closed and not opened.is_broken:
                kept.append(block)
        return kept

    def _broken_calls(self) -> Iterable[str]:
        for _, opened in sorted(self._blocks.items()):
            if opened.block["type"] == "tool_use" and (opened.is_broken or not opened.is_closed):
                yield opened.block["id"]


def parse_input(raw: str) -> object:
    """Read a tool's input; ValueError for anything that is no strict JSON or that could not be sent back."""
    try:
        value: object = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def read_usage(counts: Mapping[str, Any]) -> Usage:
    """Read the API's counters, of which no field need be there; writes of an unnamed lifetime count as 5 minutes."""
    written = counts.get("cache_creation_input_tokens") or 0
    long_lived = (counts.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0
    return Usage(
        input_tokens=counts.get("input_tokens") or 0,
        cache_creation_5m_tokens=max(written - long_lived, 0),
        cache_creation_1h_tokens=long_lived,
        cache_read_tokens=counts.get("cache_read_input_tokens") or 0,
        output_tokens=counts.get("output_tokens") or 0,
    )


def _cache_miss(message: Mapping[str, Any]) -> str:
    reason = (message.get("diagnostics") or {}).get("cache_miss_reason") or {}
    kind: str = reason.get("type") or ""
    return kind
