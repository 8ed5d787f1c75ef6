"""Owns the commit as a session shows it: a preview, and the commit itself, off the loop and never beside an edit."""

import asyncio
from collections.abc import Callable

from copydesk.domain.commits import PLAIN_WISH, CommitPreview, Committed, CommitWish, NotCommitted

Preview = Callable[[CommitWish], CommitPreview | NotCommitted]
"""Blocking."""
Make = Callable[[CommitWish], Committed | NotCommitted]
"""Blocking."""


class Commits:
    """Puts what was accepted in a session into the user's repository, at the person's word."""

    def __init__(self, preview: Preview, make: Make, writing: asyncio.Lock) -> None:
        """`writing` is held by whatever changes files."""
        self._preview = preview
        self._make = make
        self._writing = writing

    async def preview(self, wish: CommitWish = PLAIN_WISH) -> CommitPreview | NotCommitted:
        """What a commit would hold, and which hooks would run."""
        async with self._writing:
            return await asyncio.to_thread(self._preview, wish)

    async def make(self, wish: CommitWish) -> Committed | NotCommitted:
        """Commit."""
        async with self._writing:
            return await asyncio.to_thread(self._make, wish)
