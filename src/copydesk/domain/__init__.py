"""Owns the values and rules of copydesk; it does no input or output and knows no asynchronous code."""
