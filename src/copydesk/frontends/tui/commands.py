"""Owns what can be asked by name: commands typed after a slash, and the palette."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.command import DiscoveryHit, Hit, Hits, Provider

from copydesk.domain.policies import SELECTABLE
from copydesk.frontends.present import MODE_SENTENCES

COMMANDS_HELP = {
    "/help": "all keys",
    "/history": "what was changed, and how to take it back",
    "/review": "the edit that waits",
    "/mode plan|ask|review|accept": "another mode",
    "/trust": "give AGENTS.md and CLAUDE.md of this workspace to the model",
    "/key": "enter an API key for this session",
    "/quit": "leave",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the app carries it out."""

    action: str
    """An action of the app, such as `app.history`."""


class UnknownCommand(ValueError):
    """A slash and a word that is no command; the text says what there is."""


def parse_command(text: str) -> Command | None:
    """Read a prompt as a command; None for a prompt. Raises UnknownCommand for a command that does not exist."""
    if not text.startswith("/") or "\n" in text:
        return None
    match text[1:].split():
        case ["help" | "history" | "review" | "trust" | "quit" as name]:
            return Command(f"app.{name}")
        case ["key"]:
            return Command("app.enter_key")
        case ["mode", name] if name in SELECTABLE:
            return Command(f"app.set_mode({name!r})")
        case [name, *_] if "/" not in name:
            raise UnknownCommand(f"There is no such command. Commands: {', '.join(COMMANDS_HELP)}.")
        case _:
            return None


class DeskCommands(Provider):
    """The desk's commands for the palette."""

    async def discover(self) -> Hits:
        """Every command."""
        for name, action, meaning in _palette():
            yield DiscoveryHit(name, self._run(action), help=meaning)

    async def search(self, query: str) -> Hits:
        """The commands whose name matches."""
        matcher = self.matcher(query)
        for name, action, meaning in _palette():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._run(action), help=meaning)

    def _run(self, action: str) -> "ActionRun":
        return ActionRun(self, action)


@dataclass(frozen=True, slots=True)
class ActionRun:
    """A call of an action of the app."""

    provider: Provider
    action: str

    async def __call__(self) -> None:
        await self.provider.app.run_action(self.action)


def _palette() -> Iterator[tuple[str, str, str]]:
    yield "Review", "app.review", "The edit that waits for a decision"
    yield "History", "app.history", "What was changed, and how to take it back"
    for mode in SELECTABLE:
        yield f"Mode {mode}", f"app.set_mode({mode.value!r})", MODE_SENTENCES[mode]
    yield "Interrupt", "app.interrupt", "Stop the running turn"
    yield "Trust", "app.trust", "Give AGENTS.md and CLAUDE.md, as they are now, to the model"
    yield "Enter a key", "app.enter_key", "An API key for this session only"
    yield "Light or dark", "app.switch_look", "The other look"
    yield "Help", "app.help", "All keys"
    yield "Quit", "app.quit", "Leave; the session is kept"
