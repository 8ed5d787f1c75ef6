"""Owns the proof of consent: an oracle that imports nothing of the program, and what holds the program against it."""
