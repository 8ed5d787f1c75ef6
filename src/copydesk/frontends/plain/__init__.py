"""Owns the accessible mode: plain text that is only ever appended to, and words that are typed."""
