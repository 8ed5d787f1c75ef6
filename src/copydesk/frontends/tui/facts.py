"""Owns what the interface is told of its surroundings before there is a session."""

from typing import NamedTuple

from copydesk.frontends.editors import EditorCommand


class Facts(NamedTuple):
    """What the header and the first screen say; may be learned later and shown then."""

    workspace: str
    """Name of the root directory."""
    model: str
    tool_version: str
    mode: str
    version: str
    """Of copydesk."""
    branch: str = ""
    """Empty where there is no git."""
    is_dirty: bool = False
    """Whether the work tree had changes before we began."""
    limits: str = ""
    """A sentence on what a session may take; empty where there is no limit."""
    price: str = ""
    """A sentence on what the model costs; empty where that is not known."""
    is_demo: bool = False
    first_prompt: str | None = None
    """Sent as soon as the session is there."""
    notifications: str = "bell"
    """How the person is called back to a terminal that is not in focus; see `summons.WAYS`."""
    editor: EditorCommand = EditorCommand()
