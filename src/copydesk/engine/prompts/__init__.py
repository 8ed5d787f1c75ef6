"""Owns the words that every session begins with; frozen for a session, so that the cache and thinking stay valid."""

from importlib.resources import files


def system_prompt(appended: str = "") -> str:
    """The system prompt; nothing in it depends on the day, the directory or the state of a repository."""
    text = files(__package__).joinpath("system.md").read_text(encoding="utf-8").strip()
    return f"{text}\n\n{appended.strip()}" if appended.strip() else text
