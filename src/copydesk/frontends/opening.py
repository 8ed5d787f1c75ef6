"""Owns which session a person wants to go to: the same for the screen and for plain lines."""

from typing import NamedTuple


class Opening(NamedTuple):
    """Which session is wanted."""

    resumes: str = ""
    """Id of a kept session; empty for a new one."""
    is_copy: bool = False
    """Go on with a copy of it."""
    model: str = ""
    """Of a new session; empty for the one that would be taken anyway."""
