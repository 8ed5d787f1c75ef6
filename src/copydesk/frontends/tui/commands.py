"""Owns what can be asked by name: one table, from which the prompt, its popup, the palette and the help are fed."""

from typing import NamedTuple

from copydesk.domain.modes import SELECTABLE


class Command(NamedTuple):
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
    Command("help", "help", "all keys and commands, or those with your words", argument="[WORDS]"),
    Command("history", "history", "what was changed, and how to take it back", aliases=("undo", "rewind")),
    Command("review", "review", "the edit that waits for a decision", aliases=("diff",)),
    Command("mode", "set_mode", "another mode", choices=tuple(mode.value for mode in SELECTABLE)),
    Command("interrupt", "interrupt", "stop the running turn"),
    Command("trust", "trust", "take in AGENTS.md, CLAUDE.md and .copydesk.toml as they are now"),
    Command("key", "enter_key", "enter an API key for this session only"),
    Command("find", "find", "words that were said in this session", argument="WORDS", aliases=("search",)),
    Command("turns", "turns", "what was asked in this session, to go to it"),
    Command("copy", "copy", "the last reply, turn or everything as Markdown", argument="[reply|turn|all]"),
    Command("editor", "edit_prompt", "write the prompt in your own editor"),
    Command("prompts", "search_prompts", "search earlier prompts"),
    Command("check", "check", "run a declared check", argument="[NAME]"),
    Command("sessions", "sessions", "every session of this workspace; words look for some", argument="[WORDS]"),
    Command("resume", "resume", "go on with a kept session, or choose one", argument="[ID]"),
    Command(
        "new",
        "new_session",
        "begin another session, with the model that you name",
        argument="[MODEL]",
        aliases=("clear",),
    ),
    Command("export", "export", "write this session to a file"),
    Command("models", "models", "every model: its tool, its limits and what it costs", aliases=("model",)),
    Command("rules", "rules", "what is allowed, asked about and denied, and by which rule", aliases=("permissions",)),
    Command("cost", "cost", "what each turn took, and why the cache was missed", aliases=("usage",)),
    Command("settings", "settings", "what is set, and where it is kept", aliases=("config",)),
    Command("theme", "theme", "how everything looks; plain has no colour", choices=("dark", "light", "plain")),
    Command("look", "switch_look", "the next look: dark, light, no colour"),
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


def _is_choice(command: Command, words: str) -> bool:
    return not command.choices or not words or words in command.choices


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    found = get_close_matches(name, names, 1, 0.5)
    return f"Do you mean /{found[0]}?" if found else f"Commands: {', '.join(f'/{c.name}' for c in COMMANDS)}."
