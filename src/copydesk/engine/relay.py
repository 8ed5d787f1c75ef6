"""Owns the way from other threads into a session: notices of the SDK, and files that somebody else wrote."""

import asyncio
from collections.abc import Callable

from copydesk.domain.events import Event, Noticed
from copydesk.engine.attention import Attention
from copydesk.workspace.paths import Root
from copydesk.workspace.watch import Watch, watch


class Relay:
    """Hands things over to the loop of a session; what comes before it starts is kept until then."""

    def __init__(self, root: Root | None) -> None:
        self._root = root
        """Watched while the session runs; None watches nothing."""
        self._early: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._emit: Callable[[Event], object] = self._early_event
        self._watch: Watch | None = None
        self._starting: asyncio.Task[None] | None = None
        self._checks: set[asyncio.Task[None]] = set()
        """Kept until they end, since the loop itself holds a task only weakly."""

    def notice(self, text: str) -> None:
        """Say something in the session; may be called from any thread."""
        if self._loop is None:
            self._early.append(text)
        else:
            self._call(self._say, text)

    def start(self, emit: Callable[[Event], object], attention: Attention) -> None:
        """Begin to hand over; on the loop's thread."""
        self._loop, self._emit = asyncio.get_running_loop(), emit
        for text in self._early:
            self._say(text)
        if self._root is not None:
            self._starting = asyncio.ensure_future(self._begin_watch(self._root, attention))

    def stop(self) -> None:
        """Hand over nothing more."""
        self._loop = None
        if self._starting is not None:
            self._starting.cancel()
        if self._watch is not None:
            self._watch.stop()

    async def _begin_watch(self, root: Root, attention: Attention) -> None:
        """Watching a large tree takes a while to begin, so it does not keep the session from starting."""

        def changed(paths: frozenset[str]) -> None:
            self._call(self._check, attention, paths)

        started = await asyncio.to_thread(watch, root, changed)
        if self._loop is None:
            started.stop()
            return
        self._watch = started
        if started.reason:
            self._say(started.reason)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *arguments)

    def _check(self, attention: Attention, paths: frozenset[str]) -> None:
        check = asyncio.ensure_future(attention.changed(paths))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    def _say(self, text: str) -> None:
        self._emit(Noticed(text))

    def _early_event(self, event: Event) -> None:
        """Only before the start, when nobody listens."""
