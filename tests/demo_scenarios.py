"""Owns what the model of the demo says, by scenario: small jobs on the sandbox, with one edit in each message.

One edit, because a tape branches at a rejection, and the rest of a message is not run after one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.strict_api import Reply, call, say


@dataclass(frozen=True)
class Scenario:
    """A task and the answers that do it."""

    prompt: str
    replies: tuple[Reply, ...]
    edits: tuple[str, ...]
    """The ids of the calls that a person may reject."""


STATS_OLD = "    return sum(values) / (len(values) - 1)\n"
STATS_NEW = "    return sum(values) / len(values)\n"
STATS_WRONG = "    return sum(values) / max(len(values) - 1, 1)\n"
REPORT_OLD = "    totals.append(0)  # without it a day with a single order divides by zero\n"
FOUND = (
    "`mean` divides by one less than the number of values. That is right for the sample deviation below it, and wrong "
    "for an average: a single value even divides by zero."
)
HIDDEN = (
    "That brings out a second fault: `average_order` appends an order of zero, only because the old `mean` could not "
    "take a single one. With the right mean it pulls every average down, so it has to go."
)
DONE = (
    "The tests failed because of one mistake in two places.\n\n"
    "- `webshop/stats.py`: `mean` divides by the number of values now.\n"
    "- `webshop/report.py`: the order of zero that hid the mistake is gone.\n\n"
    "Please check that nothing else relied on the old averages. `python3 -m unittest` should pass."
)


def _debug(*, can_undo: bool) -> Iterator[Reply]:
    """It finds the fault; a model that can undo first goes wrong and takes it back."""
    stats, report = "webshop/stats.py", "webshop/report.py"
    yield call(
        {"command": "view", "path": "."},
        ids=("toolu_look",),
        text="I'll look at the project and at what the failing tests are about first.",
    )
    yield call(
        {"command": "view", "path": stats},
        {"command": "view", "path": report},
        {"command": "view", "path": "tests/test_stats.py", "view_range": [1, 24]},
        ids=("toolu_stats", "toolu_report", "toolu_tests"),
    )
    if can_undo:
        yield call(
            {"command": "str_replace", "path": stats, "old_str": STATS_OLD, "new_str": STATS_WRONG},
            ids=("toolu_wrong",),
            text="A single value divides by zero; a guard is the quick way out.",
        )
        yield call(
            {"command": "undo_edit", "path": stats},
            ids=("toolu_undo",),
            text="No: that only hides the fault, the averages stay wrong. I take it back.",
        )
    yield call(
        {"command": "str_replace", "path": stats, "old_str": STATS_OLD, "new_str": STATS_NEW},
        ids=("toolu_mean",),
        text=FOUND,
    )
    yield call(
        {"command": "str_replace", "path": report, "old_str": REPORT_OLD, "new_str": ""},
        ids=("toolu_zero",),
        text=HIDDEN,
    )
    yield say(DONE)


CONSTANTS_OLD = '_AMOUNT = re.compile(r"(\\d+)(?:\\.(\\d{2}))?")\n'
CONSTANTS_NEW = f"BULK_COUNT = 10\nBULK_PERCENT = 5\n\n{CONSTANTS_OLD}"
BULK_PRICE = '''

def bulk_price(price: int, count: int) -> int:
    """What so many pieces cost; ten and more are cheaper."""
    full = price * count
    return discounted(full, BULK_PERCENT) if count >= BULK_COUNT else full
'''
CART_OLD = "from webshop.prices import discounted\n\nBULK_COUNT = 10\nBULK_PERCENT = 5\n"
CART_NEW = "from webshop.prices import bulk_price\n"
TOTAL_OLD = (
    "        full = self.price * self.count\n"
    "        return discounted(full, BULK_PERCENT) if self.count >= BULK_COUNT else full\n"
)
TOTAL_NEW = "        return bulk_price(self.price, self.count)\n"
MOVED = (
    "The bulk discount is a rule about prices now; what a cart costs is the same as before.\n\n"
    "- `webshop/prices.py`: `bulk_price` and the two figures that it needs.\n"
    "- `webshop/cart.py`: a line asks for its price and knows nothing of discounts.\n\n"
    "`python3 -m unittest tests.test_cart tests.test_prices` should pass. The tests of the averages fail in this shop, "
    "before and after; that is the scenario `debug`."
)


def _refactor() -> Iterator[Reply]:
    """It moves a rule from one module to another, in steps that each leave a whole."""
    cart, prices = "webshop/cart.py", "webshop/prices.py"
    yield call(
        {"command": "view", "path": cart},
        {"command": "view", "path": prices},
        ids=("toolu_cart", "toolu_prices"),
        text="I'll read both modules first: where the rule is, and where it goes.",
    )
    yield call(
        {"command": "str_replace", "path": prices, "old_str": CONSTANTS_OLD, "new_str": CONSTANTS_NEW},
        ids=("toolu_figures",),
        text="`prices.py` already has `discounted`, so nothing new is needed there but the two figures of the rule…",
    )
    yield call(
        {"command": "insert", "path": prices, "insert_line": 35, "insert_text": BULK_PRICE},
        ids=("toolu_rule",),
        text="…and the rule itself, as a function of a price and a count.",
    )
    yield call(
        {"command": "str_replace", "path": cart, "old_str": TOTAL_OLD, "new_str": TOTAL_NEW},
        ids=("toolu_total",),
        text="Now the cart asks for that.",
    )
    yield call(
        {"command": "str_replace", "path": cart, "old_str": CART_OLD, "new_str": CART_NEW},
        ids=("toolu_import",),
        text="With that, the cart's own figures are of no use any more.",
    )
    yield say(MOVED)


JOURNAL = """\
## The journal

The till writes a line for each paid order: who paid, a semicolon, how much.

```
# Tuesday
ada; 10.00
ben; 20
```

Blank lines and lines that begin with `#` are skipped. Any other line that does not look like this ends the reading with
a `ValueError`, so that no order is left out unnoticed.

"""
SENTENCE = 'Read lines such as "ada; 12.50"; blank lines and lines that start with "#" are skipped.'
DOCUMENTED_OLD = f'    """{SENTENCE}"""\n'
DOCUMENTED_NEW = f'''\
    """{SENTENCE}

    A line of any other form is a ValueError.

    >>> read_journal(["# Tuesday", "ada; 10.00", "ben; 20"])
    [Order(customer='ada', total=1000), Order(customer='ben', total=2000)]
    """
'''
WRITTEN = (
    "The journal is described in two places, for two readers.\n\n"
    "- `README.md`: what the till writes, for whoever looks after the shop.\n"
    "- `webshop/orders.py`: the same as an example that can be run, with what happens to a line that does not fit.\n\n"
    "I took the rules from the code, not from the till; please check that it writes no other lines. "
    "`python3 -m doctest webshop/orders.py` runs the example."
)


def _docs() -> Iterator[Reply]:
    """It describes what the code does, and looks at the result."""
    readme, orders = "README.md", "webshop/orders.py"
    yield call(
        {"command": "view", "path": readme},
        {"command": "view", "path": orders},
        ids=("toolu_readme", "toolu_orders"),
        text="I'll see what is written down already, and what the code really accepts.",
    )
    yield call(
        {"command": "insert", "path": readme, "insert_line": 14, "insert_text": JOURNAL},
        ids=("toolu_section",),
        text="`split` and `parse_amount` refuse what does not fit, which nothing says yet. First the README:",
    )
    yield call(
        {"command": "str_replace", "path": orders, "old_str": DOCUMENTED_OLD, "new_str": DOCUMENTED_NEW},
        ids=("toolu_docstring",),
        text="And an example beside the code, where it cannot grow old without being noticed:",
    )
    yield call(
        {"command": "view", "path": orders, "view_range": [17, 31]},
        ids=("toolu_result",),
        text="A last look at how it reads.",
    )
    yield say(WRITTEN)


ORDERS_TEST = """\
import unittest

from webshop.orders import Order, read_journal


class OrdersTest(unittest.TestCase):
    def test_a_line_is_an_order(self):
        self.assertEqual(read_journal(["ada; 12.50"]), [Order("ada", 1250)])

    def test_blanks_around_name_and_amount_do_not_count(self):
        self.assertEqual(read_journal(["  ada ;  7  "]), [Order("ada", 700)])

    def test_blank_lines_and_remarks_are_skipped(self):
        self.assertEqual(read_journal(["", "   ", "# Tuesday", "ben; 1.00"]), [Order("ben", 100)])

    def test_orders_stay_as_they_came(self):
        orders = read_journal(["ben; 1", "ada; 2", "ben; 3"])
        self.assertEqual([order.customer for order in orders], ["ben", "ada", "ben"])
"""
REFUSED_TEST = """\

    def test_a_line_of_another_form_is_refused(self):
        for line in ("ada", "ada; 1.00; 2.00", "ada; a tenner"):
            with self.subTest(line=line), self.assertRaises(ValueError):
                read_journal([line])
"""
TESTED = (
    "`tests/test_orders.py` tests the reading of the journal, in five tests: what a line is, what is skipped, that the "
    "order stays, and that a line of another form is refused.\n\n"
    "Not tested is a refund: `parse_amount` takes no negative amount, so it cannot be read at all. Is that meant? "
    "`python3 -m unittest tests.test_orders` runs them; I cannot run anything here."
)


def _tests() -> Iterator[Reply]:
    """It writes tests in the manner of those that are there."""
    tests = "tests/test_orders.py"
    yield call(
        {"command": "view", "path": "webshop/orders.py"},
        {"command": "view", "path": "tests/test_prices.py"},
        ids=("toolu_orders", "toolu_manner"),
        text="I'll read what is to be tested, and how this project writes its tests.",
    )
    yield call(
        {"command": "create", "path": tests, "file_text": ORDERS_TEST},
        ids=("toolu_create",),
        text="Plain `unittest`, one sentence for each name. The lines that are fine first:",
    )
    yield call(
        {"command": "insert", "path": tests, "insert_line": 18, "insert_text": REFUSED_TEST},
        ids=("toolu_refused",),
        text="And those that are not: too few parts, too many, and an amount that is none.",
    )
    yield call({"command": "view", "path": tests}, ids=("toolu_result",))
    yield say(TESTED)


_FIND_OUT = "The tests of this shop fail. Find out why and fix it."
SCENARIOS = {
    "debug": Scenario(_FIND_OUT, tuple(_debug(can_undo=False)), ("toolu_mean", "toolu_zero")),
    "debug-undo": Scenario(
        _FIND_OUT, tuple(_debug(can_undo=True)), ("toolu_mean", "toolu_zero", "toolu_wrong", "toolu_undo")
    ),
    "refactor": Scenario(
        "The bulk discount is worked out in the cart. Move it to prices.py, so that others can use it.",
        tuple(_refactor()),
        ("toolu_figures", "toolu_rule", "toolu_total", "toolu_import"),
    ),
    "docs": Scenario(
        "Nothing says what the till's journal looks like. Write it down, with an example where it is read.",
        tuple(_docs()),
        ("toolu_section", "toolu_docstring"),
    ),
    "tests": Scenario(
        "Nothing tests orders.py. Write tests for reading the journal.",
        tuple(_tests()),
        ("toolu_create", "toolu_refused"),
    ),
}
"""Cassette → what is recorded in it."""
