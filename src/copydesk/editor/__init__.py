"""Owns the text editor tool as pure functions: what was sent and a file's text in, a new text and an answer out."""
