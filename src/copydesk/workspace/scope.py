"""Owns a narrower workspace: the directories to which a client limits its calls, never beyond the root."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from copydesk.domain.errors import PathRefused

_limits: ContextVar[tuple[str, ...] | None] = ContextVar("limits", default=None)


class Scope:
    """Finds real paths as the root does, and refuses those outside the limits of the call that is being made."""

    def __init__(self, real_path: Callable[[str], str], closed: str = "") -> None:
        self._real_path = real_path
        self._closed = closed
        """A directory that no call reaches, relative to the root: our own state, where it lies in the workspace."""

    @contextmanager
    def narrowed(self, directories: tuple[str, ...] | None) -> Iterator[None]:
        """Limit what runs inside to directories (real paths relative to the root, `.` for all); None is no limit."""
        token = _limits.set(directories)
        try:
            yield
        finally:
            _limits.reset(token)

    def real_path(self, name: str) -> str:
        """The path without links that a name leads to; PathRefused outside the limits."""
        try:
            path = self._real_path(name)
        except PathRefused as error:
            if _limits.get() is None:
                raise
            # The root's own sentence may name what lies outside the limits.
            raise PathRefused(f"{name} is no path within the roots that the client gave.") from error
        if self._is_closed(path):
            raise PathRefused(f"{path} belongs to copydesk itself, and is neither read nor written.")
        if not self.covers(path):
            limits = ", ".join(_limits.get() or ()) or "nothing of this workspace"
            raise PathRefused(f"{path} is outside the roots that the client gave, which cover {limits}.")
        return path

    def covers(self, path: str) -> bool:
        """Whether a real path is within the limits."""
        limits = _limits.get()
        if self._is_closed(path):
            return False
        return limits is None or any(limit in (".", path) or path.startswith(f"{limit}/") for limit in limits)

    def _is_closed(self, path: str) -> bool:
        return bool(self._closed) and (path == self._closed or path.startswith(f"{self._closed}/"))
