"""Owns the verbs that answer once and end: `models`, `history`, `rollback` and the like."""
