"""Owns what makes a disk fail for a while: a limit to the size of files, and the loss of a privilege."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

_CAPABILITIES_VERSION = 0x20080522
_OVERRIDES = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: with these the administrator reads and writes what modes forbid."""


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond a size in bytes: what is written then fails in the middle, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def modes_obeyed() -> Iterator[None]:
    """Take from this thread, and from those that the event loop starts now, the right to override modes."""
    if sys.platform != "linux" or os.geteuid():
        yield
        return
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    _capabilities("capget", header, held)
    with ThreadPoolExecutor() as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        _capabilities("capset", header, (ctypes.c_uint32 * 6)(held[0] & ~_OVERRIDES, *held[1:]))
        try:
            yield
        finally:
            _capabilities("capset", header, held)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def _capabilities(function: str, header: ctypes.Array[ctypes.c_uint32], held: ctypes.Array[ctypes.c_uint32]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(header, held):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
