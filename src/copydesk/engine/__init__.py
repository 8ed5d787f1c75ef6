"""Owns the agent: sessions, turns, the record of both, and nothing of how they are shown."""
