"""Owns which files are offered behind `@`: those of the session, listed beside the typing and searched at each key.

What was listed last is offered at once, and listed anew whenever a word is begun, since files come and go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.prompt.completion import Choice, Offer
from copydesk.frontends.tui.prompt.path_index import PathIndex

REST = 5
"""How many times as long as a listing took the next one waits: in a huge workspace it would slow the typing down."""

Lister = Callable[[], Awaitable[Sequence[str]]]


class FilePicker:
    """The files that fit what is written."""

    def __init__(self, say_news: Callable[[], None]) -> None:
        """`say_news` is called when others are offered than before."""
        self._say_news = say_news
        self._list_files: Lister | None = None
        self._index: PathIndex | None = None
        self._paths: Sequence[str] = ()
        self._problem = ""
        self._listing: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        """By the event loop's clock."""

    def connect(self, list_files: Lister) -> None:
        """Ask here for the files from now on."""
        self._list_files = list_files

    def offer(self, written: str) -> Offer:
        """The files whose path holds what is written, and what is going on where they are not known yet."""
        if not written or self._index is None:
            self._begin_listing()
        if self._index is None:
            return Offer(note=self._problem or "Listing files …")
        choices = [_as_choice(path, written) for path in self._index.find(written)]
        return Offer(choices, "" if choices else self._problem or f"No file among {len(self._index):,} fits.")

    def _begin_listing(self) -> None:
        if self._list_files is not None and self._listing is None:
            self._listing = asyncio.create_task(self._list(self._list_files))

    async def _list(self, list_files: Lister) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            if (rest := self._rests_until - begun) > 0:
                await asyncio.sleep(rest)
                begun = clock()
            paths = await list_files()
            self._problem = ""
            if self._index is None or paths != self._paths:
                self._index, self._paths = await asyncio.to_thread(PathIndex, paths), paths
                self._say_news()
        except (CopydeskError, OSError) as error:
            self._problem = f"The files cannot be listed: {error}"
            self._say_news()
        finally:
            self._listing = None
            self._rests_until = clock() + REST * (clock() - begun)


def _as_choice(path: str, written: str) -> Choice:
    from copydesk.engine.mentions import mention_of

    mention = mention_of(path)
    return Choice(mention, is_whole=mention == written, label=path)
