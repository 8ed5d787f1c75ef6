import unittest

from webshop.stats import mean, median, spread


class StatsTest(unittest.TestCase):
    def test_the_mean_of_one_value_is_that_value(self):
        self.assertEqual(mean([1250]), 1250)

    def test_the_mean_lies_between_the_values(self):
        self.assertEqual(mean([1000, 2000, 4500]), 2500)

    def test_the_median_ignores_how_far_the_ends_lie(self):
        self.assertEqual(median([100, 9000, 300]), 300)
        self.assertEqual(median([100, 200, 400, 9000]), 300)

    def test_the_spread_of_equal_values_is_zero(self):
        self.assertEqual(spread([500, 500, 500]), 0)
