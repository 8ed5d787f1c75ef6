"""Owns what a client's roots mean for a workspace: they narrow it, and never widen it."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

WHOLE = "."
_LOCAL_HOSTS = ("", "localhost")


def limits_of(uris: Iterable[str], workspace: str) -> tuple[str, ...] | None:
    """The directories of the workspace that a client's roots cover, relative to it; None where it gave no roots.

    `workspace` is a real path. Blocking: the roots' links are resolved. A root that is elsewhere, or that no file has,
    covers nothing.
    """
    given = list(uris)
    if not given:
        return None
    return tuple(limit for uri in given if (limit := _limit(uri, Path(workspace))) is not None)


def _limit(uri: str, workspace: Path) -> str | None:
    root = _real_path(uri)
    if root is None:
        return None
    if workspace.is_relative_to(root):
        return WHOLE
    return str(root.relative_to(workspace)) if root.is_relative_to(workspace) else None


def _real_path(uri: str) -> Path | None:
    """The real path that a `file:` URI of this machine names; None for any other URI."""
    try:
        parts = urlsplit(uri)
        path = os.fsdecode(unquote_to_bytes(parts.path))
        is_local = parts.scheme == "file" and parts.netloc in _LOCAL_HOSTS and not parts.query and not parts.fragment
        return Path(path).resolve() if is_local and path.startswith("/") else None
    except (ValueError, OSError, RuntimeError):
        return None
