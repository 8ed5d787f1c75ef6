"""Owns a second text editor tool, in memory and written from the specification alone, to hold the real one against.

Only `real` knows the program; the other modules must never import it, or a mistake could be on both sides.
"""
