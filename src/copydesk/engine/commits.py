"""Owns the commit as a session shows it: a preview, and the commit itself, off the loop and never beside an edit."""

import asyncio
from collections.abc import Callable

from copydesk.domain.commits import CommitPreview, Committed, NotCommitted

Preview = Callable[[bool], CommitPreview | NotCommitted]
"""Given whether to commit anyway; blocking."""
Make = Callable[[str, bool, str], Committed | NotCommitted]
"""Given the message, whether to commit anyway, and the digest of what was shown; blocking."""


class Commits:
    """Puts what was accepted in a session into the user's repository, at the person's word."""

    def __init__(self, preview: Preview, make: Make, writing: asyncio.Lock) -> None:
        """`writing` is held by whatever changes files."""
        self._preview = preview
        self._make = make
        self._writing = writing

    async def preview(self, *, anyway: bool = False) -> CommitPreview | NotCommitted:
        """What a commit would hold, and which hooks would run."""
        async with self._writing:
            return await asyncio.to_thread(self._preview, anyway)

    async def make(self, message: str, *, anyway: bool = False, shown: str = "") -> Committed | NotCommitted:
        """Commit; `shown` is the digest of the preview that was agreed to, empty where none was shown."""
        async with self._writing:
            return await asyncio.to_thread(self._make, message, anyway, shown)
