"""Owns the specification of the text editor tool as tests: one or more for each numbered case, row and error of it."""
