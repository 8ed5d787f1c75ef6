import unittest

from webshop.cart import Cart


class CartTest(unittest.TestCase):
    def test_the_total_counts_every_piece(self):
        cart = Cart()
        cart.add("pencil", 120, count=3)
        cart.add("notebook", 450)
        self.assertEqual(cart.total(), 810)

    def test_ten_pieces_are_cheaper(self):
        cart = Cart()
        cart.add("pencil", 120, count=10)
        self.assertEqual(cart.total(), 1140)

    def test_a_line_without_pieces_is_refused(self):
        with self.assertRaises(ValueError):
            Cart().add("pencil", 120, count=0)
