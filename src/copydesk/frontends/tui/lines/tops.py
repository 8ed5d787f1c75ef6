"""Owns where each of many blocks begins: a change of one height, or one more block, does not touch all the others.

A binary indexed tree: `_sums[n]` holds the heights of as many blocks up to block `n` as the lowest bit of `n` says.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import overload


class Tops(Sequence[int]):
    """The first line of each block, counted from 0, and the number of all lines at the end."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self.heights = list(heights)
        """In lines; changed by the methods only."""
        self._sums = [0, *self.heights]
        for number in range(1, len(self._sums)):
            above = number + (number & -number)
            if above < len(self._sums):
                self._sums[above] += self._sums[number]

    def __len__(self) -> int:
        return len(self._sums)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return list(self)[index]
        number = index + len(self._sums) if index < 0 else index
        if not 0 <= number < len(self._sums):
            raise IndexError(f"there is no block {index} among {len(self.heights)}")
        total = 0
        while number:
            total += self._sums[number]
            number &= number - 1
        return total

    def __iter__(self) -> Iterator[int]:
        return accumulate(self.heights, initial=0)

    def change(self, index: int, height: int) -> None:
        """Give a block another height."""
        gained, self.heights[index] = height - self.heights[index], height
        number = index + 1
        while number < len(self._sums):
            self._sums[number] += gained
            number += number & -number

    def append(self, height: int) -> None:
        """Add a block at the end."""
        number = len(self._sums)
        below = number & (number - 1)
        self._sums.append(self[number - 1] - self[below] + height)
        self.heights.append(height)

    def cut(self, count: int) -> None:
        """Keep the first blocks only."""
        del self.heights[count:]
        del self._sums[count + 1 :]

    def block_at(self, line: int) -> int | None:
        """The block that a line belongs to; None above the first and below the last."""
        if not 0 <= line < self[-1]:
            return None
        number, step = 0, 1 << (len(self._sums).bit_length() - 1)
        while step:
            beyond = number + step
            if beyond < len(self._sums) and self._sums[beyond] <= line:
                number, line = beyond, line - self._sums[beyond]
            step >>= 1
        return number
