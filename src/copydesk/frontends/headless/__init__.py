"""Owns runs without a screen: the talk on stderr, the answer or the JSON on stdout, and the exit code."""
