"""Owns the loop of `copydesk tool`: one request read, one answer written, in order, until the requests end.

It never decides what a call means or whether it may be made. A signal ends the wait for a request, never the answering
of one: an edit is whole and said, or was not begun.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import BinaryIO

from copydesk.domain.errors import EditError
from copydesk.domain.messages import BROKEN_OFF
from copydesk.frontends.jsonl.wire import (
    LONGEST_LINE,
    Fields,
    answer_fields,
    asks_for_description,
    description_fields,
    read_call,
    read_request,
    refusal_fields,
    write_line,
)
from copydesk.tools.editor import EditorTool
from copydesk.tools.toolbox import Toolbox

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
"""How the server ends after a signal."""
_SKIPPED_AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streams:
    """Where requests come from, where answers go, and who hears of what went wrong inside."""

    requests: BinaryIO
    answers: BinaryIO
    complain: Callable[[str], None]


def serve(editor: EditorTool, toolbox: Toolbox, streams: Streams, longest: int = LONGEST_LINE) -> int:
    """Answer requests until they end or a signal comes; gives the exit code.

    `longest` is how many bytes of a line are kept; longer ones are answered with an error.
    """
    server = _Server(editor, toolbox, streams.complain, longest)
    with _signals() as stops, asyncio.Runner() as runner:
        try:
            while line := _next_line(streams.requests, stops, longest):
                if answer := runner.run(server.answer(line)):
                    streams.answers.write(answer)
                    streams.answers.flush()
        except _Stopped:
            pass
    return stops.code


class _Server:
    """Answers lines."""

    def __init__(self, editor: EditorTool, toolbox: Toolbox, complain: Callable[[str], None], longest: int) -> None:
        self._editor = editor
        self._toolbox = toolbox
        self._complain = complain
        self._longest = longest

    async def answer(self, line: bytes) -> bytes:
        """The answer to a line, as a line; empty for a blank one."""
        if not line.strip():
            return b""
        request: Fields = {}
        try:
            if len(line) > self._longest:
                raise EditError(f"The line is longer than {self._longest:,} bytes, so it was skipped.")
            request = read_request(line)
            return write_line(request.get("id"), await self._fields(request))
        except EditError as error:
            reason = str(error)
        except Exception as error:
            # The boundary of a request: the server outlives a fault, and each line gets its answer.
            self._complain(f"copydesk: an error inside copydesk: {type(error).__name__}: {error}")
            reason = BROKEN_OFF
        return write_line(request.get("id"), refusal_fields(reason))

    async def _fields(self, request: Fields) -> Fields:
        if asks_for_description(request):
            return description_fields(self._editor.version, self._toolbox.definitions())
        return answer_fields(await self._toolbox.run(read_call(request, self._editor.name)))


class _Stopped(BaseException):
    """A signal came while nothing was being answered."""


class _Stops:
    """The signals that end the server."""

    def __init__(self) -> None:
        self.code = 0
        """The exit code that the last signal asks for; 0 without one."""
        self._is_waiting = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: at once while a request is waited for, else once it is answered."""
        self.code = EXIT_CODES[signal.Signals(number)]
        if self._is_waiting:
            raise _Stopped

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let signals break off what runs inside."""
        self._is_waiting = True
        try:
            if self.code:
                raise _Stopped
            yield
        finally:
            self._is_waiting = False


@contextmanager
def _signals() -> Iterator[_Stops]:
    stops = _Stops()
    former = {number: signal.signal(number, stops.hear) for number in EXIT_CODES}
    try:
        yield stops
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _next_line(requests: BinaryIO, stops: _Stops, longest: int) -> bytes:
    """Wait for a line; of one that is too long only its beginning is kept. Empty at the end."""
    with stops.waiting():
        line = requests.readline(longest + 1)
        rest = line if len(line) > longest else b"\n"
        while rest and not rest.endswith(b"\n"):
            rest = requests.readline(_SKIPPED_AT_ONCE)
    return line
