import unittest

from webshop.orders import Order, read_journal
from webshop.report import average_order, daily_report

JOURNAL = """
# Tuesday
ada; 10.00
ben; 20.00
ada; 45.00
"""


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.orders = read_journal(JOURNAL.splitlines())

    def test_a_single_order_is_its_own_average(self):
        self.assertEqual(average_order([Order("ada", 1250)]), 1250)

    def test_the_average_is_the_turnover_by_the_orders(self):
        self.assertEqual(average_order(self.orders), 2500)

    def test_the_report_says_how_the_day_went(self):
        rows = dict(line.split(":") for line in daily_report(self.orders).splitlines())
        self.assertEqual(
            {name: value.strip() for name, value in rows.items()},
            {"orders": "3", "turnover": "75.00", "average": "25.00", "median": "20.00", "best customer": "ada"},
        )

    def test_a_day_without_orders_has_a_short_report(self):
        self.assertEqual(daily_report([]), "No orders today.")
