"""A small shop's cart and the figures of its day."""
