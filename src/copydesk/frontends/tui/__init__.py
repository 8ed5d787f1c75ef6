"""Owns the terminal interface: one reader of a session, drawn with Textual."""
