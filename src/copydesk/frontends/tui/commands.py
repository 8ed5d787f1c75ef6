"""Owns what can be asked by name: one table, from which the prompt, its popup, the palette and the help are fed."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from textual.command import DiscoveryHit, Hit, Hits, Provider

from copydesk.domain.policies import SELECTABLE, Mode
from copydesk.frontends.present import MODE_SENTENCES


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be asked by a name after a slash."""

    name: str
    action: str
    """An action of the app; what is written behind the name is its only argument."""
    meaning: str
    """A few words, for lists of commands."""
    choices: tuple[str, ...] = ()
    """What may be written behind the name, where it is one of a few words."""
    argument: str = ""
    """What is written behind the name, in capitals; in brackets where it may be left out."""
    aliases: tuple[str, ...] = ()
    """Other names that people know it by."""

    @property
    def takes_words(self) -> bool:
        """Whether anything may be written behind the name."""
        return bool(self.choices or self.argument)

    @property
    def needs_words(self) -> bool:
        """Whether something has to be written behind the name."""
        return self.takes_words and not self.argument.startswith("[")

    @property
    def usage(self) -> str:
        """The name with its slash and what goes behind it."""
        return " ".join(part for part in (f"/{self.name}", "|".join(self.choices) or self.argument) if part)

    def call(self, words: str) -> str:
        """The action with what was written behind the name."""
        return f"app.{self.action}({words!r})" if words else f"app.{self.action}"


COMMANDS: tuple[Command, ...] = (
    Command("help", "help", "all keys"),
    Command("history", "history", "what was changed, and how to take it back", aliases=("undo", "rewind")),
    Command("review", "review", "the edit that waits for a decision", aliases=("diff",)),
    Command("mode", "set_mode", "another mode", choices=tuple(mode.value for mode in SELECTABLE)),
    Command("interrupt", "interrupt", "stop the running turn"),
    Command("trust", "trust", "give AGENTS.md and CLAUDE.md, as they are now, to the model"),
    Command("key", "enter_key", "enter an API key for this session only"),
    Command("find", "find", "words that were said in this session", argument="WORDS", aliases=("search",)),
    Command("turns", "turns", "what was asked in this session, to go to it"),
    Command("copy", "copy", "the last reply, turn or everything as Markdown", argument="[reply|turn|all]"),
    Command("editor", "edit_prompt", "write the prompt in your own editor"),
    Command("look", "switch_look", "dark or light"),
    Command("quit", "quit", "leave; the session is kept", aliases=("exit",)),
)
"""Every command, in the order in which they are listed."""


class UnknownCommand(ValueError):
    """A slash and what is no command, or is one with the wrong words; the text says what there is."""


def parse_command(text: str) -> str | None:
    """Read a prompt as a command and give its action; None for a prompt. Raises UnknownCommand where it is neither."""
    if not text.startswith("/") or "\n" in text:
        return None
    name, _, words = text[1:].partition(" ")
    if "/" in name or not name:
        return None
    command, words = find_command(name), words.strip()
    if command is None:
        raise UnknownCommand(f"There is no such command. {_nearest(name)}")
    if (words and not command.takes_words) or (not words and command.needs_words) or not _is_choice(command, words):
        raise UnknownCommand(f"It is written {command.usage}: {command.meaning}.")
    return command.call(words)


def find_command(name: str) -> Command | None:
    """The command of a name, or of one that it is also known by."""
    return next((command for command in COMMANDS if name == command.name or name in command.aliases), None)


def commands_like(beginning: str) -> list[Command]:
    """The commands whose name begins so, then those of which another name or any part does."""
    begin = [command for command in COMMANDS if command.name.startswith(beginning)]
    others = [c for c in COMMANDS if any(beginning in name for name in (c.name, *c.aliases))]
    return [*begin, *(command for command in others if command not in begin)]


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


def _is_choice(command: Command, words: str) -> bool:
    return not command.choices or not words or words in command.choices


def _nearest(name: str) -> str:
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    found = get_close_matches(name, names, 1, 0.5)
    return f"Do you mean /{found[0]}?" if found else f"Commands: {', '.join(f'/{c.name}' for c in COMMANDS)}."
