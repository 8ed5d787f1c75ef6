"""Owns the user's files: the only layer that knows real paths, opens them and runs git."""
