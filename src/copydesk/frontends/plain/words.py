"""Owns the words that a person can type: one table of commands, and one of what answers an offer."""

from collections.abc import Awaitable, Callable, Mapping

Action = Callable[[str], Awaitable[None]]
"""Carries a command out, given what was written behind its name."""

COMMANDS = {
    "/help": "every word",
    "/prompt TEXT": "a prompt, also while something waits for your decision",
    "/write": "write a prompt of several lines",
    "/prompts [WORDS]": "earlier prompts; /again N sends the one with that number",
    "/again N": "send an earlier prompt once more, by its number in /prompts",
    "/files [WORDS]": "files that you can mention in a prompt, as @ and the path",
    "/interrupt": "stop the turn or the check that runs, as Control C does",
    "/unsend": "take back the last prompt that waits for its turn",
    "/check [NAME]": "run a declared check; !NAME does it too",
    "/review": "read again what waits, or begin the review of what was gathered",
    "/history [WORDS]": "what was changed here, newest first",
    "/rollback ID [FILE]": "go back to before a step, in one file only if you name it; last for the newest",
    "/redo [ID]": "take a rollback back",
    "/rewind TURN": "cut the conversation back to before a turn, with the files or without",
    "/commit [MESSAGE]": "commit what was accepted; only 1 3 before the message takes these hunks of it",
    "/mode plan|ask|review|accept": "what becomes of edits",
    "/rules": "what is allowed, asked and denied, and by which rule",
    "/allow GLOB": "what fits may be edited without asking from now on",
    "/ask GLOB": "what fits is asked about from now on",
    "/deny GLOB": "what fits is refused from now on",
    "/revoke ID": "take a rule back",
    "/trust": "take in AGENTS.md, CLAUDE.md and .copydesk.toml as they are now",
    "/transcript [TURN]": "read the conversation from its beginning, or one turn of it",
    "/turns": "what was asked in this session",
    "/find WORDS": "the lines of this session that hold these words",
    "/details": "read what was thought and what tools answered, or no longer",
    "/open FILE [LINE]": "open a file in your editor",
    "/cost": "what each turn took, and why the cache was missed",
    "/read ID": "read a kept session",
    "/resume ID": "go on with a kept session here",
    "/fork ID": "go on with a copy of a kept session",
    "/new [MODEL]": "begin another session, with the model that you name",
    "/export [ID] FILE": "write a session to a new file, this one if you name none",
    "/delete ID": "delete the record of a session",
    "/key": "enter an API key for this session; it is not shown",
    "/quit": "leave; the session is kept",
}
"""What a line is written like → what it does."""

READINGS = {
    "sessions": "the sessions of this workspace, newest first; words look for some",
    "models": "what is known of every model, with prices",
    "settings": "what is set, and where it is kept",
}
"""Name of what can be read out that is not of this session → what that is."""

ALIASES = {
    "editor": "write",
    "undo": "history",
    "diff": "review",
    "search": "find",
    "clear": "new",
    "model": "models",
    "permissions": "rules",
    "usage": "cost",
    "config": "settings",
    "exit": "quit",
}
"""Another name → the command that it stands for."""

ANSWERS = {
    "accept": "everything that waits, as it was read to you",
    "accept N": "hunk N (several: accept 1 3), or every hunk of a file: accept FILE",
    "reject WHY": "everything; with a reason Claude goes on, without one the turn stops",
    "reject N WHY": "hunk N, or every hunk of a file",
    "edit N": "write hunk N yourself, or a whole file: edit FILE",
    "split N [LINE]": "cut hunk N at its unchanged lines, or before a line of it, to decide about the pieces",
    "comment LINE TEXT": "on a line of the new file, or old LINE of the old one; must, question or nit may come first",
    "show N": "read hunk N again; show FILE reads the whole file as it would be, show everything",
    "files": "which files it is about, and what is still open in each",
    "find WORDS": "the lines of it that hold these words",
    "drop FILE": "let go of the edits of a file that is in conflict",
    "overrule FILE": "have its proposed lines read in the place of what others wrote meanwhile; again ends that",
    "undo": "take back what you said last; undo all forgets everything",
    "redo": "say again what you took back",
    "finish": "carry out what was said of single hunks; the others are rejected",
    "later": "leave the review of what was gathered; it goes on waiting",
}
"""What a line is written like while something waits → what it does."""


def help_lines(table: Mapping[str, str]) -> list[str]:
    """A line on each word."""
    return [f"{word}: {meaning}" for word, meaning in table.items()]
