"""Owns how far a call has come, for a client that asked to be told."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from mcp.server.mcpserver import Context


@dataclass(frozen=True, slots=True)
class _Listener:
    """The client of the call that is being made, and the loop on which it can be told."""

    context: Context
    loop: asyncio.AbstractEventLoop


_listener: ContextVar[_Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(context: Context) -> Iterator[None]:
    """Let the client of this context hear what is reported inside, and in the threads that are started there."""
    token = _listener.set(_Listener(context, asyncio.get_running_loop()))
    try:
        yield
    finally:
        _listener.reset(token)


def report_progress(done: int, total: int, doing: str) -> None:
    """Tell that `done` of `total` steps are done; called from any thread, and waits for nothing."""
    listener = _listener.get()
    if listener is None:
        return
    telling = listener.context.report_progress(done, total, doing)
    try:
        asyncio.run_coroutine_threadsafe(telling, listener.loop)
    except RuntimeError:
        # The server has ended before the thread did.
        telling.close()
