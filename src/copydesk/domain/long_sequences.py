"""Owns a sequence that never changes and is nonetheless cheap to grow at its end and to change near it.

What it holds is cut into chunks of one length, and a sequence made from another shares all chunks but one with it. So
the price of a change, and of finding what differs between two, hardly depends on how long the sequence is.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar, overload

CHUNK = 128
"""Items in a chunk; as many chunks are handled for each change in a sequence of 16,384."""

_T_co = TypeVar("_T_co", covariant=True)
_Other = TypeVar("_Other")
"""Of what is put in: with an item of another type, the sequence made is one of both types."""


class LongSequence(Sequence[_T_co]):
    """Equal to any sequence with the same items."""

    __slots__ = ("_length", "chunks")

    def __init__(self, items: Iterable[_T_co] = (), before: tuple[tuple[_T_co, ...], ...] = ()) -> None:
        """`before` are full chunks that come before the items and are shared with another sequence."""
        iterator = iter(items)
        self.chunks = (*before, *iter(lambda: tuple(islice(iterator, CHUNK)), ()))
        """All full but the last."""
        self._length = (len(self.chunks) - 1) * CHUNK + len(self.chunks[-1]) if self.chunks else 0

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> _T_co: ...

    @overload
    def __getitem__(self, index: slice) -> "LongSequence[_T_co]": ...

    def __getitem__(self, index: int | slice) -> "_T_co | LongSequence[_T_co]":
        if isinstance(index, slice):
            return LongSequence([self[number] for number in range(*index.indices(self._length))])
        place = self._place(index)
        return self.chunks[place // CHUNK][place % CHUNK]

    def __iter__(self) -> Iterator[_T_co]:
        return chain.from_iterable(self.chunks)

    def __reversed__(self) -> Iterator[_T_co]:
        return chain.from_iterable(map(reversed, reversed(self.chunks)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LongSequence):
            return self.chunks == other.chunks
        return isinstance(other, Sequence) and len(other) == len(self) and all(map(_are_equal, self, other))

    def __hash__(self) -> int:
        return hash(self.chunks)

    def __repr__(self) -> str:
        return f"LongSequence({list(self)!r})"

    def appended(self, *items: "_Other") -> "LongSequence[_T_co | _Other]":
        """The sequence with items added at its end."""
        full = self._length // CHUNK
        return LongSequence(chain(*self.chunks[full:], items), self.chunks[:full])

    def replaced(self, index: int, item: "_Other") -> "LongSequence[_T_co | _Other]":
        """The sequence with another item in one place."""
        number, inside = divmod(self._place(index), CHUNK)
        chunk = self.chunks[number]
        changed: tuple[_T_co | _Other, ...] = (*chunk[:inside], item, *chunk[inside + 1 :])
        chunks: tuple[tuple[_T_co | _Other, ...], ...] = (*self.chunks[:number], changed, *self.chunks[number + 1 :])
        return LongSequence(chunks[-1], chunks[:-1])

    def cut(self, length: int) -> "LongSequence[_T_co]":
        """The first items, at most `length` of them."""
        full, rest = divmod(min(length, self._length), CHUNK)
        return LongSequence(islice(chain(*self.chunks[full : full + 1]), rest), self.chunks[:full])

    def differing(self, other: "LongSequence[object]") -> list[int]:
        """The places, in order, that both have and where not the very same item stands."""
        places: list[int] = []
        for number, (own, others) in enumerate(zip(self.chunks, other.chunks, strict=False)):
            if own is not others:
                start = number * CHUNK
                pairs = enumerate(zip(own, others, strict=False), start)
                places += [place for place, (mine, theirs) in pairs if mine is not theirs]
        return places

    def _place(self, index: int) -> int:
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(f"there is no item {index} among {self._length}")
        return place


def _are_equal(one: object, other: object) -> bool:
    return one == other
