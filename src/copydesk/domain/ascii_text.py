"""Owns `AsciiText`: text whose characters are ASCII bytes, looked at without being decoded.

Decoding a large file takes as long as reading it, and an edit looks at little of it. Never holds anything but ASCII,
so every offset is the same in the text and in the bytes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AsciiText:
    """What a `str` does, as far as it goes; only stretches that are taken out of it are decoded."""

    data: bytes
    """All of them ASCII."""

    def __str__(self) -> str:
        return self.data.decode("ascii")

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, stretch: slice) -> str:
        return self.data[stretch].decode("ascii")

    def __contains__(self, wanted: str) -> bool:
        return self.find(wanted) >= 0

    def find(self, wanted: str, start: int = 0, end: int | None = None) -> int:
        """The first place of a text, -1 where it has none."""
        return self.data.find(_sought(wanted), start, end)

    def rfind(self, wanted: str, start: int = 0, end: int | None = None) -> int:
        """The last place of a text, -1 where it has none."""
        return self.data.rfind(_sought(wanted), start, end)

    def count(self, wanted: str, start: int = 0, end: int | None = None) -> int:
        """How often a text stands in it, without overlaps."""
        return self.data.count(_sought(wanted), start, end)

    def isascii(self) -> bool:
        """Always true; a `str` may have other characters."""
        return True


def _sought(wanted: str) -> bytes:
    """The bytes of a text; whatever it holds beside ASCII becomes bytes that are none."""
    return wanted.encode("utf-8", "surrogatepass")
