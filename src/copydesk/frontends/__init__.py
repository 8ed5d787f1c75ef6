"""Owns what people and programs see: readers of one engine that do not know each other."""
