"""Owns the words that every session begins with; frozen for a session, so that the cache and thinking stay valid."""

from pathlib import Path


def system_prompt(appended: str = "") -> str:
    """The system prompt; nothing in it depends on the day, the directory or the state of a repository."""
    text = Path(__file__).with_name("system.md").read_text(encoding="utf-8").strip()
    return f"{text}\n\n{appended.strip()}" if appended.strip() else text
