"""Owns what a file is at one moment: its bytes, its mode, and the digest that names its content.

Nothing here reads a file, and nothing here knows of a change to one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property

ABSENT = "absent"
DEFAULT_FILE_MODE = 0o666
"""Permission bits of a new file before the process's umask is applied."""


def digest(data: bytes | None) -> str:
    """Name a file's content: the SHA-256 of its bytes in hexadecimal, or `absent` for no file."""
    return ABSENT if data is None else hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class FileAttributes:
    """What a file has beside its bytes and mode."""

    owner: int
    group: int
    extended: tuple[tuple[str, bytes], ...] = ()
    """Names and values of the extended attributes; access lists are among them."""


@dataclass(frozen=True)
class FileImage:
    """A regular file as it is on disk."""

    data: bytes
    mode: int | None = None
    """Permission bits (as `stat.S_IMODE` gives them); None for a new file: 0666 less the umask."""
    links: int = field(default=1, compare=False)
    """Names that the file has (hard links); writing it leaves the others with the old content."""
    attributes: FileAttributes | None = field(default=None, compare=False)
    """What is given to the file, as far as the system lets us, should it have to be made anew."""

    @property
    def is_read_only(self) -> bool:
        """True where nobody may write the file, its owner included."""
        return self.mode is not None and not self.mode & 0o222

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return digest(self.data)

    def with_mode(self, mode: int | None) -> FileImage:
        """The same bytes with other permission bits; what is known of the bytes is not computed again."""
        image = replace(self, mode=mode)
        image.__dict__.update({"digest": self.digest})
        return image

    def found_with(self, mode: int, attributes: FileAttributes) -> FileImage:
        """The same bytes as they are on disk."""
        image = replace(self, mode=mode, attributes=attributes)
        image.__dict__.update({"digest": self.digest})
        return image
