"""Owns listening for changes that other programs make under the root, in batches.

Never looks into `.git`, never fails: where the system has no watch to give, it says so and nothing is heard.
"""

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread, current_thread

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from copydesk.workspace.exchange import is_temporary
from copydesk.workspace.gitdirs import is_git_name
from copydesk.workspace.paths import Root

TICK = 0.05
QUIET_TICKS = 3
"""A batch ends after 150 ms in which nothing came …"""
LONGEST_BATCH_TICKS = 20
"""… and after a second at the latest."""

_WRITTEN = FileClosedEvent if sys.platform == "linux" else FileModifiedEvent
_HEARD: list[type[FileSystemEvent]] = [_WRITTEN, FileCreatedEvent, FileDeletedEvent, FileMovedEvent]
"""Events that mean a change; those of opening and closing keep the watch itself busy for ever on large trees."""

Callback = Callable[[frozenset[str]], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch that runs until it is stopped, or the reason why there is none."""

    stop: Callable[[], None]
    """Ends the watch and waits for its threads; a second call does nothing."""
    reason: str = ""
    """Why nothing is watched, as a sentence; empty while it works."""


def watch(root: Root, callback: Callback) -> Watch:
    """Call back with the relative paths of files that were written, created, deleted or moved, until stopped.

    The callback runs in a thread of the watch, a batch at a time. Adding the watch takes some 0.1 ms a directory.
    """
    # Its text would be the whole table of watches, hundreds of kilobytes, over the screen.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\..*")
    batches = _Batches(root.path, callback)
    try:
        observer = _started(batches, root.path)
    except OSError as error:
        return Watch(lambda: None, f"Changes by other programs are not watched: {error.strerror or error}.")
    batches.thread.start()
    return Watch(lambda: _stop(observer, batches))


class _Batches(FileSystemEventHandler):
    """Gathers the paths of events until they pause."""

    def __init__(self, root: str, callback: Callback) -> None:
        self._prefix = root.rstrip("/") + "/"
        self._callback = callback
        self._arrived: SimpleQueue[str | None] = SimpleQueue()
        self._stopped = Event()
        self.thread = Thread(target=self._deliver, name="copydesk-watch", daemon=True)

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take an event; called by watchdog in its thread."""
        for path in (event.src_path, event.dest_path):
            relative = self._relative(os.fsdecode(path))
            if relative:
                self._arrived.put(relative)

    def stop(self) -> None:
        """End the delivery; a batch that is being gathered is dropped."""
        self._stopped.set()
        self._arrived.put(None)
        if self.thread is not current_thread():
            self.thread.join()

    def _relative(self, path: str) -> str:
        if not path.startswith(self._prefix):
            return ""
        relative = path[len(self._prefix) :]
        *folders, name = relative.split("/")
        is_noise = is_temporary(name) or any(map(is_git_name, (*folders, name)))
        return "" if is_noise else relative

    def _deliver(self) -> None:
        while (first := self._arrived.get()) is not None:
            batch = self._gathered(first)
            if self._stopped.is_set():
                return
            self._callback(batch)

    def _gathered(self, first: str) -> frozenset[str]:
        paths, quiet = {first}, 0
        for _ in range(LONGEST_BATCH_TICKS):
            if quiet == QUIET_TICKS or self._stopped.wait(TICK):
                break
            arrived = self._drained()
            quiet = 0 if arrived else quiet + 1
            paths |= arrived
        return frozenset(paths)

    def _drained(self) -> set[str]:
        paths = set()
        try:
            while (path := self._arrived.get_nowait()) is not None:
                paths.add(path)
        except Empty:
            pass
        return paths


def _started(handler: FileSystemEventHandler, path: str) -> BaseObserver:
    observer = Observer()
    try:
        observer.schedule(handler, path, recursive=True, event_filter=_HEARD)
        observer.start()
    except OSError:
        observer.unschedule_all()
        raise
    return observer


def _stop(observer: BaseObserver, batches: _Batches) -> None:
    batches.stop()
    observer.stop()
    if observer.is_alive() and observer is not current_thread():
        observer.join()
