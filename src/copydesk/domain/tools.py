"""Owns the versions of the text editor tool: names, commands, and how each is declared to the Messages API.

It never decides which version a model takes (`model/profiles` does), and runs no command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

InsertParameter = Literal["new_str", "insert_text"]

SCHEMA_TYPE: Final = "schema"
"""The version that is declared as a plain client tool, for models and gateways that do not know Anthropic's own."""


@dataclass(frozen=True, slots=True)
class ToolVersion:
    """One version of the text editor tool."""

    type: str
    """What the Messages API calls it, or `schema`."""
    name: str
    """The tool's name, fixed by the API for each type."""
    commands: tuple[str, ...]
    insert_text_parameter: InsertParameter
    """Where `insert` carries its text by the documentation; copydesk reads both, since models send both."""
    has_max_characters: bool = False
    """True if the declaration can carry a limit for `view`; the limit holds on our side in every version."""
    beta: str | None = None
    """The beta that a request with this tool must name."""

    @property
    def can_undo(self) -> bool:
        """True if the model may take back its own last edit."""
        return "undo_edit" in self.commands


_COMMANDS: Final = ("view", "create", "str_replace", "insert")
_COMMANDS_WITH_UNDO: Final = (*_COMMANDS, "undo_edit")
COMMAND_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "view": ("path", "view_range"),
        "create": ("path", "file_text"),
        "str_replace": ("path", "old_str", "new_str"),
        "insert": ("path", "insert_line", "insert_text", "new_str"),
        "undo_edit": ("path",),
    }
)
"""What each command takes beside its name; `insert` takes its text under either name."""
_FIRST_NAME: Final = "str_replace_editor"
_SECOND_NAME: Final = "str_replace_based_edit_tool"

_VERSIONS: Final = (
    ToolVersion("text_editor_20241022", _FIRST_NAME, _COMMANDS_WITH_UNDO, "new_str", beta="computer-use-2024-10-22"),
    ToolVersion("text_editor_20250124", _FIRST_NAME, _COMMANDS_WITH_UNDO, "new_str"),
    ToolVersion("text_editor_20250429", _SECOND_NAME, _COMMANDS, "new_str"),
    ToolVersion("text_editor_20250728", _SECOND_NAME, _COMMANDS, "insert_text", has_max_characters=True),
    ToolVersion(SCHEMA_TYPE, _SECOND_NAME, _COMMANDS, "insert_text"),
)

TOOL_VERSIONS: Final[Mapping[str, ToolVersion]] = MappingProxyType({version.type: version for version in _VERSIONS})
"""Every version by its type, oldest first."""

DEFAULT_TOOL_VERSION: Final = TOOL_VERSIONS["text_editor_20250728"]
"""The version of every model that the Anthropic API serves today."""


def definition(version: ToolVersion, max_characters: int | None = None) -> dict[str, object]:
    """Return the entry of `tools` that declares this version to the Messages API, keys always in the same order.

    `max_characters` (how much of a file `view` shows) is named only where the version knows the field.
    """
    if version.type == SCHEMA_TYPE:
        return {"name": version.name, "description": _description(version), "input_schema": input_schema(version)}
    entry: dict[str, object] = {"type": version.type, "name": version.name}
    if version.has_max_characters and max_characters is not None:
        entry["max_characters"] = max_characters
    return entry


def input_schema(version: ToolVersion) -> dict[str, object]:
    """Return the JSON schema of what a call of this version may carry, keys always in the same order."""
    return {
        "type": "object",
        "properties": {
            "command": {
                "type": "string",
                "enum": list(version.commands),
                "description": "What to do; see the tool's description for what each command needs.",
            },
            "path": _text("The file or directory, relative to the workspace root (`src/app.py`) or absolute."),
            "view_range": {
                "type": "array",
                "items": {"type": "integer"},
                "minItems": 2,
                "maxItems": 2,
                "description": "For `view` of a file: first and last line to show, both counted from 1 and both "
                "included; -1 as the last means to the end of the file.",
            },
            "file_text": _text("For `create`: the whole content of the new file; may be empty."),
            "old_str": _text("For `str_replace`: the text to replace, exactly as it stands in the file, once only."),
            "new_str": _text(_new_str(version)),
            "insert_line": {
                "type": "integer",
                "minimum": 0,
                "description": "For `insert`: the line after which the text goes; 0 puts it before the first line.",
            },
            "insert_text": _text(_insert_text(version)),
        },
        "required": ["command", "path"],
        "additionalProperties": False,
    }


def _text(description: str) -> dict[str, object]:
    return {"type": "string", "description": description}


def _new_str(version: ToolVersion) -> str:
    replaced = 'For `str_replace`: the text to put in its place; "" deletes.'
    if version.insert_text_parameter == "new_str":
        return f"{replaced} For `insert`: the text to put in."
    return replaced


def _insert_text(version: ToolVersion) -> str:
    if version.insert_text_parameter == "insert_text":
        return "For `insert`: the text to put in."
    return "For `insert`: another name for `new_str`."


_COMMAND_LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "view": "`view` shows a file with numbered lines (`view_range` picks some), or a directory two levels deep.",
        "create": "`create` writes a new file from `file_text`; a file that has content is never overwritten.",
        "str_replace": "`str_replace` replaces `old_str` by `new_str`; `old_str` must match the file exactly, white "
        "space included, and occur once.",
        "insert": "`insert` puts `insert_text` in as whole lines after line `insert_line`.",
        "undo_edit": "`undo_edit` takes back your last edit of the file.",
    }
)


def command_description(version: ToolVersion, command: str) -> str:
    """Say what one command of a version does, with the parameters' names in it."""
    return _COMMAND_LINES[command].replace("`insert_text`", f"`{version.insert_text_parameter}`")


def _description(version: ToolVersion) -> str:
    commands = "\n".join(f"- {command_description(version, command)}" for command in version.commands)
    return (
        "Looks at and edits text files of the workspace.\n"
        f"{commands}\n"
        "Line numbers count from 1 and are not part of the file. Every edit may be reviewed by a person before it is "
        "written; the result says whether it was. Long output is cut, and says so."
    )
