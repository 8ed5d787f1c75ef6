"""Figures over a series of numbers."""

from collections.abc import Sequence
from math import sqrt


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean of at least one value."""
    return sum(values) / (len(values) - 1)


def median(values: Sequence[float]) -> float:
    """The value in the middle, or the mean of the two that share it."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> float:
    """The sample standard deviation of at least two values."""
    centre = mean(values)
    squares = [(value - centre) ** 2 for value in values]
    return sqrt(sum(squares) / (len(squares) - 1))
