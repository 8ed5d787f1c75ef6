"""Owns writing files for the person: whole or not at all, or a piece at the end of one that several write."""

import os
from pathlib import Path
from tempfile import mkstemp

from copydesk.domain.errors import UsageError


def replace_whole(path: Path, data: bytes) -> None:
    """Write a file that nobody ever sees half written; OSError where that cannot be."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    descriptor, temporary = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def require_place(path: Path) -> None:
    """UsageError where a file cannot be written, said before anything is paid for; none is made yet."""
    try:
        fault = _fault_of_place(path)
    except OSError as error:
        fault = f"{error.strerror}"
    if fault:
        raise UsageError(f"{path} cannot be written: {fault}.")


def _fault_of_place(path: Path) -> str:
    if path.is_dir():
        return "it is a directory"
    if not path.parent.is_dir():
        return f"there is no directory {path.parent}"
    # A file is replaced by a new one; only what is no file, such as a pipe, is written itself.
    place = path if path.exists() and not path.is_file() else path.parent
    return "" if os.access(place, os.W_OK) else "permission denied"


def add_line(path: Path, line: str) -> None:
    """Add a line in one write, so that several runs can share the file."""
    add_text(path, f"{line}\n")


def add_text(path: Path, text: str) -> None:
    """Add to the end of a file, which is made where it is not there."""
    with path.open("ab", buffering=0) as stream:
        stream.write(text.encode())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
