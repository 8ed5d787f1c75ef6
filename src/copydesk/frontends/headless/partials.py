"""Owns a reply as it comes, in the shape of the Messages API's own stream: begun and ended messages and blocks.

Calls of tools are not in it; they are written whole when they are begun.
"""

from collections.abc import Iterator
from typing import Any

from copydesk.domain import events

Part = dict[str, Any]


class Partials:
    """Turns what is said piece by piece into events of a stream."""

    def __init__(self) -> None:
        self._index = -1
        """Of the block that came last in this message; -1 before the first."""
        self._is_open = False
        """The block is not ended yet."""

    def events(self, event: events.Event, model: str) -> Iterator[Part]:
        """The events of a stream for one of ours."""
        match event:
            case events.TextDelta(text):
                yield from self._said(model, {"type": "text", "text": ""}, {"type": "text_delta", "text": text})
            case events.ThinkingDelta(text):
                block = {"type": "thinking", "thinking": ""}
                yield from self._said(model, block, {"type": "thinking_delta", "thinking": text})
            case events.TextFinished() | events.ThinkingFinished():
                yield from self._end_block()
            case events.UsageReported() | events.StepDiscarded() | events.TurnFinished():
                yield from self._end_block()
                if self._index >= 0:
                    yield {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {}}
                    yield {"type": "message_stop"}
                self._index = -1
            case _:
                pass

    def _said(self, model: str, block: Part, delta: Part) -> Iterator[Part]:
        if self._index < 0:
            message = {"type": "message", "role": "assistant", "model": model, "content": [], "usage": {}}
            yield {"type": "message_start", "message": message}
        if not self._is_open:
            self._index += 1
            self._is_open = True
            yield {"type": "content_block_start", "index": self._index, "content_block": block}
        yield {"type": "content_block_delta", "index": self._index, "delta": delta}

    def _end_block(self) -> Iterator[Part]:
        if self._is_open:
            self._is_open = False
            yield {"type": "content_block_stop", "index": self._index}
