"""Differences on screen: what is laid out in rows, how it is drawn, and the cursor on it."""
