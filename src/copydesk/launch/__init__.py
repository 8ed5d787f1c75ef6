"""Owns which front end a verb gets, and what the command line's options mean for it."""
