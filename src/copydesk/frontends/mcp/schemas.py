"""Owns how the tools are declared to a client: one for each command of the editor tool, and every other one as it is.

The texts are those of the tool itself (`domain/tools.py`); nothing that a client sends is checked here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from copydesk.domain.tools import COMMAND_PARAMETERS, ToolVersion, command_description, input_schema

Schema = dict[str, Any]

EditStatus = Literal["applied", "partly_applied", "gathered", "unchanged", "rejected", "denied", "stale"]


class ViewAnswer(BaseModel):
    """What a view answers beside its content blocks."""

    path: str = Field(description="The path as it was asked for.")
    text: str = Field(description="The same text as in the content.")


class EditAnswer(BaseModel):
    """What an edit answers beside its content blocks."""

    path: str = Field(description="The file, relative to the workspace root; of an unchanged one as it was asked for.")
    status: EditStatus = Field(
        description="Only `applied` is on disk; `stale` means that the file changed after the edit was shown."
    )
    text: str = Field(description="The same text as in the content.")
    diff: str = Field(description="The edit as a unified diff, also where it was refused.")
    checkpoint: str | None = Field(description="The id with which `copydesk rollback` takes the edit back.")


@dataclass(frozen=True, slots=True)
class DeclaredTool:
    """A tool as a client sees it."""

    name: str
    title: str
    description: str
    input_schema: Schema
    annotations: ToolAnnotations
    answer: type[ViewAnswer] | type[EditAnswer] | None = None
    """What its structured output is; None where it has none, and for every tool that is not a command."""

    @property
    def is_command(self) -> bool:
        """True for a command of the editor tool."""
        return self.answer is not None

    @property
    def output_schema(self) -> Schema | None:
        """The JSON schema of the structured output."""
        return self.answer.model_json_schema() if self.answer else None


_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "view": "View a file or directory",
        "create": "Create a file",
        "str_replace": "Replace text in a file",
        "insert": "Insert text into a file",
        "undo_edit": "Undo the last edit of a file",
    }
)
_OPTIONAL = ("view_range",)
_KEEPS_WHAT_IS_THERE = ("create",)
"""Edits that never change the content of a file: a client need not warn of them as of the others."""


def declare_commands(version: ToolVersion) -> list[DeclaredTool]:
    """Declare each command of a version of the editor tool as a tool of its own."""
    return [_command(version, command) for command in version.commands]


def declare_others(definitions: Iterable[dict[str, Any]]) -> list[DeclaredTool]:
    """Declare tools by what they say of themselves; they explore, for only the editor tool can change anything."""
    return [
        DeclaredTool(
            name=given["name"],
            title=given["name"].replace("_", " ").capitalize(),
            description=given["description"],
            input_schema=given["input_schema"],
            annotations=_annotations(is_view=True, title=given["name"].replace("_", " ").capitalize()),
        )
        for given in definitions
    ]


def _command(version: ToolVersion, command: str) -> DeclaredTool:
    is_view, title = command == "view", _TITLES[command]
    return DeclaredTool(
        name=command,
        title=title,
        description=command_description(version, command),
        input_schema=_command_schema(version, command),
        annotations=_annotations(is_view=is_view, title=title, is_destructive=command not in _KEEPS_WHAT_IS_THERE),
        answer=ViewAnswer if is_view else EditAnswer,
    )


def _annotations(*, is_view: bool, title: str, is_destructive: bool = True) -> ToolAnnotations:
    return ToolAnnotations(
        title=title,
        read_only_hint=is_view,
        destructive_hint=is_destructive and not is_view,
        idempotent_hint=is_view,
        open_world_hint=False,
    )


def _command_schema(version: ToolVersion, command: str) -> Schema:
    parameters = COMMAND_PARAMETERS[command]
    if command == "insert":
        # Under either name it is taken; one is declared.
        other = {"insert_text": "new_str", "new_str": "insert_text"}[version.insert_text_parameter]
        parameters = tuple(name for name in parameters if name != other)
    whole: Any = input_schema(version)["properties"]
    return {
        "type": "object",
        "properties": {name: whole[name] for name in parameters},
        "required": [name for name in parameters if name not in _OPTIONAL],
        "additionalProperties": False,
    }
