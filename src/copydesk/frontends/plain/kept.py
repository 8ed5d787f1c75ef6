"""Owns the words about kept sessions but for going on with one: reading, exporting and deleting their records."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from copydesk.domain.errors import UsageError
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.surroundings import Shelf
from copydesk.frontends.plain.words import Action
from copydesk.frontends.session_files import ExportFormat, about, session_file, session_markdown


@dataclass(frozen=True, slots=True)
class KeptSessions:
    """The words read, export and delete."""

    shelf: Shelf | None
    dialogue: Dialogue
    local_time: Callable[[float], str]
    current: str
    """Id of the session that is open here."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        return {"read": self.read, "export": self.export, "delete": self.delete}

    async def read(self, prefix: str) -> None:
        """Read out what was said and done in one."""
        if not prefix:
            raise UsageError("Say /read and the id of a session; /sessions lists them.")
        kept = await asyncio.to_thread(self._known.open().read, prefix)
        self.dialogue.say(*session_markdown(kept, self.local_time).splitlines())

    async def export(self, words: str) -> None:
        """Write one to a new file."""
        prefix, _, path = words.rpartition(" ")
        if not path:
            raise UsageError("Say /export and a new file outside the workspace; .json holds every event.")
        self.dialogue.say("Writing.")
        wanted = ExportFormat.JSON if Path(path).suffix == ExportFormat.JSON.suffix else ExportFormat.MARKDOWN
        kept = await asyncio.to_thread(self._known.open().read, prefix or self.current)
        text = await asyncio.to_thread(session_file, kept, wanted, self.local_time)
        self.dialogue.say(f"Written: {await asyncio.to_thread(self._known.save_export, path, text)}")

    async def delete(self, prefix: str) -> None:
        """Remove the record of one, after a yes."""
        if not prefix:
            raise UsageError("Say /delete and the id of a session; /sessions lists them.")
        shelf = await asyncio.to_thread(self._known.open)
        summary = (await asyncio.to_thread(shelf.read, prefix)).summary
        await asyncio.to_thread(shelf.removable, summary.id)
        self.dialogue.say(summary.prompt, *about(summary, self.local_time))
        if await self.dialogue.agrees("Its record goes for good; what it edited stays in the history. Delete it?"):
            await asyncio.to_thread(shelf.delete, summary.id)
            self.dialogue.say(f"Deleted: {summary.id}.")
        else:
            self.dialogue.say("Nothing was deleted.")

    @property
    def _known(self) -> Shelf:
        if self.shelf is None:
            raise UsageError("This session keeps no others beside it.")
        return self.shelf
