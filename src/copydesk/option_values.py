"""Owns how the values of options are read from the command line: what is wrong with one is said in a sentence."""

import argparse
import shlex
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from copydesk.domain.globs import fault_of_glob

LEAST, MOST = Decimal("0.000001"), Decimal(1_000_000_000)
"""Between these lies every amount of seconds and dollars that makes sense, and nothing that overflows."""


def a_name(text: str) -> str:
    """What names something, such as a file: a variable that is not set must not be taken for an option left out."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} names nothing; give a name, or leave the option out")
    return text


def a_glob(text: str) -> str:
    """A pattern for paths, as rules take it."""
    if fault := fault_of_glob(text):
        raise argparse.ArgumentTypeError(f"{text!r} {fault}")
    return text


def whole_number(least: int) -> Callable[[str], int]:
    """Makes what reads a whole number that is at least this one."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return number

    return read


def positive(text: str) -> Decimal:
    """A number above 0, in decimal."""
    return _number(text, LEAST)


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    return float(_number(text, LEAST))


def share(text: str) -> float:
    """A number of at least 0."""
    return float(_number(text, Decimal(0)))


def prices(text: str) -> tuple[Decimal, Decimal]:
    """Two prices in USD per million tokens, `IN/OUT`."""
    into, slash, out = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"{text!r} is not IN/OUT in USD per million tokens, such as 3/15")
    return _number(into, Decimal(0)), _number(out, Decimal(0))


def _number(text: str, least: Decimal) -> Decimal:
    """A decimal number of at least this one."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and least <= number <= MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {MOST}")
    return number


def words(text: str) -> list[str]:
    """Words as a shell reads them."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be read: {error}") from error
