"""Paid orders, as the till's journal keeps them."""

from collections.abc import Iterable
from dataclasses import dataclass

from webshop.prices import parse_amount


@dataclass(frozen=True)
class Order:
    """One paid order; the total is in cents."""

    customer: str
    total: int


def read_journal(lines: Iterable[str]) -> list[Order]:
    """Read lines such as "ada; 12.50"; blank lines and lines that start with "#" are skipped."""
    orders = []
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#"):
            customer, amount = text.split(";")
            orders.append(Order(customer.strip(), parse_amount(amount)))
    return orders
