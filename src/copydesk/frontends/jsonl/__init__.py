"""Owns the tools as a server on two streams of lines: JSON in, JSON out."""
