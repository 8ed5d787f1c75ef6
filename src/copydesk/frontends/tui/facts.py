"""Owns what the interface is told of its surroundings before there is a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EditorCommand:
    """The person's own editor, as the environment names it."""

    line: str = ""
    """As for a shell; empty where none was named."""
    directory: str = "."
    """Where it is started: the workspace's root."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
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
    price: str = ""
    """A sentence on what the model costs; empty where that is not known."""
    is_demo: bool = False
    first_prompt: str | None = None
    """Sent as soon as the session is there."""
    editor: EditorCommand = field(default_factory=EditorCommand)
