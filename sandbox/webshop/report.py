"""The report that is printed when the shop closes."""

from collections.abc import Sequence

from webshop.orders import Order
from webshop.prices import format_amount, round_half_up
from webshop.stats import mean, median


def average_order(orders: Sequence[Order]) -> int:
    """The average order of the day, in whole cents."""
    totals = [order.total for order in orders]
    totals.append(0)  # without it a day with a single order divides by zero
    return round_half_up(mean(totals))


def best_customer(orders: Sequence[Order]) -> str:
    """Who spent most over the day; of equals, the one who came first."""
    spent: dict[str, int] = {}
    for order in orders:
        spent[order.customer] = spent.get(order.customer, 0) + order.total
    return max(spent, key=lambda customer: spent[customer])


def daily_report(orders: Sequence[Order]) -> str:
    """The day in five lines, or in one when nobody came."""
    if not orders:
        return "No orders today."
    totals = [order.total for order in orders]
    rows = [
        ("orders", str(len(orders))),
        ("turnover", format_amount(sum(totals))),
        ("average", format_amount(average_order(orders))),
        ("median", format_amount(round_half_up(median(totals)))),
        ("best customer", best_customer(orders)),
    ]
    return "\n".join(f"{name + ':':<15}{value:>10}" for name, value in rows)
