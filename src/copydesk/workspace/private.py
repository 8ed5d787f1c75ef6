"""Owns directories of our own that nobody else may enter."""

from contextlib import suppress
from pathlib import Path


def make_private(directory: Path) -> None:
    """Make a directory and its missing parents for the owner alone; OSError where that cannot be."""
    for folder in (*reversed(directory.parents), directory):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
