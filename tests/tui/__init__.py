"""Owns the tests of the terminal interface."""
