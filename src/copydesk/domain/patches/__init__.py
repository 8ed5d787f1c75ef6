"""Owns patches: reading what anybody's tools wrote, applying it exactly, and writing what `git apply` takes."""
