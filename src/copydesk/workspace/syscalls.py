"""Owns the calls to the kernel that Python does not offer: `openat2` and `renameat2`.

Each raises `OSError` as the functions of `os` do; `ENOSYS` where the platform lacks the call.
"""

import ctypes
import errno
import os
import sys
from typing import Any

_OPENAT2 = 437
"""The number of the call, the same on every architecture that Linux 5.6 and later runs Python on."""
_RESOLVE_NO_MAGICLINKS, _RESOLVE_NO_SYMLINKS, _RESOLVE_BENEATH = 0x02, 0x04, 0x08
_RENAME_NOREPLACE, _RENAME_EXCHANGE = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(descriptor: int, path: str, flags: int) -> int:
    """Open a relative path below a directory; the kernel refuses every link and every way out (`ELOOP`, `EXDEV`)."""
    resolve = _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS
    how = _OpenHow(flags | os.O_CLOEXEC, 0, resolve)
    function = _libc.syscall if sys.platform == "linux" else None
    size = ctypes.c_size_t(ctypes.sizeof(how))
    number = ctypes.c_long(_OPENAT2)
    return _call(function, path, number, ctypes.c_int(descriptor), os.fsencode(path), ctypes.byref(how), size)


def exchange_names(descriptor: int, first: str, second: str) -> None:
    """Swap two entries of one directory in one step; both must exist."""
    _rename(descriptor, first, second, _RENAME_EXCHANGE)


def rename_without_replacing(descriptor: int, source: str, target: str) -> None:
    """Rename an entry of a directory unless the target exists (`EEXIST`)."""
    _rename(descriptor, source, target, _RENAME_NOREPLACE)


def _rename(descriptor: int, source: str, target: str, flags: int) -> None:
    function = getattr(_libc, "renameat2", None)
    directory = ctypes.c_int(descriptor)
    _call(function, source, directory, os.fsencode(source), directory, os.fsencode(target), ctypes.c_uint(flags))


def _call(function: Any, path: str, *arguments: Any) -> int:
    """Call into the C library; `EINTR` is tried again, as Python does for its own calls."""
    while True:
        if function is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), path)
        result: int = function(*arguments)
        if result >= 0:
            return result
        code = ctypes.get_errno()
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code), path)
