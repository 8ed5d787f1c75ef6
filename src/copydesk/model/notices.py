"""Owns what the SDK says on the side, its warnings and its log: told once each, never written to a terminal.

The process's own warning filters are changed only for single steps of a call, in which nothing else runs.
"""

import logging
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, TypeVar

LOGGERS: Final = ("anthropic", "httpx2")

_T = TypeVar("_T")


class Notices:
    """Passes on what was not said before, without secrets."""

    def __init__(self, tell: Callable[[str], None], redact: Callable[[str], str]) -> None:
        self._tell = tell
        self._redact = redact
        self._told: set[str] = set()
        self._handler = _Handler(self.add)
        self._propagating: dict[str, bool] = {}

    def add(self, text: str) -> None:
        """Tell a text that is new."""
        clean = self._redact(" ".join(text.split()))
        if clean not in self._told:
            self._told.add(clean)
            self._tell(clean)

    def listen(self) -> None:
        """Take over the SDK's loggers until `stop`: no other handler, such as one on the terminal, sees them."""
        if self._propagating:
            return
        for name in LOGGERS:
            logger = logging.getLogger(name)
            self._propagating[name] = logger.propagate
            logger.propagate = False
            logger.addHandler(self._handler)

    def stop(self) -> None:
        """Give the loggers back."""
        while self._propagating:
            name, propagates = self._propagating.popitem()
            logger = logging.getLogger(name)
            logger.removeHandler(self._handler)
            logger.propagate = propagates

    def watch(self, call: Coroutine[Any, Any, _T]) -> "Watched[_T]":
        """Await a call of the SDK and tell what it warns of."""
        return Watched(call, self.add)


class Watched(Generator[Any, Any, _T]):
    """A coroutine whose every step runs with its warnings caught."""

    def __init__(self, call: Coroutine[Any, Any, _T], tell: Callable[[str], None]) -> None:
        self._call = call
        self._tell = tell

    def __await__(self) -> Generator[Any, Any, _T]:
        return self

    def send(self, value: Any) -> Any:
        """Go on to the next wait."""
        return self._step(lambda: self._call.send(value))

    def throw(self, *error: Any) -> Any:
        """Raise in the call, as a cancellation does."""
        return self._step(lambda: self._call.throw(*error))

    def close(self) -> None:
        """End the call where it waits."""
        self._call.close()

    def _step(self, resume: Callable[[], Any]) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                return resume()
            finally:
                for warning in caught:
                    self._tell(str(warning.message))


class _Handler(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._told_to = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._told_to(record.getMessage())
