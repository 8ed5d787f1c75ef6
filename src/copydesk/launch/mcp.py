"""Owns the process of the MCP server: its standard streams, its log and its end."""

import argparse
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import Self

from copydesk.assembly.place import open_place
from copydesk.assembly.server import open_server
from copydesk.domain.display import show_lines
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import Mode
from copydesk.launch.server import server_plan
from copydesk.launch.upkeep import look_after_history

DEFAULT_MODE = Mode.ASK
_EXTRA = ("mcp", "mcp_types")
"""What the extra installs, as it is imported."""
_CHUNK = 1 << 16
_ENDING = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("copydesk")


def run_mcp(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`mcp`: serve until standard input ends (exit 0) or a signal comes (128 and its number).

    Everything that can be wrong is found before the first message is read.
    """
    try:
        from copydesk.frontends.mcp.approval import ElicitedApprover
        from copydesk.frontends.mcp.progress import report_progress
        from copydesk.frontends.mcp.server import Desk, make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise UsageError(
            "copydesk mcp needs the extra `mcp`: pip install 'copydesk[mcp]', in a clone pip install '.[mcp]'."
        ) from error
    place, approver = open_place(options.root, environment), ElicitedApprover()
    plan = server_plan(place, options, environment, DEFAULT_MODE, approver=approver)
    server = open_server(place, replace(plan, report=report_progress))
    prepare_talk(is_verbose=options.verbose)
    for notice in server.notices:
        _log.warning(notice)
    desk = Desk(server.editor, server.toolbox, server.scope, approver, place.root.path)
    served = make_server(desk, without_strays)
    with EndingInput() as given:
        try:
            served.run("stdio")
        except* BrokenPipeError:
            _log.info("The client has gone.")
    look_after_history(place, plan.config)
    return given.exit_code


def prepare_talk(*, is_verbose: bool) -> None:
    """Log to standard error only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SafeFormatter("copydesk: %(message)s"))
    logging.basicConfig(level=logging.INFO if is_verbose else logging.WARNING, handlers=[handler])


@asynccontextmanager
async def without_strays(_: object) -> AsyncIterator[None]:
    """Serve so that what is printed by mistake goes to standard error, instead of among the messages.

    (Facts: the SDK leads descriptor 1 there while it serves; what is still buffered when it ends would not go there.)
    """
    try:
        yield
    finally:
        sys.stdout.flush()


class _SafeFormatter(logging.Formatter):
    """Writes records so that nothing quoted in them reaches a terminal as it is."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as lines that are safe to show."""
        return show_lines(super().format(record))


class EndingInput:
    """Standard input that also ends when a signal asks the process to end.

    A thread that reads standard input cannot be interrupted, so what comes there is handed on through a pipe, which
    can be closed: the server then ends as it does when its client leaves, and an edit that is being written is whole.
    """

    def __init__(self) -> None:
        self.exit_code = 0
        self._source = os.dup(0)
        reading, self._sink = os.pipe()
        os.dup2(reading, 0)
        os.close(reading)
        self._waking, self._alarm = os.pipe()

    def __enter__(self) -> Self:
        for number in _ENDING:
            signal.signal(number, self._end)
        threading.Thread(target=self._hand_on, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)

    def _end(self, number: int, _: FrameType | None) -> None:
        self.exit_code = 128 + number
        os.write(self._alarm, b"\0")

    def _hand_on(self) -> None:
        # Where the server has stopped reading there is nothing left to hand on to.
        with suppress(OSError):
            while self._waking not in select.select([self._source, self._waking], [], [])[0]:
                data = os.read(self._source, _CHUNK)
                if not data:
                    break
                while data:
                    data = data[os.write(self._sink, data) :]
        os.close(self._sink)
