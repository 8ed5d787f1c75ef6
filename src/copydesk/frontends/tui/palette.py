"""Owns the palette: what the table of commands offers when it is searched by words."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.command import DiscoveryHit, Hit, Hits, Provider

from copydesk.domain.modes import Mode
from copydesk.frontends.present import MODE_SENTENCES
from copydesk.frontends.tui.commands import COMMANDS


class DeskCommands(Provider):
    """The desk's commands for the palette."""

    async def discover(self) -> Hits:
        """Every command."""
        for name, action, meaning in palette_entries():
            yield DiscoveryHit(name, ActionRun(self, action), help=meaning)

    async def search(self, query: str) -> Hits:
        """The commands whose name matches."""
        matcher = self.matcher(query)
        for name, action, meaning in palette_entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), ActionRun(self, action), help=meaning)


@dataclass(frozen=True, slots=True)
class ActionRun:
    """A call of an action of the app."""

    provider: Provider
    action: str

    async def __call__(self) -> None:
        await self.provider.app.run_action(self.action)


def palette_entries() -> Iterator[tuple[str, str, str]]:
    """Name, action and meaning of everything in the palette; what needs words is written in the prompt."""
    for command in COMMANDS:
        title = command.name.replace("-", " ").capitalize()
        for choice in command.choices:
            meaning = MODE_SENTENCES[Mode(choice)] if command.name == "mode" else command.meaning
            yield f"{title} {choice}", command.call(choice), meaning
        if command.needs_words and not command.choices:
            yield f"{title} …", f"app.begin_prompt({f'/{command.name} '!r})", command.meaning
        elif not command.needs_words:
            yield title, command.call(""), command.meaning
