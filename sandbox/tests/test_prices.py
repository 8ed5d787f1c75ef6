import unittest

from webshop.prices import discounted, format_amount, parse_amount


class PricesTest(unittest.TestCase):
    def test_amounts_are_read_as_cents(self):
        self.assertEqual(parse_amount("12.50"), 1250)
        self.assertEqual(parse_amount("7"), 700)

    def test_what_is_no_amount_is_refused(self):
        with self.assertRaises(ValueError):
            parse_amount("a tenner")

    def test_amounts_are_written_with_two_digits(self):
        self.assertEqual(format_amount(1205), "12.05")
        self.assertEqual(format_amount(-50), "-0.50")

    def test_a_discount_rounds_the_half_cent_up(self):
        self.assertEqual(discounted(250, 25), 188)
